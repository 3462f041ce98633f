"""The GitHub Action: one step with two parts, `main` at its place in the job and `post` when the job has ended.

    inputs ─ run ─ hooks ─ policy ─ plan ─ masks ─ deliver ─ annotations, report, outputs, summary ─ state

What goes wrong is told in one annotation, and the job's result stays what it was, unless `strict`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin import ci, pipeline, report, source
from tocsin.action import files, policy, state
from tocsin.action.given import given
from tocsin.action.hooks import Hooks, decide, is_late
from tocsin.action.inputs import TEST, Inputs, is_strict, read_inputs
from tocsin.action.log import Log
from tocsin.action.send import Hook, send_hook
from tocsin.action.summary import failure
from tocsin.derive.facts_file import SOURCE
from tocsin.errors import PolicyError, TocsinError
from tocsin.event import Fact, Facts, Rank
from tocsin.request import Request
from tocsin.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.ci.run import Run
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.notice import Notice

ENDING_SECONDS = 5.0  # ours: for the report, the outputs and the summary, after the budget


def run(stage: str, world: World, console: Console, stop: Stop) -> int:
    """Run one part of the step, "main" or "post". The exit code is not 0 only where the step asks for strictness."""
    env = world.env
    default = env.get("INPUT_DEFAULT-POLICY", "").strip()
    env = {**env, "TOCSIN_DEFAULT_POLICY": default} if default else env
    world = world._replace(env=env, folder=Path(env.get("GITHUB_WORKSPACE") or world.folder), read_stdin=None)
    log = Log(console, debugging=env.get("RUNNER_DEBUG") == "1")
    log.mask([env.get("INPUT_TOKEN", ""), *world.network.secrets()])
    try:
        inputs = read_inputs(env)
        return _main(world, inputs, log, stop) if stage == "main" else _post(world, inputs, log, stop)
    except TocsinError as error:
        _tell(error, world, log)
        strict = is_strict(env) or isinstance(error, policy.StrictPolicyError) or _policy_is_strict(stage, world)
        return error.exit_code if strict else report.OK


def _policy_is_strict(stage: str, world: World) -> bool:
    """Whether the policy that holds asks to fail with what cannot be done, also where that came before the policy was looked for."""
    try:
        if stage == "post":
            snapshot = state.unpack_state(world.env.get(f"STATE_{state.NAME}", "")).snapshot
            text = snapshot and snapshot.text()
        else:
            text = source.find(world, world.env.get("INPUT_POLICY", "").strip() or None, _this_run(world), None).text
    except TocsinError:
        return False
    return text is not None and policy.asks_strictness(text)


def _this_run(world: World) -> Run:
    return ci.read_run(world.env, world.folder, "github")


def _main(world: World, inputs: Inputs, log: Log, stop: Stop) -> int:
    """The step's place in the job."""
    late = is_late(inputs)
    this, hooks = _read_run(world, inputs, late=late)
    api = pipeline.open_api(world, this, inputs.token, hook=hooks.main or "completion")
    situation, snapshot = policy.find_policy(world, inputs.policy, this, api)
    _mask_credentials(situation, world, log)
    _promise(situation, world, hooks.main)
    follows = bool(hooks.post and situation.document)
    left = None
    if hooks.post and situation.document:
        left = state.State(snapshot, None if late else world.now(), given(situation.document.policy, world.env))
        _save(left, world, log)
    if inputs.hook == TEST and this.untrusted and not situation.document:  # as for any hook: a stranger's code gets no message out
        return _nothing_to_send(situation.why_not, log)
    if hooks.main:
        request = _request(inputs, hooks, hooks.main, this)
        keep = partial(_save_receipts, left, world, log) if left else None
        hook = Hook(request, situation, inputs, first=True, last=not follows, notices=hooks.notices, keep=keep)
        return send_hook(world, hook, log, stop)
    return _nothing_to_send((*hooks.notices, *situation.why_not), log)


def _nothing_to_send(notices: Iterable[Notice], log: Log) -> int:
    for notice in notices:
        log.annotate(*notice)
    return report.OK


