"""The budget of the whole flow, from the process's start, on a clock that waits for nothing; the servers are real."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from clocks import VirtualClock
from servers import Answer, Request, ScriptedServer
from test_git import PATH, Repository

from tocsin import pipeline
from tocsin.ci.run import Run, TrustedRef
from tocsin.clock import Clock
from tocsin.deliver import Stop
from tocsin.network import Network
from tocsin.request import Request as Wanted
from tocsin.source.trusted import GIT_MAX_SECONDS, trusted_text
from tocsin.verdict import Outcome
from tocsin.world import World

HOOK = 'channels: {hook: {kind: webhook, url: "${U}"%s}}\nnotifications: [{on: [trigger, failure], send_to: hook}]\ndelivery: {%s}\n'
LOOPS = ', payload: {text: "{% for a in changes %}{% for b in changes %}{% for c in changes %}x{% endfor %}{% endfor %}{% endfor %}"}'


class Slow(ScriptedServer):
    """A server each of whose answers takes so many seconds."""

    def __init__(self, clock: VirtualClock, seconds: float, *answers: Answer) -> None:
        super().__init__(*answers)
        self.clock, self.seconds = clock, seconds

    def next_answer(self, request: Request) -> Answer:
        self.clock.now += self.seconds
        return super().next_answer(request)


def flow(
    clock: VirtualClock, server: ScriptedServer, policy: str, *, hook: str = "completion", late: float = 0.0, dry_run: bool = False
) -> list[Outcome]:
    """Prepare, plan and notify; from the process's start to the first message it takes `late` seconds."""
    env = {"TOCSIN_CI": "generic", "TOCSIN_RUN_ID": "7", "U": server.url("/hook")}
    world = World(env, Path.cwd(), policy.encode, clock, clock.now, Network())
    request = Wanted(hook, "failure" if hook == "completion" else None, policy="-")
    planned = pipeline.plan(world, request, pipeline.prepare(world, request))
    clock.now += late
    return pipeline.in_order(planned, pipeline.notify(world, planned, Stop(), dry_run=dry_run))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1000.0)


@pytest.mark.parametrize(("hook", "budget"), [("completion", 30.0), ("trigger", 10.0)])
@pytest.mark.parametrize(("left", "tried"), [(2.0, True), (-0.001, False)])
def test_the_budget_counts_from_the_process_s_start(clock: VirtualClock, hook: str, budget: float, left: float, tried: bool) -> None:
    late, pause = 4.0, budget - 4.0 - left
    with ScriptedServer(Answer(429, headers={"Retry-After": f"{pause:.3f}"}), Answer(200)) as server:
        [outcome] = flow(clock, server, HOOK % ("", "attempts: 2"), hook=hook, late=late)
    assert outcome.outcome == ("delivered" if tried else "failed")
    assert clock.now == pytest.approx(1000.0 + late + (pause if tried else 0.0))


def test_what_came_before_can_use_up_the_budget(clock: VirtualClock) -> None:
    with ScriptedServer(Answer(200)) as server:
        [outcome] = flow(clock, server, HOOK % ("", "budget: 3"), late=3.0)
    assert (outcome.reason, outcome.cause, server.requests) == ("the budget is used up before it was sent", "budget", [])


def test_the_policy_s_own_limits(clock: VirtualClock) -> None:
    with Slow(clock, 2.0, Answer(500)) as server:
        [outcome] = flow(clock, server, HOOK % ("", "budget: 60, attempts: 5, timeout: 7"))
    assert (outcome.attempts, len(server.requests), outcome.reason) == (5, 5, "HTTP 500 (after 5 attempts)")
    with Slow(clock, 8.0, Answer(200)) as server:
        [outcome] = flow(clock, server, HOOK % ("", "budget: 60, attempts: 1, timeout: 7"))
    assert (outcome.outcome, len(server.requests)) == ("failed", 1)


def test_a_dry_run_renders_and_sends_nothing(clock: VirtualClock) -> None:
    with ScriptedServer(Answer(200)) as server:
        [outcome] = flow(clock, server, HOOK % ("", "attempts: 1"), dry_run=True)
        assert (outcome.outcome, outcome.reason, outcome.cause) == ("skipped", "dry run: it would have been sent", "dry_run")
    assert (outcome.attempts, server.requests) == (0, [])


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_payload_that_only_this_event_breaks_is_a_failure(clock: VirtualClock, dry_run: bool) -> None:
    payload = """, payload: {text: "{{ 1 // ((run.id or '0') | int - 7) }}"}"""
    with ScriptedServer(Answer(200)) as server:
        [outcome] = flow(clock, server, HOOK % (payload, "attempts: 1"), dry_run=dry_run)
    assert (outcome.outcome, outcome.attempts, outcome.cause, server.requests) == ("failed", 0, "payload", [])
    assert (outcome.reason or "").startswith("the payload cannot be rendered: ")


