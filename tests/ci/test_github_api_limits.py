"""Nothing that GitHub answers, or fails to answer, stops or forges an event; and the policy comes from the trusted ref, or not at all."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any

import pytest
from github_server import ANSWERS, PLACES, REPOSITORY, RUN, TOKEN, GitHub, event_of, previous_status, remote_files
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Answer, ScriptedServer

from tocsin.ci.github.jobs import failed_jobs
from tocsin.ci.github.rest import GitHubApi
from tocsin.clock import Clock
from tocsin.event import as_dict
from tocsin.network import Network

# Limits


@pytest.mark.parametrize("behaviour", ["close", "reset", "malformed", "truncated", "drip", "endless"])
def test_a_broken_answer_is_unknown_and_nobody_asks_again(github: GitHub, behaviour: Any):
    github.route({"*": Answer(200, b"" if behaviour == "malformed" else b"[" * 65536, behaviour=behaviour)})
    api = github.api(0.4 if behaviour == "drip" else 60)
    assert failed_jobs(api, REPOSITORY, RUN, 1) == {}
    assert len(api.notes) == 1
    if behaviour != "endless":  # that one is cut off, and then no JSON
        assert previous_status(api, REPOSITORY, "ci.yml", "main", RUN, "push") is None
        assert len(github.requests) == 1
        assert len(api.notes) == 1


def test_an_api_that_hangs_costs_its_time_and_no_more(github: GitHub):
    hold = threading.Event()
    github.route({"*": Answer(200, b"{}", hold=hold)})
    api = github.api(0.4)
    assert failed_jobs(api, REPOSITORY, RUN, 1) == {}
    assert previous_status(api, REPOSITORY, "ci.yml", "main", RUN, "push") is None
    hold.set()
    assert len(github.requests) == 1
    assert api.notes == [
        "GitHub's API gave no answer (no answer from 127.0.0.1 in time), so the failed steps and the previous run's result stay unknown"
    ]


def test_nothing_is_asked_once_the_time_is_used_up(github: GitHub):
    api = github.api(-1)
    assert failed_jobs(api, REPOSITORY, RUN, 1) == {}
    assert github.requests == []
    assert "the time for look-ups is used up" in api.notes[0]


@pytest.mark.parametrize(
    "repository",
    ["", "acme", "acme/payments/x", "../payments", "acme/..", "./x", "acme/pay?x=", "acme/pay#", "acme/pa y", "None/None\n", "acme/ümlaut"],
)
def test_what_is_no_repository_is_not_asked_for(github: GitHub, repository: str):
    api = github.api()
    assert failed_jobs(api, repository, RUN, 1) == {}
    assert previous_status(api, repository, "ci.yml", "main", RUN, "push") is None
    assert remote_files(repository, "main", api) == {}
    assert github.requests == []


@pytest.mark.parametrize("run_id", ["", "x", "1/../2", "-1", "9" * 30, "٣"])
def test_what_is_no_run_is_not_asked_for(github: GitHub, run_id: str):
    assert failed_jobs(github.api(), REPOSITORY, run_id, 1) == {}
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
    api = GitHubApi(base, TOKEN, Network(), time.monotonic() + 60, Clock())
    assert failed_jobs(api, REPOSITORY, RUN, 1) == {}
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
            assert failed_jobs(api, REPOSITORY, RUN, 1) == {}
            assert remote_files(REPOSITORY, "main", api) == {}
            assert api.notes
            assert TOKEN not in str(api.notes)
        assert elsewhere.requests == []


def test_a_token_that_no_header_can_hold_is_no_defect(github: GitHub):
    api = GitHubApi(github.url(), "two\r\nlines: 1", Network(), time.monotonic() + 60, Clock())
    assert failed_jobs(api, REPOSITORY, RUN, 1) == {}
    assert "lines" not in str(api.notes)
    assert github.requests == []


def test_the_administrators_limit_holds_for_the_api_too(github: GitHub):
    api = github.api(network=Network(allowed_hosts=("hooks.example.com",)))
    assert failed_jobs(api, REPOSITORY, RUN, 1) == {}
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
    assert remote_files(REPOSITORY, "3f9c1d27", api) == {".github/tocsin.yml": data}
    assert github.asked() == [place(path) for path in PLACES]
    assert api.notes == []


def test_no_trusted_policy_is_no_note(github: GitHub):
    api = github.api()
    assert remote_files(REPOSITORY, "release/1 é", api) == {}
    assert github.asked()[0] == place(".tocsin.yml", "release%2F1+%C3%A9")
    assert api.notes == []


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
    assert remote_files(REPOSITORY, "3f9c1d27", api) == {}
    assert len(api.notes) == 1
    assert api.notes[0].endswith("so the trusted policy stays unknown")


def test_a_refused_policy_leaves_the_runs_to_be_asked_for(github: GitHub):
    github.route({place(".tocsin.yml"): Answer(403), f"/repos/{REPOSITORY}/actions/runs/{RUN}/attempts/1/jobs": "jobs-matrix.json"})
    api = github.api()
    assert remote_files(REPOSITORY, "3f9c1d27", api) == {}
    assert len(github.requests) == 1
    assert len(failed_jobs(api, REPOSITORY, RUN, 1)) == 2
    assert api.notes == [
        "the token may not read the files of this repository (HTTP 403), so the trusted policy stays unknown: give the job `permissions: contents: read`"
    ]


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
    status=st.sampled_from(["success", "failure", "cancelled"]),
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
    remote_files(REPOSITORY, "main", api)
    assert all(note.isprintable() for note in api.notes)
