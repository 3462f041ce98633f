"""What GitHub's API adds to an event, and that nothing it answers, or fails to, stops or forges one."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Answer, Request, ScriptedServer

from tocsin.ci import context
from tocsin.ci.derive import Said, derive
from tocsin.ci.github_api import Api, api_facts, current_job, failed_jobs, previous_status, trusted_policy
from tocsin.errors import PolicyError
from tocsin.event import Event, Fact, as_dict
from tocsin.http import Network
from tocsin.inputs import Wish, World
from tocsin.pipeline import learn

CASES = Path(__file__).parents[1] / "cases" / "github_api"
ANSWERS = {path.name: path.read_bytes() for path in sorted((CASES / "answers").glob("*.json"))}
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_EVENT_PATH": "event.json",
    "GITHUB_JOB": "build",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_RUN_ID": "9120456781",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_WORKFLOW_REF": "acme/payments/.github/workflows/ci.yml@refs/heads/main",
}
TOKEN = "ghs_sixteenCandlesOnTheCake"
REPOSITORY, RUN = "acme/payments", GITHUB["GITHUB_RUN_ID"]
PLACES = (".tocsin.yml", ".github/tocsin.yml", ".gitlab/tocsin.yml")
NOW = "2026-11-23T15:50:00Z"


class GitHub(ScriptedServer):
    """Answers by path, as a GitHub Enterprise Server does under /api/v3; what it does not know is a 404."""

    def __init__(self) -> None:
        super().__init__()
        self.routes: dict[str, Answer] = {}

    def next_answer(self, request: Request) -> Answer:
        self.requests.append(request)
        where = request.path.removeprefix("/api/v3")
        missing = Answer(404, b'{"message": "Not Found", "status": "404"}')
        return self.routes.get(where) or self.routes.get(where.partition("?")[0]) or self.routes.get("*") or missing

    def route(self, routes: Mapping[str, Any]) -> None:
        """Forget all requests, and answer by these routes: the name of a recorded answer, or status, headers and body."""
        self.requests.clear()
        self.routes = {path: self._answer(answer) for path, answer in routes.items()}

    def _answer(self, answer: Any) -> Answer:
        if isinstance(answer, Answer):
            return answer
        if isinstance(answer, str):
            return Answer(200, ANSWERS[answer], {"Content-Type": "application/json; charset=utf-8"})
        return Answer(answer.get("status", 200), answer["body"].encode(), answer.get("headers", {}))

    def api(self, seconds: float = 60, network: Network | None = None) -> Api:
        return Api(self.url("/api/v3"), TOKEN, network or Network(), time.monotonic() + seconds)

    def asked(self) -> list[str]:
        return [request.path.removeprefix("/api/v3") for request in self.requests]


@pytest.fixture(scope="module")
def server() -> Iterator[GitHub]:
    with GitHub() as server:
        yield server


@pytest.fixture
def github(server: GitHub) -> GitHub:
    server.route({})
    return server


def event_of(case: Mapping[str, Any], api: Api) -> Event:
    """The event of a case, derived as the program derives it."""
    env = {**GITHUB, **case["env"]}
    run = context("github", env, lambda _: json.dumps(case.get("event_file", {})))
    run = run._replace(declared={**run.declared, **{name: Fact(value, "test") for name, value in case.get("declared", {}).items()}})
    said = Said(case["hook"], case["status"], {}, json.dumps(case.get("facts", {})))
    return derive(run, said, env, NOW, lambda _: {}, lambda known: api_facts(api, known, env.get("RUNNER_NAME")))


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_the_api_adds_what_it_knows(github: GitHub, path: Path):
    case = json.loads(path.read_text(encoding="utf-8"))
    github.route(case["answers"])
    api = github.api()
    event = event_of(case, api)
    assert {
        "failures": as_dict(event.failures),
        "job": {"id": event.job.id, "url": event.job.url},
        "previous_status": event.run.previous_status,
        "transition": event.transition,
    } == case["event"]
    assert api.notes == case["notes"]
    assert github.asked() == case["asked"]
    added = {name for name, source in event.sources.items() if source == "GitHub API"}
    assert added <= {"failures", "job.id", "job.url", "run.previous_status", "transition"}


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
    job = current_job(github.api(), REPOSITORY, RUN, 1, key, runner, job_id)
    assert (job["id"] if job else None) == found
    assert not job or job["html_url"] == f"https://github.com/{REPOSITORY}/actions/runs/{RUN}/job/{found}"


def test_a_job_is_told_by_its_only_candidate_only_where_all_jobs_are_known(github: GitHub):
    path = f"/repos/{REPOSITORY}/actions/runs/{RUN}/jobs?per_page=100&page="
    first = json.loads(page(*range(100)).body)
    first["jobs"][0]["status"] = "queued"
    github.route({f"{path}1": Answer(200, json.dumps(first).encode()), f"{path}2": Answer(502)})
    assert current_job(github.api(), REPOSITORY, RUN, None, "build", "GitHub Actions 7") is None


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
    assert failed_jobs(github.api(), REPOSITORY, RUN, 1) == []


# Limits


@pytest.mark.parametrize("behaviour", ["close", "reset", "malformed", "truncated", "drip", "endless"])
def test_a_broken_answer_is_unknown_and_nobody_asks_again(github: GitHub, behaviour: Any):
    github.route({"*": Answer(200, b"" if behaviour == "malformed" else b"[" * 65536, behaviour=behaviour)})
    api = github.api(0.4 if behaviour == "drip" else 60)
    assert failed_jobs(api, REPOSITORY, RUN, 1) == []
    assert len(api.notes) == 1
    if behaviour != "endless":  # that one is cut off, and then no JSON
        assert previous_status(api, REPOSITORY, "ci.yml", "main", RUN, "push") is None
        assert len(github.requests) == 1
        assert len(api.notes) == 1


def test_an_api_that_hangs_costs_its_time_and_no_more(github: GitHub):
    hold = threading.Event()
    github.route({"*": Answer(200, b"{}", hold=hold)})
    api = github.api(0.4)
    assert failed_jobs(api, REPOSITORY, RUN, 1) == []
    assert previous_status(api, REPOSITORY, "ci.yml", "main", RUN, "push") is None
    hold.set()
    assert len(github.requests) == 1
    assert api.notes == [
        "GitHub's API gave no answer (no answer from 127.0.0.1 in time), so the failed steps and the previous run's result stay unknown"
    ]


def test_nothing_is_asked_once_the_time_is_used_up(github: GitHub):
    api = github.api(-1)
    assert failed_jobs(api, REPOSITORY, RUN, 1) == []
    assert github.requests == []
    assert "the time for look-ups is used up" in api.notes[0]


@pytest.mark.parametrize(
    "repository",
    ["", "acme", "acme/payments/x", "../payments", "acme/..", "./x", "acme/pay?x=", "acme/pay#", "acme/pa y", "None/None\n", "acme/ümlaut"],
)
def test_what_is_no_repository_is_not_asked_for(github: GitHub, repository: str):
    api = github.api()
    assert failed_jobs(api, repository, RUN, 1) == []
    assert previous_status(api, repository, "ci.yml", "main", RUN, "push") is None
    assert trusted_policy(repository, "main", PLACES, api) is None
    assert github.requests == []


@pytest.mark.parametrize("run_id", ["", "x", "1/../2", "-1", "9" * 30, "٣"])
def test_what_is_no_run_is_not_asked_for(github: GitHub, run_id: str):
    assert failed_jobs(github.api(), REPOSITORY, run_id, 1) == []
    assert previous_status(github.api(), REPOSITORY, "ci.yml", "main", run_id, "push") is None
    assert github.requests == []


def test_a_branch_and_a_workflow_stay_values_in_the_address(github: GitHub):
    previous_status(github.api(), REPOSITORY, "a/b?c#d.yml", "x&event=push#\ud800é", RUN, "pull_request")
    assert github.asked()[0].startswith(
        f"/repos/{REPOSITORY}/actions/workflows/a%2Fb%3Fc%23d.yml/runs?branch=x%26event%3Dpush%23%3F%C3%A9&event=pull_request&"
    )


# The token


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("http://ghe.example.com/api/v3", "must begin with https://"),
        ("ftp://127.0.0.1", "must begin with https://"),
        ("", "must begin with https://"),
        ("https://[", "is no address"),
    ],
)
def test_the_token_never_travels_in_the_clear(base: str, why: str):
    api = Api(base, TOKEN, Network(), time.monotonic() + 60)
    assert failed_jobs(api, REPOSITORY, RUN, 1) == []
    assert why in api.notes[0]


def test_the_token_follows_no_redirect_and_stands_in_no_note(github: GitHub):
    with ScriptedServer() as elsewhere:
        for status, headers in (
            (301, {"Location": elsewhere.url()}),
            (302, {"Location": elsewhere.url()}),
            (500, {}),
            (403, {}),
            (401, {}),
        ):
            github.route({"*": Answer(status, TOKEN.encode(), headers)})
            api = github.api()
            assert failed_jobs(api, REPOSITORY, RUN, 1) == []
            assert trusted_policy(REPOSITORY, "main", PLACES, api) is None
            assert api.notes
            assert TOKEN not in str(api.notes)
        assert elsewhere.requests == []


def test_a_token_that_no_header_can_hold_is_no_defect(github: GitHub):
    api = Api(github.url(), "two\r\nlines: 1", Network(), time.monotonic() + 60)
    assert failed_jobs(api, REPOSITORY, RUN, 1) == []
    assert "lines" not in str(api.notes)
    assert github.requests == []


def test_the_administrators_limit_holds_for_the_api_too(github: GitHub):
    api = github.api(network=Network(allowed_hosts=("hooks.example.com",)))
    assert failed_jobs(api, REPOSITORY, RUN, 1) == []
    assert github.requests == []
    assert "127.0.0.1 is not among TOCSIN_ALLOWED_HOSTS" in api.notes[0]


# The trusted policy


def contents(data: bytes, **more: Any) -> Answer:
    """A file as GitHub gives it: Base64 in lines of 60 characters."""
    body = {"type": "file", "encoding": "base64", "size": len(data), "name": "x", "content": base64.encodebytes(data).decode(), **more}
    return Answer(200, json.dumps(body).encode())


def place(path: str, ref: str = "3f9c1d27") -> str:
    return f"/repos/{REPOSITORY}/contents/{path}?ref={ref}"


@pytest.mark.parametrize("data", [b"", b"version: 1\n", b"\xff\xfe\x00no text", b"# " + b"x" * 100_000])
def test_the_trusted_policy_comes_byte_for_byte(github: GitHub, data: bytes):
    github.route({place(".github/tocsin.yml"): contents(data)})
    api = github.api()
    assert trusted_policy(REPOSITORY, "3f9c1d27", PLACES, api) == (data, ".github/tocsin.yml")
    assert github.asked() == [place(path) for path in PLACES]
    assert api.notes == []


def test_no_trusted_policy_is_no_note(github: GitHub):
    api = github.api()
    assert trusted_policy(REPOSITORY, "release/1 é", PLACES, api) is None
    assert github.asked()[0] == place(".tocsin.yml", "release%2F1+%C3%A9")
    assert api.notes == []


def test_two_trusted_policies_are_an_error(github: GitHub):
    github.route({place(path): contents(b"a: 1") for path in PLACES[:2]})
    with pytest.raises(PolicyError, match=r"2 policies in acme/payments at 3f9c1d27, \.tocsin\.yml and \.github/tocsin\.yml: keep one"):
        trusted_policy(REPOSITORY, "3f9c1d27", PLACES, github.api())


@pytest.mark.parametrize(
    "answer",
    [
        contents(b"", encoding="none", content=""),  # more than 1 MB
        contents(b"x", type="symlink"),
        contents(b"x", type="submodule"),
        contents(b"x", content="%%%"),
        contents(b"x", content="é"),
        contents(b"x", content=None),
        Answer(200, b'[{"type": "file"}]'),  # a folder
        Answer(200, b"null"),
    ],
)
def test_what_is_no_file_is_no_policy(github: GitHub, answer: Answer):
    github.route({place(".tocsin.yml"): answer})
    api = github.api()
    assert trusted_policy(REPOSITORY, "3f9c1d27", PLACES, api) is None
    assert len(api.notes) == 1
    assert api.notes[0].endswith("so the trusted policy stays unknown")


def test_a_refused_policy_leaves_the_runs_to_be_asked_for(github: GitHub):
    github.route({place(".tocsin.yml"): Answer(403), f"/repos/{REPOSITORY}/actions/runs/{RUN}/attempts/1/jobs": "jobs-matrix.json"})
    api = github.api()
    assert trusted_policy(REPOSITORY, "3f9c1d27", PLACES, api) is None
    assert len(github.requests) == 1
    assert len(failed_jobs(api, REPOSITORY, RUN, 1)) == 2
    assert api.notes == [
        "the token may not read the files of this repository (HTTP 403), so the trusted policy stays unknown: give the job `permissions: contents: read`"
    ]


# In the flow


def world(folder: Path, api: Api, **env: str) -> World:
    return World({**GITHUB, "GITHUB_EVENT_PATH": "", **env}, folder, lambda: b"", lambda: NOW, time.monotonic(), Network(), api)


POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: broken, send_to: team}]\ndelivery: {budget: 1.5}\n"


def test_the_flow_asks_and_says_what_it_could_not_learn(github: GitHub, tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(POLICY)
    case = json.loads((CASES / "job-failed.json").read_text(encoding="utf-8"))
    github.route(case["answers"])
    *_, event, notices = learn(world(tmp_path, github.api(), **case["env"]), Wish("completion", "failure"))
    assert (event.transition, event.failures[0].step) == ("broken", "Run make")
    assert notices == []
    github.route({"*": {"status": 403, "body": "{}"}})
    *_, event, notices = learn(world(tmp_path, github.api()), Wish("completion", "failure"))
    assert (event.transition, event.failures) == (None, ())
    assert [(notice.level, "permissions: actions: read" in notice.text) for notice in notices] == [("notice", True)]


def test_the_flow_gives_look_ups_a_third_of_the_budget(github: GitHub, tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(POLICY)
    api = github.api()
    place = world(tmp_path, api)
    learn(place, Wish("completion", "success"))
    assert api.deadline == pytest.approx(place.started + 0.5)


def test_nothing_is_asked_where_no_policy_applies(github: GitHub, tmp_path: Path):
    learn(world(tmp_path, github.api()), Wish("completion", "failure"))
    assert github.requests == []


# Anything at all

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["failure", "success", RUN, "in_progress"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "steps", "conclusion", "name", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def changed(data: st.DataObject, node: Any) -> Any:
    """`node` with another value somewhere."""
    root = json.loads(json.dumps(node))
    node = root
    while True:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(keys)) if keys else None
        if key is None:
            return root
        if isinstance(node[key], (dict, list)) and node[key] and data.draw(st.booleans()):
            node = node[key]
        else:
            node[key] = data.draw(JSON)
            return root


@given(
    data=st.data(),
    name=st.sampled_from([*ANSWERS, ""]),
    status=st.sampled_from(["success", "failure"]),
    scope=st.sampled_from(["run", "job"]),
)
@settings(deadline=None, max_examples=120)
def test_any_json_never_raises(server: GitHub, data: st.DataObject, name: str, status: str, scope: str):
    answer = changed(data, json.loads(ANSWERS[name])) if name else data.draw(JSON)
    server.route({"*": Answer(200, json.dumps(answer).encode())})
    api = server.api()
    case = {
        "env": {"RUNNER_NAME": "GitHub Actions 7", "GITHUB_RUN_ATTEMPT": "2"},
        "hook": "completion",
        "status": status,
        "facts": {"scope": scope},
    }
    event = event_of(case, api)
    assert event.run.previous_status in (None, "success", "failure", "unstable")
    assert all(isinstance(part, str | None) for failure in event.failures for part in failure)
    json.dumps(as_dict(event)).encode()
    with contextlib.suppress(PolicyError):
        trusted_policy(REPOSITORY, "main", PLACES, api)
    assert all(note.isprintable() for note in api.notes)
