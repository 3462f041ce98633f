"""Why a job failed, from annotations and logs that may be anything, of any length, or out of reach."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from clocks import StandingClock
from github_server import CASES, GITHUB, NOW, RUN, TOKEN, GitHub, event_of
from servers import Answer, ScriptedServer

from tocsin.ci.github.log import TAIL_BYTES, WHOLE_MAX_BYTES
from tocsin.ci.rest import Api
from tocsin.deliver import Stop
from tocsin.event import Failure
from tocsin.network import Network
from tocsin.pipeline import notify, plan, prepare
from tocsin.request import Request
from tocsin.world import World

ANNOTATIONS, LOG = "/repos/acme/payments/check-runs/71/annotations", "/repos/acme/payments/actions/jobs/71/logs"
CASE = json.loads((CASES / "reason-log.json").read_text(encoding="utf-8"))
RUNS = "/repos/acme/payments/actions/workflows/ci.yml/runs"
JOBS = f"/repos/acme/payments/actions/runs/{RUN}/attempts/1/jobs"
TEXT: str = CASE["answers"]["/store/71.txt?sig=abc"]["body"]
REASON = "refund.c:41:9: error: expected ';' before 'return'"
HUGE = 100 * 1024 * 1024


def job(**more: Any) -> dict[str, Any]:
    return {**CASE["answers"][JOBS]["json"]["jobs"][0], **more}


def failure(github: GitHub, routes: Mapping[str, Any], api: Api | None = None) -> Failure:
    """The one failure of a run whose API answers so."""
    github.route({JOBS: {"json": {"jobs": [job()]}}, RUNS: {"json": {"workflow_runs": []}}, ANNOTATIONS: [], **routes})
    (found,) = event_of({**CASE, "answers": {}}, api or github.api()).failures
    return found


def stored(github: GitHub, answer: Answer, **routes: Any) -> dict[str, Any]:
    return {LOG: Answer(302, b"", {"Location": github.url("/store")}), "/store": answer, **routes}


class Store(ScriptedServer):
    """Keeps one log: whatever it is asked for, it answers as Azure does, or as S3 does where `suffixes` are known to it."""

    def __init__(self, data: bytes, *, suffixes: bool) -> None:
        super().__init__()
        self.data, self.suffixes = data, suffixes

    def next_answer(self, request: Any) -> Answer:
        self.requests.append(request)
        first, _, last = request.headers.get("range", "").removeprefix("bytes=").partition("-")
        if first:
            return self._part(self.data[int(first) : int(last) + 1])
        if last and self.suffixes:
            return self._part(self.data[-int(last) :]) if self.data else Answer(416)
        return Answer(200, self.data)

    def _part(self, data: bytes) -> Answer:
        return Answer(206, data, {"Content-Range": f"bytes 0-{len(data)}/{len(self.data)}"})


@pytest.mark.parametrize("suffixes", [True, False], ids=["S3", "Azure"])
@pytest.mark.parametrize("before", [0, 1000, WHOLE_MAX_BYTES * 8], ids=["short", "longer", "huge"])
def test_the_end_of_a_log_is_read_and_no_more(github: GitHub, suffixes: bool, before: int):
    data = b"2026-11-23T13:00:01.0Z error: not this one\n" * (before // 40) + TEXT.encode()
    with Store(data, suffixes=suffixes) as store:
        found = failure(github, {LOG: Answer(302, b"", {"Location": store.url("/71?sig=s3cr3t")})})
        assert (found.reason, len(store.requests)) == (REASON, 1 if suffixes or before < WHOLE_MAX_BYTES else 2)
        assert {request.headers.get("range") for request in store.requests} == {
            f"bytes=-{TAIL_BYTES}",
            *([f"bytes={len(data) - TAIL_BYTES}-{len(data) - 1}"] if len(store.requests) > 1 else []),
        }
        assert all("authorization" not in request.headers and TOKEN not in str(request) for request in store.requests)


def test_an_empty_log_says_nothing(github: GitHub):
    with Store(b"", suffixes=True) as store:
        assert failure(github, {LOG: Answer(302, b"", {"Location": store.url("/")})}).reason == "failed"
        assert len(store.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"x" * 65536, {"Content-Length": str(HUGE)}, behaviour="endless"),
        Answer(206, b"x" * 65536, {"Content-Length": str(HUGE)}, behaviour="endless"),
        Answer(200, bytes(range(256)) * 100),
        Answer(200, b"\xff\xfe\x00\x1b[31m\r\n\x07" * 1000),
        Answer(200, b"no end", behaviour="truncated"),
        Answer(200, b"", behaviour="malformed"),
        Answer(200, b"", behaviour="reset"),
        *(Answer(status, b"error: the store's own words", {"Location": "http://127.0.0.1:1/"}) for status in (301, 302, 403, 404, 429, 500)),
    ],
)  # fmt: skip
def test_a_log_that_cannot_be_had_leaves_the_failure_as_it_was(github: GitHub, answer: Answer):
    api = github.api()
    found = failure(github, stored(github, answer), api)
    assert (found.reason, found.excerpt) == ("failed", None)
    assert len(api.notes) <= 1
    assert "store" not in str(api.notes)


@pytest.mark.parametrize(
    "location",
    ["http://logs.example.com/1", "ftp://127.0.0.1/1", "/relative", "https://", "https://[", "//logs.example.com/", "https://a@b@c/", "javascript:1"],
)  # fmt: skip
def test_a_log_is_read_over_https_alone(github: GitHub, location: str):
    api = github.api()
    assert failure(github, {LOG: Answer(302, b"", {"Location": location})}, api).reason == "failed"
    assert len(github.requests) == 3 + 1  # jobs, runs, annotations, log
    assert api.notes[0].startswith("where GitHub keeps the logs of jobs is out of reach (its address ")
    assert "example.com" not in api.notes[0]


def test_the_administrators_limit_holds_for_the_store(github: GitHub):
    api = github.api(network=Network(allowed_hosts=("127.0.0.1",)))
    assert failure(github, {LOG: Answer(302, b"", {"Location": "https://logs.example.com/1?sig=abc"})}, api).reason == "failed"
    assert api.notes == [
        "where GitHub keeps the logs of jobs is out of reach (host logs.example.com is not among TOCSIN_ALLOWED_HOSTS), so the reasons of failures may stay unknown"
    ]


def test_a_log_that_the_api_hands_out_itself_is_read(github: GitHub):
    assert failure(github, {LOG: Answer(200, TEXT.encode())}).reason == REASON
    assert failure(github, {LOG: Answer(200, TEXT.encode() * 9000, behaviour="endless")}).reason == "failed"


@pytest.mark.parametrize("status", [404, 410])
def test_a_log_that_is_not_there_is_no_note(github: GitHub, status: int):
    api = github.api()
    assert failure(github, {LOG: Answer(status)}, api).reason == "failed"
    assert api.notes == []


@pytest.mark.parametrize("answer", [Answer(403, b"{}"), Answer(500), Answer(302)])
def test_a_refused_log_is_one_note_and_asked_for_once(github: GitHub, answer: Answer):
    jobs, other = [job(), job(id=72, name="lint")], LOG.replace("71", "72")
    github.route({JOBS: {"json": {"jobs": jobs}}, RUNS: {"json": {"workflow_runs": []}}, ANNOTATIONS: [], LOG: answer, other: answer})
    api = github.api()
    event_of({**CASE, "answers": {}}, api)
    assert len(api.notes) == 1
    if answer.status == 403:
        assert "give the job `permissions: actions: read`" in api.notes[0]
        assert other not in github.asked()


def test_a_store_that_hangs_costs_its_time_alone(github: GitHub):
    hold = threading.Event()
    began = time.monotonic()
    assert failure(github, stored(github, Answer(200, b"x", hold=hold)), github.api(0.6)).reason == "failed"
    hold.set()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "items",
    [
        None,
        {},
        "text",
        [None, 1, "x", [], {}],
        [{"annotation_level": "failure"}],
        [{"annotation_level": "failure", "message": 7, "title": None}],
        [{"annotation_level": "failure", "message": " \n "}],
        [{"annotation_level": "failure", "message": ["Out of memory"]}],
        [{"annotation_level": "failure", "message": "The operation was canceled."}],
    ],
)
def test_annotations_that_say_nothing_leave_it_to_the_log(github: GitHub, items: Any):
    found = failure(github, stored(github, Answer(200, TEXT.encode()), **{ANNOTATIONS: Answer(200, json.dumps(items).encode())}))
    assert found.reason == REASON


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Out of memory", "Out of memory"),
        ("\x1b[31mOut of\x07 memory\x1b[0m\u202e", "Out of memory"),
        ("::error::Out of memory", "Out of memory"),
        ("Process completed with exit code 137.", "exit code 137"),
        ("x" * 100_000, "x" * 199 + "…"),
    ],
)
def test_an_annotation_gives_the_reason_in_one_clean_line(github: GitHub, message: str, reason: str):
    found = failure(github, {ANNOTATIONS: [{"annotation_level": "failure", "message": message}]})
    assert found.reason == reason
    assert len(found.excerpt or "") <= 300


def test_a_log_without_times_is_read_as_it_is(github: GitHub):
    text = "\n".join(line[29:] for line in TEXT.split("\n")[:-2])
    assert failure(github, stored(github, Answer(200, text.encode()))).reason == REASON


def test_lines_of_other_steps_are_no_reason(github: GitHub):
    text = "\n".join(line for line in TEXT.split("\n") if line >= "2026-11-23T13:00:10")
    assert failure(github, stored(github, Answer(200, text.encode()))).reason == "failed"


POLICY = (
    "channels: {team: {kind: slack}, hook: {kind: webhook, url: '${HOOK_URL}'}}\nnotifications: [{on: failure, send_to: [team, hook]}]\n"
)


def test_a_secret_in_a_log_or_an_annotation_is_masked_in_every_message(github: GitHub, tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(POLICY)
    with ScriptedServer(Answer(200, b"ok")) as server:
        secret = "T0SECRETS/B0SECRETS/x9Yc3mQ7Vt2LwRz8"
        env = {"SLACK_WEBHOOK_URL": server.url(f"/services/{secret}"), "HOOK_URL": server.url("/hook?key=k3yOfTheHookItself")}
        text = TEXT.replace("expected", f"posting to /services/{secret} with k3yOfTheHookItself and {TOKEN}, expected")
        github.route(stored(github, Answer(200, text.encode()), **{JOBS: {"json": {"jobs": [job()]}}, ANNOTATIONS: []}))
        place = World({**GITHUB, "GITHUB_EVENT_PATH": "", **env}, tmp_path, lambda: b"", StandingClock(NOW), time.monotonic(), Network())
        request = Request("completion", "failure", flags={}, facts={})
        known = prepare(place, request)
        known = known._replace(api=github.api(), run=known.run.as_whole("test"))
        planned = plan(place, request, known)
        assert (planned.event.failures[0].reason or "").startswith("refund.c:41:9: error: posting to ***")
        assert {outcome.outcome for outcome in notify(place, planned, Stop())} == {"delivered"}
        sent = [request.body.decode() for request in server.requests]
        assert len(sent) == 2
        for part in (secret, secret[-12:], "k3yOfTheHookItself", TOKEN):
            assert part not in "".join(sent)
