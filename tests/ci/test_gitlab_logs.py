"""The logs of GitLab's jobs: the end of a large one, and what is told where one is not what it should be."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from gitlab_server import ENV, TOKEN, GitLab, event_of
from hypothesis import given
from hypothesis import strategies as st
from projects import Project
from servers import Answer, Request, ScriptedServer

from tocsin.ci.gitlab.job_log import TAIL_MAX_BYTES, read
from tocsin.ci.rest import TEXT_MAX_BYTES
from tocsin.event import Event
from tocsin.request import Request as Asked

CASE = json.loads((Path(__file__).parents[1] / "cases" / "gitlab_api" / "refused-log.json").read_text(encoding="utf-8"))
POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: broken, send_to: team}]\n"
LOG, OTHER = "/projects/62099837/jobs/102/trace", "/projects/62099837/jobs/101/trace"
SAID = b"error: the ledger is locked\nERROR: Job failed: exit code 1\n"


class Ranged(GitLab):
    """A GitLab that hands out a part of a text."""

    def next_answer(self, request: Request) -> Answer:
        whole = super().next_answer(request)
        wanted = request.headers.get("range", "")
        if not wanted.startswith("bytes=-"):
            return whole
        part = whole.body[-int(wanted.removeprefix("bytes=-")) :]
        size = len(whole.body)
        return Answer(206, part, {"Content-Range": f"bytes {size - len(part)}-{size - 1}/{size}"})


def learned(gitlab: GitLab, log: Any) -> tuple[Event, list[str]]:
    """The event of two failed jobs of which one has this log, and what was noted."""
    gitlab.route({**CASE["answers"], LOG: log, OTHER: Answer(200, SAID)})
    api = gitlab.api()
    return event_of({**ENV, **CASE["env"]}, Asked("completion", "failure"), api), api.notes


def reasons(event: Event) -> list[str | None]:
    return [failure.reason for failure in event.failures]


def test_only_the_end_of_a_log_is_asked_for() -> None:
    with Ranged() as gitlab:
        event, notes = learned(gitlab, Answer(200, b"error: of another step\n" * 200_000 + b"section_start:1:step_script\r\n" + SAID))
        [asked] = [request for request in gitlab.requests if request.path.endswith("/102/trace")]
    assert asked.headers["range"] == f"bytes=-{TAIL_MAX_BYTES}"
    assert (reasons(event), notes) == (["error: the ledger is locked"] * 2, [])


def test_a_log_that_is_handed_out_as_a_whole_is_read_to_its_end(gitlab: GitLab) -> None:
    event, notes = learned(gitlab, Answer(200, b"error: of another step\n" * 100_000 + b"section_start:1:step_script\r\n" + SAID))
    assert (reasons(event), notes) == (["error: the ledger is locked"] * 2, [])


def test_of_a_log_without_end_nothing_is_told_and_the_rest_is_learned(gitlab: GitLab) -> None:
    event, notes = learned(gitlab, Answer(200, b"error: of another step\n" * 4000, behaviour="endless"))
    assert reasons(event) == ["failed", "error: the ledger is locked"]
    assert notes == ["GitLab gives no part of the jobs' logs, and the whole is too large, so what the failed jobs said stays unknown"]
    assert [change.title for change in event.changes] == ["Round refunds", "Retry the ledger write"]


@pytest.mark.parametrize(
    ("log", "note"),
    [
        (Answer(404, b"{}"), "GitLab does not find the jobs' logs"),
        (Answer(429, b"", {"Retry-After": "60"}), "GitLab's rate limit for this token is used up"),
        (Answer(502, b"<html>"), "GitLab's API answers HTTP 502"),
        (Answer(302, b"", {"Location": "https://attacker.example/"}), "GitLab's API answers HTTP 302"),
        (Answer(behaviour="close"), "GitLab's API gave no answer"),
        (Answer(body=SAID, behaviour="truncated"), "GitLab's API gave no answer"),
        (Answer(behaviour="malformed"), "GitLab's API gave no answer"),
    ],
    ids=["404", "429", "502", "302", "close", "truncated", "malformed"],
)
def test_a_log_that_cannot_be_had_is_a_note(gitlab: GitLab, log: Answer, note: str) -> None:
    event, notes = learned(gitlab, log)
    assert len(notes) == 1
    assert notes[0].startswith(note)
    assert reasons(event)[0] == "failed"
    assert (event.transition, event.run.last_success.number) == ("broken", 974)


def test_a_token_that_a_log_shows_is_masked(gitlab: GitLab) -> None:
    event, _ = learned(gitlab, Answer(200, f"error: {TOKEN} is refused\n".encode()))
    assert event.failures[0].reason == "error: *** is refused"


def test_binary_bytes_make_no_words(gitlab: GitLab) -> None:
    event, notes = learned(gitlab, Answer(200, random.Random(7).randbytes(300_000)))
    failure = event.failures[0]
    assert notes == []
    assert "".join(filter(None, (failure.reason, failure.excerpt))).isprintable() or "\n" in (failure.excerpt or "")
    assert len(failure.reason or "") <= 200
    assert len(failure.excerpt or "") <= 300


PIECES = [
    "section_start:1:",
    "section_end:1:",
    "step_script",
    "\r",
    "\n",
    "\x1b[0K",
    "\x1b[32;1m$ make\x1b[0;m\n",
    "[a",
    "error: x",
    "exit code 1",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30).map("".join), st.booleans())
def test_whatever_a_log_says_it_is_read(log: str, running: bool) -> None:
    said = read(log, running=running)
    assert "\x1b" not in f"{said.reason}{said.excerpt}"
    assert len(said.reason or "") <= 200
    assert len((said.excerpt or "").splitlines()) <= 4


@pytest.mark.parametrize(
    "piece", [*PIECES, "section_start:1:a[", "\x1b[0m", "section_start:1:step_script\r", "2026-09-25T07:33:40.587399Z 00O+"]
)
def test_no_log_takes_long(piece: str) -> None:
    read(piece * (TAIL_MAX_BYTES // len(piece)))


def test_the_reason_is_in_the_message(project: Project, gitlab: GitLab, slack: ScriptedServer) -> None:
    project.policy(POLICY)
    gitlab.route({**CASE["answers"], LOG: {"status": 404, "body": "{}"}, OTHER: Answer(200, b"::add-mask::x\n" + SAID)})
    done = project.send("failure", ci={**ENV, **CASE["env"]}, env={"SLACK_WEBHOOK_URL": slack.url("/hook"), **gitlab.env()})
    assert done.code == 0
    assert "GitLab does not find the jobs' logs" in done.err
    assert "error: the ledger is locked" in slack.requests[0].body.decode()
    assert TOKEN not in done.out + done.err + json.dumps(done.report)


def test_the_bounds_are_what_a_runner_keeps() -> None:
    assert TEXT_MAX_BYTES > 4 * 1024 * 1024  # output_limit: https://docs.gitlab.com/runner/configuration/advanced-configuration/