def _post(world: World, inputs: Inputs, log: Log, stop: Stop) -> int:
    """After the job's last step: by what main has left, whatever the workspace and the variables are now."""
    value = world.env.get(f"STATE_{state.NAME}") or state.NOTHING
    if value == state.NOTHING:
        return report.OK
    left = state.unpack_state(value)
    this, hooks = _read_run(world, inputs, late=left.started_at is None)
    if not hooks.post:
        return report.OK
    situation = policy.restore(world, left.snapshot, this, pipeline.open_api(world, this, inputs.token, hook=hooks.post))
    if situation.document:
        situation = situation._replace(withheld=left.given.withheld(situation.document.policy, world.env))
    _mask_credentials(situation, world, log)
    _promise(situation, world, hooks.post)
    request = _request(inputs, hooks, hooks.post, this, left.started_at)
    hook = Hook(request, situation, inputs, first=hooks.main is None, last=True, receipts=left.receipts)
    return send_hook(world, hook, log, stop)


def _read_run(world: World, inputs: Inputs, *, late: bool) -> tuple[Run, Hooks]:
    """What GitHub says of this run, and at which hooks the step speaks. A job that reports on others says nothing of itself."""
    this = _this_run(world)
    hooks = decide(inputs, this, world.env.get("GITHUB_EVENT_NAME", ""), late=late)
    return this.as_whole("input needs") if hooks.needs else this, hooks


def _mask_credentials(situation: pipeline.Situation, world: World, log: Log) -> None:
    """Have the runner hide them before anything else is told."""
    if situation.document:
        log.mask(pipeline.credentials(situation.document.policy, world.env))


def _promise(situation: pipeline.Situation, world: World, hook: str | None) -> None:
    """Say to the shim how long this part may take, by the policy's budget."""
    if situation.document and hook:
        budget = situation.document.policy.delivery.budget_for(hook)
        files.promise(world.env, world.started + budget + ENDING_SECONDS - world.clock.monotonic())


def _request(inputs: Inputs, hooks: Hooks, hook: str, run: Run, started_at: str | None = None) -> Request:
    """What is asked of the program, with what this step alone knows."""
    found: dict[str, object] = {}
    if hooks.needs:
        found = {"failures": [{"job": name, "reason": "failed"} for name in hooks.needs.failed]}
    elif "scope" in run.facts and run.facts["scope"].value == "job":
        found = {"job.id": inputs.job_id, "job.variant": inputs.variant, "run.started_at": started_at}
    facts: Facts = {name: Fact(value, SOURCE, Rank.FACTS) for name, value in found.items() if value}
    status = hooks.status if hook == "completion" else None
    tests = [inputs.tests] if inputs.tests else []
    return Request(hook, status, inputs.flags, facts=facts, tests=tests, look_ups=inputs.look_ups)


def _save(left: state.State, world: World, log: Log, without: str = "nothing will be sent when the job ends") -> None:
    """Leave what main has learned for post: before anything is sent, so that an end by force loses nothing of it."""
    try:
        value = state.pack_state(left, files.temporary(world.env))
    except OSError as error:
        wrong: str | None = f"what post needs cannot be kept ({error.strerror}): {without}; free some disk space"
    else:
        wrong = files.put(world.env, "GITHUB_STATE", {state.NAME: value})
    if wrong:
        log.annotate(wrong, "warning")


def _save_receipts(left: state.State, world: World, log: Log, receipts: str) -> None:
    """Leave the same with what finds the start's messages again: the runner takes the state that was written last."""
    _save(left._replace(receipts=receipts), world, log, "the end will be a new message")


def _tell(error: TocsinError, world: World, log: Log) -> None:
    """What stopped the step, at the policy's lines where it stands there."""
    problems = error.problems if isinstance(error, PolicyError) else []
    for problem in problems:
        log.problem(problem)
    if problems:
        log.line(f"tocsin: {error}: nothing is sent")
    else:
        log.annotate(f"nothing is sent: {error}", "error")
    outputs = {"event": "", "delivered": "0", "failed": "0", "skipped": "0", "report": ""}
    for wrong in (files.put(world.env, "GITHUB_OUTPUT", outputs), files.summarise(world.env, failure(error))):
        if wrong:
            log.annotate(wrong, "warning")
