"""The GitHub Action: one step with two parts, `main` at its place in the job and `post` when the job has ended.

    inputs ─ hooks ─ policy ─ plan ─ masks ─ deliver ─ annotations, report, outputs, summary ─ state

What goes wrong is told in one annotation, and the job's result stays what it was, unless `strict`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin import pipeline, report
from tocsin.action import files, policy, state
from tocsin.action.hooks import Hooks, decide, is_late
from tocsin.action.inputs import Inputs, is_strict, read
from tocsin.action.log import Log, proxy_secrets
from tocsin.action.send import How, send
from tocsin.action.summary import failure
from tocsin.ci.github_rest import Api
from tocsin.errors import PolicyError, TocsinError
from tocsin.inputs import LOOK_UPS_MAX_SECONDS, AtHand, Wish, read_context, without_file
from tocsin.world import World

if TYPE_CHECKING:
    from tocsin.action.policy import Found
    from tocsin.ci import Context
    from tocsin.console import Console
    from tocsin.deliver import Stop


def run(stage: str, world: World, console: Console, stop: Stop) -> int:
    """Run one part of the step, "main" or "post". The exit code is not 0 only where the step asks for strictness."""
    env = world.env
    world = world._replace(folder=Path(env.get("GITHUB_WORKSPACE") or world.folder))
    log = Log(console, debugging=env.get("RUNNER_DEBUG") == "1")
    log.mask([env.get("INPUT_TOKEN", ""), *proxy_secrets(world.network.proxies)])
    try:
        inputs = read(env)
        world = world._replace(api=_api(world, inputs))
        return _main(world, inputs, log, stop) if stage == "main" else _post(world, inputs, log, stop)
    except TocsinError as error:
        _tell(error, world, log)
        return error.exit_code if is_strict(env) or isinstance(error, policy.StrictPolicyError) else report.OK


def _main(world: World, inputs: Inputs, log: Log, stop: Stop) -> int:
    """The step's place in the job."""
    run = read_context(world, Wish(ci="github"))
    late = is_late(inputs)
    hooks = decide(inputs, run, world.env.get("GITHUB_EVENT_NAME", ""), late=late)
    found = policy.find(world, inputs.policy, run)
    left = state.State(found.snapshot, None if late else world.now())
    follows = bool(hooks.post and found.loaded)
    if follows:
        _save(left, world, log)  # before anything is sent, so that an end by force loses no more than the receipts
    if not hooks.main:
        if found.loaded:
            log.mask(pipeline.open_channels(found.loaded.policy, world.env)[2].known)
        for notice in (*hooks.notices, *(() if found.loaded else found.notices)):
            log.annotate(*notice)
        return report.OK
    how = How(inputs.strict, inputs.dry_run, inputs.report, first=True, last=not follows)
    outcomes, code = send(*_wish(world, inputs, hooks, hooks.main, run, found), how, log, stop, hooks.notices)
    kept = state.receipts(outcomes)
    if follows and kept:
        _save(left._replace(receipts=kept), world, log)
    return code


def _post(world: World, inputs: Inputs, log: Log, stop: Stop) -> int:
    """After the job's last step: by what main has left, whatever the workspace and the variables are now."""
    value = world.env.get(f"STATE_{state.NAME}") or state.NOTHING
    if value == state.NOTHING:
        return report.OK
    left = state.unpack(value)
    run = read_context(world, Wish(ci="github"))
    hooks = decide(inputs, run, world.env.get("GITHUB_EVENT_NAME", ""), late=left.started_at is None)
    if not hooks.post:
        return report.OK
    found = policy.open_snapshot(left.snapshot) if left.snapshot else policy.Found(*without_file(world))
    how = How(inputs.strict, inputs.dry_run, inputs.report, first=hooks.main is None, last=True)
    _, code = send(*_wish(world, inputs, hooks, hooks.post, run, found, left.started_at), how, log, stop)
    return code


def _api(world: World, inputs: Inputs) -> Api | None:
    base = world.env.get("GITHUB_API_URL")
    return Api(base, inputs.token, world.network, world.started + LOOK_UPS_MAX_SECONDS) if base and inputs.token else None


def _wish(
    world: World, inputs: Inputs, hooks: Hooks, hook: str, run: Context, found: Found, started_at: str | None = None
) -> tuple[World, Wish]:
    """What is asked of the program. A job that reports on others says nothing of itself."""
    flags, facts, env = dict(inputs.flags), {}, world.env
    if hooks.needs:
        flags["scope"] = "run"
        facts["failures"] = [{"job": name, "reason": "failed"} for name in hooks.needs.failed]
        env = {name: value for name, value in env.items() if name != "GITHUB_JOB"}
    elif "scope" in run.declared and run.declared["scope"].value == "job":
        facts = _own(inputs, started_at)
    status = hooks.status if hook == "completion" else None
    at_hand = AtHand(json.dumps(facts), found.loaded, found.notices)
    return world._replace(env=env), Wish(hook, status, flags, ci="github", at_hand=at_hand)


def _own(inputs: Inputs, started_at: str | None) -> dict[str, Any]:
    """What this step alone knows of its job."""
    return {"job": {"id": inputs.job_id, "variant": inputs.variant}, "run": {"started_at": started_at}}


def _save(left: state.State, world: World, log: Log) -> None:
    """Leave what main has learned for post."""
    try:
        value = state.pack(left, files.temporary(world.env))
    except OSError as error:
        wrong: str | None = (
            f"what post needs cannot be kept ({error.strerror}): nothing will be sent when the job ends; free some disk space"
        )
    else:
        wrong = files.put(world.env, "GITHUB_STATE", {state.NAME: value})
    if wrong:
        log.annotate(wrong, "warning")


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
