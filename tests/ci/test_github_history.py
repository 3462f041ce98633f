"""How often a run failed before, and since when: right, or unknown, whatever came before it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from github_server import REPOSITORY, RUN, GitHub
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Answer

from tocsin.ci.github.earlier_runs import ATTEMPTS_MAX, JOBS_OF_RUNS_MAX, RUNS_PAGES_MAX, RUNS_PER_PAGE, WorkflowRun, ended_before
from tocsin.ci.history import History, history

COUNTED = ("success", "failure")
ACTIONS = f"/repos/{REPOSITORY}/actions"
OWN = int(RUN)


class Attempt(NamedTuple):
    """How an attempt of a run ended, and the job in it; None where it has not, or is not there."""

    run: str | None
    job: str | None


words = st.sampled_from(["failure", "failure", "failure", "success", "cancelled", "skipped", "timed_out"])
attempts = st.lists(st.builds(Attempt, words, words | st.none()), min_size=1, max_size=3)


@st.composite
def earlier_runs(draw: st.DrawFn) -> list[list[Attempt]]:
    """The attempts of each run, newest run first; the last attempt of some is under way."""
    runs = draw(st.lists(attempts, max_size=6)) + [[Attempt("failure", "failure")]] * draw(st.sampled_from([0, 0, 0, 1, 4, 40, 70]))
    runs += draw(st.lists(attempts, max_size=3))
    return [[*run, Attempt(None, draw(words | st.none()))] if draw(st.integers(0, 9)) == 0 else run for run in runs]


def status_of(word: str | None) -> str | None:
    return "failure" if word == "timed_out" else word if word in COUNTED else None


def end_of(run: list[Attempt], job: bool) -> tuple[int, str] | None:
    """Which attempt a run counts by, and how that ended; None where it does not count."""
    ended = run if run[-1].run else run[:-1]
    if not ended or (job and run[-1].run and not status_of(run[-1].run)):
        return None
    numbered = [(number, status_of(one.job if job else one.run)) for number, one in enumerate(ended, 1)]
    if not job:
        numbered = numbered[-1:]
    return next(((number, status) for number, status in reversed(numbered) if status), None)


class Known(NamedTuple):
    """What is to be known: numbers of runs, newest first."""

    previous: str | None
    failed: int | None
    since: int | None
    success: int | None


def truth(status: str, own: list[Attempt], runs: list[list[Attempt]], job: bool) -> Known:
    """The history as somebody would tell it who sees all of it; this run has number 0, and -1 means none."""
    before = [(0, end) for one in reversed(own) if (end := status_of(one.job if job else one.run))]
    before += [(number, end[1]) for number, run in enumerate(runs, 1) if (end := end_of(run, job))]
    if not before:
        return Known(None, None, None, None)
    streak = next((at for at, (_, end) in enumerate(before) if end == "success"), len(before))
    failed = {number for number, _ in before[:streak]} | ({0} if status == "failure" else set())
    success = before[streak][0] if streak < len(before) else None
    if before[0][1] == "success":
        return Known("success", 1, None, success) if status == "failure" else Known("success", None, None, None)
    return Known("failure", len(failed), before[streak - 1][0], success)


def routes(own: list[Attempt], runs: list[list[Attempt]]) -> dict[str, Answer]:
    """The API of a repository with these runs."""
    found: dict[str, Any] = {}
    listed: list[dict[str, Any]] = []
    for number, run in enumerate([[*own, Attempt(None, None)], *runs]):
        items = [
            {"id": OWN - number, "run_number": 1000 - number, "run_attempt": at, "conclusion": one.run} for at, one in enumerate(run, 1)
        ]
        jobs = [{"id": at, "name": "test", "run_attempt": at, "conclusion": one.job} for at, one in enumerate(run, 1) if one.job]
        listed.append(items[-1])
        found |= {f"{ACTIONS}/runs/{OWN - number}/attempts/{item['run_attempt']}": item for item in items}
        found[f"{ACTIONS}/runs/{OWN - number}/jobs"] = {"jobs": jobs}
    query = f"?branch=main&event=push&exclude_pull_requests=true&per_page={RUNS_PER_PAGE}&page="
    for page in range(1, RUNS_PAGES_MAX + 2):
        part = listed[(page - 1) * RUNS_PER_PAGE : page * RUNS_PER_PAGE]
        found[f"{ACTIONS}/workflows/ci.yml/runs{query}{page}"] = {"workflow_runs": part}
    return {path: Answer(200, json.dumps(body).encode()) for path, body in found.items()}


def learned(server: GitHub, status: str, own: list[Attempt], job: bool) -> History:
    run = WorkflowRun(REPOSITORY, "ci.yml", "main", RUN, "push", len(own) + 1, 1000, job="test" if job else None)
    return history(status, RUN, ended_before(server.api(), run))


def is_within(own: list[Attempt], runs: list[list[Attempt]], job: bool) -> bool:
    """Whether the bounds are wide enough for all of it."""
    repeated = sum(run[-1].run is None and len(run) > 1 for run in runs)
    if job:
        return len(runs) <= JOBS_OF_RUNS_MAX
    return len(own) <= ATTEMPTS_MAX and repeated <= ATTEMPTS_MAX and len(runs) + 1 < RUNS_PER_PAGE * RUNS_PAGES_MAX


@given(
    own=st.lists(st.builds(Attempt, words, words | st.none()), max_size=5),
    runs=earlier_runs(),
    status=st.sampled_from(COUNTED),
    job=st.booleans(),
)
@settings(deadline=None, max_examples=50)
def test_count_and_beginning_are_right_or_unknown(server: GitHub, own: list[Attempt], runs: list[list[Attempt]], status: str, job: bool):
    server.route(routes(own, runs))
    found, known = learned(server, status, own, job), truth(status, own, runs, job)
    number = lambda run: None if run.number is None else 1000 - run.number  # noqa: E731
    told = Known(found.previous_status, found.failed_runs, number(found.failing_since), number(found.last_success))
    for name in Known._fields:
        assert getattr(told, name) in (getattr(known, name), None), name
    if is_within(own, runs, job):
        assert told == known
    until = number(found.failing_until)
    assert (until is not None) == (status == "success" and told.previous == "failure")
    assert len(server.requests) <= 1 + max(ATTEMPTS_MAX * 2, JOBS_OF_RUNS_MAX) + RUNS_PAGES_MAX


@pytest.mark.parametrize("failed", [58, 59, 70])
def test_failures_that_began_before_all_that_is_read_have_no_number(github: GitHub, failed: int):
    """Sixty runs are read, this one among them."""
    github.route(routes([], [[Attempt("failure", None)]] * failed + [[Attempt("success", None)]]))
    found = learned(github, "failure", [], job=False)
    assert found.previous_status == "failure"
    assert found.failed_runs == (failed + 1 if failed < 59 else None)
    assert (found.failing_since.number, found.last_success.number) == ((1000 - 58, 1000 - 59) if failed < 59 else (None, None))


def test_a_page_that_fails_leaves_the_beginning_unknown(github: GitHub):
    github.route(routes([], [[Attempt("failure", None)]] * 40))
    page = next(path for path in github.routes if path.endswith("page=2"))
    github.routes[page] = Answer(502)
    assert learned(github, "success", [], job=False)._replace(failing_until=History().failing_until) == History("failure")