# Look-ups


@pytest.mark.parametrize(("hook", "end"), [("trigger", 10 / 3), ("completion", 10.0)])
def test_look_ups_have_a_third_of_the_hook_s_default_budget_before_the_policy_says_another(
    clock: VirtualClock, hook: str, end: float
) -> None:
    world = World({"GITHUB_API_URL": "https://api.example"}, Path.cwd(), lambda: b"", clock, 990.0, Network())
    run = Run("github", {}, None)
    api = pipeline.open_api(world, run, "token", hook=hook)
    assert api
    assert api.deadline == pytest.approx(990.0 + end)


@pytest.mark.parametrize(
    ("hook", "budget", "end"),
    [("completion", 6, 2.0), ("trigger", 6, 2.0), ("completion", 30, 10.0), ("completion", 300, 100.0), ("trigger", 300, 100.0)],
)
def test_look_ups_have_a_third_of_the_budget_that_the_policy_gives_the_hook(
    clock: VirtualClock, hook: str, budget: int, end: float
) -> None:
    policy = HOOK % ("", f"budget: {budget}")
    env = {"TOCSIN_CI": "generic", "GITHUB_API_URL": "https://api.example", "U": "https://a.example"}
    world = World(env, Path.cwd(), policy.encode, clock, 990.0, Network())
    request = Wanted(hook, "failure", policy="-")
    known = pipeline.prepare(world, request)
    api = pipeline.open_api(world, Run("github", {}, None), "token")
    assert api
    clock.now = 1200.0  # too late for a question: none is asked
    pipeline.understand(world, request, known._replace(api=api, run=Run("github", {}, None)))
    assert api.deadline == pytest.approx(990.0 + end)


@pytest.mark.parametrize(("late", "given"), [(0.0, [5.0, 5.0, 5.0]), (3.5, [1.5, 1.5, 1.5]), (5.0, []), (60.0, [])])
def test_git_has_what_is_left_of_its_seconds(tmp_path: Path, late: float, given: list[float]) -> None:
    class Recording(VirtualClock):
        asked: list[float]

        def take(self, queue: SimpleQueue[Any], seconds: float) -> Any:
            self.asked.append(seconds)
            return Clock.take(self, queue, 60.0)

        def start(self, work: Any) -> None:
            Clock.start(self, work)

    clock = Recording(1000.0)
    clock.asked = []
    (tmp_path / "r").mkdir()
    repository = Repository(tmp_path / "r", {"x": b"x"})
    world = World(PATH, repository.folder, lambda: b"", clock, 1000.0 - late, Network())
    trusted = TrustedRef("acme/payments", "main", repository.commit, "check out the base")
    assert trusted_text(world, None, Run("github", {}, "a fork's code", trusted=trusted), None)[0] is None
    assert set(clock.asked) == set(given)
    assert len(clock.asked) <= 3
    assert GIT_MAX_SECONDS == 5.0


def test_a_payload_that_computes_for_long_holds_up_no_other_channel(project):
    """For real: every delivery has its row, nothing outlives the budget by its rendering, and the quick channel gets through."""
    hooks = [f"h{number}" for number in range(20)]
    channels = "".join(f'  {name}: {{kind: webhook, url: "${{U}}"{LOOPS}}}\n' for name in hooks)
    project.policy(
        f'channels:\n{channels}  quick: {{kind: slack, url: "${{S}}"}}\n'
        f"notifications: [{{on: failure, send_to: [{', '.join(hooks)}, quick]}}]\ndelivery: {{budget: 300, timeout: 300}}\n"
    )
    facts = b'{"changes": [%s]}' % b", ".join(b'{"sha": "%040d"}' % number for number in range(100))
    with ScriptedServer(Answer(200)) as server, ScriptedServer(Answer(200, b"ok")) as slack:
        result = project.send("failure", "--facts", "-", env={"U": server.url("/"), "S": slack.url("/")}, stdin=facts)
    rows = {row["recipient"]: row for row in result.report["deliveries"]}
    assert set(rows) == {*hooks, "quick"}
    assert {row["outcome"] for row in rows.values()} == {"delivered"}
    assert (len(server.requests), len(slack.requests)) == (20, 1)
    assert rows["quick"]["seconds"] < max(rows[name]["seconds"] for name in hooks)
