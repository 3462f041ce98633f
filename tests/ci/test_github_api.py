"""What GitHub's API adds to an event."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from clocks import StandingClock
from github_server import ANSWERS, CASES, GITHUB, NOW, REPOSITORY, RUN, TOKEN, GitHub, event_of, previous_status
from servers import Answer, ScriptedServer

from tocsin.ci.common import text_of
from tocsin.ci.github.jobs import failed_jobs, find_current, jobs
from tocsin.ci.rest import Api
from tocsin.deliver import Stop
from tocsin.event import Event, as_dict, dotted
from tocsin.network import Network
from tocsin.notice import Notice
from tocsin.pipeline import notify, plan, prepare, understand
from tocsin.request import Request
from tocsin.world import World

WHOLE = ("failures", "changes", "compare_url", "reason")


def told(event: Event) -> dict[str, Any]:
    """What the API adds to an event; of the history and of what is rare only what is known."""
    known = {
        name: value
        for name, value in dotted(event)
        if name.startswith(("run.fail", "run.last_success.")) or name in ("compare_url", "reason")
    }
    return {
        "failures": [{key: value for key, value in as_dict(one).items() if value or key != "excerpt"} for one in event.failures],
        "job": {"id": event.job.id, "url": event.job.url},
        "previous_status": event.run.previous_status,
        "transition": event.transition,
        **{name: value for name, value in known.items() if value is not None},
        **({"changes": as_dict(event.changes)} if event.changes else {}),
    }


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_the_api_adds_what_it_knows(github: GitHub, path: Path):
    case = json.loads(path.read_text(encoding="utf-8"))
    github.route(case["answers"])
    api = github.api()
    api.look_ups = case.get("look_ups", True)
    event = event_of(case, api)
    assert told(event) == case["event"]
    assert api.notes == case["notes"]
    assert github.asked() == case["asked"]
    added = {name for name, source in event.sources.items() if source == "GitHub API"}
    assert {name for name in added if not name.startswith(("run.", "commit."))} <= {*WHOLE, "job.id", "job.url", "transition"}


def test_every_recorded_answer_is_used():
    used = "".join(path.read_text(encoding="utf-8") for path in CASES.glob("*.json"))
    assert [name for name in ANSWERS if f'"{name}"' not in used] == []


def test_a_request_is_what_github_asks_for(github: GitHub):
    github.route({"*": "jobs-matrix.json"})
    failed_jobs(github.api(), REPOSITORY, RUN, None)
    request = github.requests[0]
    assert (request.method, request.path, request.body) == (
        "GET",
        f"/api/v3/repos/{REPOSITORY}/actions/runs/{RUN}/jobs?per_page=100&page=1",
        b"",
    )
    assert request.headers["accept"] == "application/vnd.github+json"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["x-github-api-version"] == "2022-11-28"
    assert request.headers["user-agent"].startswith("tocsin/")


def test_what_the_ci_declares_outranks_the_api(github: GitHub):
    github.route({"*": "jobs-matrix.json"})
    case = json.loads((CASES / "run-fixed.json").read_text(encoding="utf-8"))
    event_file = {
        "deployment": {},
        "deployment_status": {"state": "failure", "description": "Out of memory", "log_url": "https://logs.example.com/1"},
    }
    env = {"GITHUB_EVENT_NAME": "deployment_status", "TOCSIN_RUN_ID": "77"}
    event = event_of({**case, "status": None, "env": env, "event_file": event_file}, github.api())
    assert [failure.reason for failure in event.failures] == ["Out of memory"]


def test_a_deployment_s_own_run_is_asked_for_once_it_is_named(github: GitHub):
    case = json.loads((CASES / "deployment-status.json").read_text(encoding="utf-8"))
    github.route({"*": "jobs-matrix.json"})
    event_of({**case, "env": {**case["env"], "TOCSIN_RUN_ID": "77"}}, github.api())
    assert any("/runs/77/" in path for path in github.asked())


# Pages


def page(*numbers: int) -> Answer:
    jobs = [
        {"id": n, "name": f"job {n}", "status": "completed", "conclusion": "failure", "steps": [{"name": "x" * 500}] * 10} for n in numbers
    ]
    return Answer(200, json.dumps({"total_count": 250, "jobs": jobs}).encode())


def test_all_pages_are_read_and_a_job_on_two_of_them_counts_once(github: GitHub):
    path = f"/repos/{REPOSITORY}/actions/runs/{RUN}/jobs?per_page=100&page="
    github.route({f"{path}1": page(*range(100)), f"{path}2": page(*range(99, 199)), f"{path}3": page(199)})
    api = github.api()
    assert [failure.job for failure in failed_jobs(api, REPOSITORY, RUN, None)] == [f"job {n}" for n in range(200)]
    assert (len(github.requests), api.notes) == (3, [])


def test_pages_end_somewhere(github: GitHub):
    github.route({"*": page(*range(100))})
    failed_jobs(github.api(), REPOSITORY, RUN, None)
    assert len(github.requests) == 10


def test_a_page_that_fails_leaves_what_was_learned(github: GitHub):
    path = f"/repos/{REPOSITORY}/actions/runs/{RUN}/jobs?per_page=100&page="
    github.route({f"{path}1": page(*range(100)), f"{path}2": Answer(502)})
    api = github.api()
    assert len(failed_jobs(api, REPOSITORY, RUN, None)) == 100
    assert len(api.notes) == 1


def test_history_goes_back_over_pages_of_cancelled_runs_but_not_for_ever(github: GitHub):
    github.route({"*": Answer(200, json.dumps({"workflow_runs": [{"id": 5, "conclusion": "cancelled"}] * 30}).encode())})
    assert previous_status(github.api(), REPOSITORY, "ci.yml", "main", RUN, "push") is None
    assert len(github.requests) == 2


# The job that runs us


@pytest.mark.parametrize(
    ("runner", "key", "job_id", "found"),
    [
        ("GitHub Actions 7", "notify", None, "52006"),
        ("GitHub Actions 7", "anything", None, "52006"),
        ("GitHub Actions 5", "lint", None, None),
        (None, "notify", None, "52006"),
        (None, "lint", None, None),
        ("GitHub Actions 5", "lint", "52002", "52002"),
        ("GitHub Actions 5", "lint", "7052002", "52002"),
        ("GitHub Actions 7", "notify", "1", "52006"),
        ("GitHub Actions 5", "lint", "1", None),
    ],
)
def test_our_job_is_told_from_the_others(github: GitHub, runner: str | None, key: str, job_id: str | None, found: str | None):
    github.route({"*": "jobs-matrix.json"})
    job = find_current(jobs(github.api(), REPOSITORY, RUN, 1), job_id, key, runner)
    assert (text_of(job, "id") if job else None) == found


def test_a_job_is_told_by_its_only_candidate_only_where_all_jobs_are_known(github: GitHub):
    path = f"/repos/{REPOSITORY}/actions/runs/{RUN}/jobs?per_page=100&page="
    first = json.loads(page(*range(100)).body)
    first["jobs"][0]["status"] = "queued"
    github.route({f"{path}1": Answer(200, json.dumps(first).encode()), f"{path}2": Answer(502)})
    assert find_current(jobs(github.api(), REPOSITORY, RUN, None), None, "build", "GitHub Actions 7") is None


def test_two_jobs_of_one_name_before_are_not_held_against_ours(github: GitHub):
    jobs = [{"id": n, "name": "test", "conclusion": word} for n, word in enumerate(("success", "failure"))]
    runs = [{"id": 5, "conclusion": "failure"}]
    github.route({"*": Answer(200, json.dumps({"jobs": jobs, "workflow_runs": runs}).encode())})
    assert previous_status(github.api(), REPOSITORY, "ci.yml", "main", RUN, "push", job="test") is None


def jobs_named(*jobs: tuple[int, str]) -> Answer:
    """Jobs of one name, each by its attempt and its conclusion."""
    items = [{"id": n, "name": "test", "run_attempt": attempt, "conclusion": word} for n, (attempt, word) in enumerate(jobs)]
    return Answer(200, json.dumps({"jobs": items}).encode())


@pytest.mark.parametrize(
    ("attempt", "jobs", "status"),
    [
        (3, ((1, "failure"), (2, "success"), (3, "failure")), "success"),
        (2, ((1, "failure"), (2, "success"), (3, "success")), "failure"),
        (3, ((2, "success"), (1, "failure")), "success"),
        (3, ((2, "success"), (2, "failure")), None),
    ],
)
def test_the_newest_earlier_attempt_of_a_job_counts(github: GitHub, attempt: int, jobs: tuple[tuple[int, str], ...], status: str | None):
    github.route({"*": jobs_named(*jobs)})
    assert previous_status(github.api(), REPOSITORY, "ci.yml", "main", RUN, "push", attempt=attempt, job="test") == status


def test_a_job_before_is_unknown_where_not_all_jobs_can_be_read(github: GitHub):
    path = f"/repos/{REPOSITORY}/actions/runs/5/jobs?filter=all&per_page=100&page="
    runs = Answer(200, json.dumps({"workflow_runs": [{"id": 5, "conclusion": "failure"}]}).encode())
    github.route({f"{path}1": page(*range(100)), f"{path}2": Answer(404), f"/repos/{REPOSITORY}/actions/workflows/ci.yml/runs": runs})
    assert previous_status(github.api(), REPOSITORY, "ci.yml", "main", RUN, "push", job="job 7") is None


def test_a_job_that_is_being_cancelled_has_not_failed(github: GitHub):
    jobs = [
        {
            "id": 1,
            "name": "test",
            "status": "in_progress",
            "conclusion": None,
            "steps": [{"name": "make", "number": 2, "conclusion": "cancelled"}],
        }
    ]
    github.route({"*": Answer(200, json.dumps({"jobs": jobs}).encode())})
    assert failed_jobs(github.api(), REPOSITORY, RUN, 1) == {}


# In the flow


def world(folder: Path, **env: str) -> World:
    return World({**GITHUB, "GITHUB_EVENT_PATH": "", **env}, folder, lambda: b"", StandingClock(NOW), time.monotonic(), Network())


def learn(place: World, api: Api, request: Request) -> tuple[Event, list[Notice]]:
    return understand(place, request, prepare(place, request)._replace(api=api))


POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: broken, send_to: team}]\ndelivery: {budget: 1.5}\n"


def test_the_flow_asks_and_says_what_it_could_not_learn(github: GitHub, tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(POLICY)
    case = json.loads((CASES / "job-failed.json").read_text(encoding="utf-8"))
    github.route(case["answers"])
    event, notices = learn(world(tmp_path, **case["env"]), github.api(), Request("completion", "failure"))
    assert (event.transition, event.failures[0].step) == ("broken", "Run make")
    assert notices == []
    github.route({"*": {"status": 403, "body": "{}"}})
    event, notices = learn(world(tmp_path), github.api(), Request("completion", "failure"))
    assert (event.transition, event.failures) == (None, ())
    assert [(notice.level, "permissions: actions: read" in notice.text) for notice in notices] == [("notice", True)]


def test_the_flow_gives_look_ups_a_third_of_the_budget(github: GitHub, tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(POLICY)
    api = github.api()
    place = world(tmp_path)
    learn(place, api, Request("completion", "success"))
    assert api.deadline == pytest.approx(place.started + 0.5)


def test_nothing_is_asked_where_no_policy_applies(github: GitHub, tmp_path: Path):
    learn(world(tmp_path), github.api(), Request("completion", "failure"))
    assert github.requests == []


def test_messages_go_out_while_the_api_hangs(github: GitHub, tmp_path: Path):
    hold = threading.Event()
    github.route({"*": Answer(200, b"{}", hold=hold)})
    with ScriptedServer(Answer(200, b"ok")) as slack:
        (tmp_path / ".tocsin.yml").write_text(POLICY.replace("broken", "failure"))
        place, request = world(tmp_path, SLACK_WEBHOOK_URL=slack.url("/hook")), Request("completion", "failure")
        planned = plan(place, request, prepare(place, request)._replace(api=github.api()))
        outcomes = list(notify(place, planned, Stop()))
        hold.set()
        assert [outcome.outcome for outcome in outcomes] == ["delivered"]
        assert len(slack.requests) == 1
