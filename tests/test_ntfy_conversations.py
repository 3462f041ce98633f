"""One message a run in ntfy: the end takes the start's place by a name made of the run, and a failure is heard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from inprocess import QuickProject
from projects import Project, Result
from servers import Answer, Request
from stateful_services import NtfyServer, said, serving
from test_conversations import row

TOKEN = "tk_agqfz1ky6zsm"

ntfy = serving(NtfyServer)


def policy_of(server: NtfyServer, *more: str, on: str = "trigger, failure, success, waiting", rule: str = "") -> str:
    options = ", ".join(("kind: ntfy, topic: builds", 'token: "${TOKEN}"', f'url: "{server.url("/")}"', *more))
    return f"channels: {{phone: {{{options}}}}}\nnotifications: [{{on: [{on}], send_to: phone{rule}}}]\n"


def send(project: Project, *words: str, run: str = "7", **env: str) -> Result:
    return project.run("send", *words, "--report", "report.json", env={"TOKEN": TOKEN, "GITHUB_RUN_ID": run, **env})


def start_and_end(project: Project, status: str = "success") -> dict[str, Any]:
    row(send(project, "trigger"))
    return row(send(project, "completion", "--status", status))


def posts(server: NtfyServer) -> list[dict[str, Any]]:
    return [request.json() for request in server.requests if request.method == "POST"]


def test_the_end_takes_the_start_s_place(project: QuickProject, ntfy: NtfyServer) -> None:
    project.policy(policy_of(ntfy))
    assert start_and_end(project)["reason"] is None
    (message,) = ntfy.shown
    assert message["title"].startswith("✅")
    start, end = posts(ntfy)
    assert start["sequence_id"] == end["sequence_id"]
    assert re.fullmatch("[-_A-Za-z0-9]{1,64}", end["sequence_id"])
    assert [request.path for request in ntfy.requests] == ["/", "/", f"/builds/{end['sequence_id']}-waiting"]


def test_two_processes_need_no_receipt(tmp_path: Path, ntfy: NtfyServer) -> None:
    project = Project(tmp_path)
    project.policy(policy_of(ntfy))
    start_and_end(project, "failure")
    (message,) = ntfy.shown
    assert (message["title"][0], message["priority"]) == ("❌", 4)


@pytest.mark.parametrize("status", ["failure", "success"])
@pytest.mark.parametrize("before", [(), ("trigger",), ("trigger", "waiting"), ("waiting",)])
def test_one_message_of_a_run_is_seen_and_a_failure_is_heard(
    project: QuickProject, ntfy: NtfyServer, before: tuple[str, ...], status: str
) -> None:
    """The Android app makes no sound for what takes the place of a notification that it still shows."""
    project.policy(policy_of(ntfy))
    for word in before:
        words = ("trigger",) if word == "trigger" else ("completion", "--status", "waiting")
        assert row(send(project, *words))["reason"] is None
        (message,) = ntfy.shown
    heard = list(ntfy.heard)
    assert row(send(project, "completion", "--status", status))["reason"] is None
    (message,) = ntfy.shown
    assert message["title"][0] == {"failure": "❌", "success": "✅"}[status]
    assert (message in ntfy.heard) == (status == "failure" or "trigger" not in before or before[-1] == "waiting")
    assert len(ntfy.heard) <= len(heard) + 1


def test_a_policy_that_tells_of_no_start_sends_one_request(project: QuickProject, ntfy: NtfyServer) -> None:
    project.policy(policy_of(ntfy, on="failure"))
    row(send(project, "completion", "--status", "failure"))
    assert [request.method for request in ntfy.requests] == ["POST"]


def test_a_start_may_be_another_rule_s(project: QuickProject, ntfy: NtfyServer) -> None:
    project.policy(policy_of(ntfy, on="failure").replace("notifications: [", "notifications: [{on: trigger, send_to: phone}, "))
    start_and_end(project, "failure")
    (message,) = ntfy.shown
    assert message["title"][0] == "❌"


def test_a_start_of_another_pipeline_is_nothing_to_take_away(project: QuickProject, ntfy: NtfyServer) -> None:
    other = "{on: trigger, pipelines: {pipeline: nightly}, send_to: phone}, "
    project.policy(policy_of(ntfy, on="failure").replace("notifications: [", f"notifications: [{other}"))
    row(send(project, "completion", "--status", "failure"))
    assert [request.method for request in ntfy.requests] == ["POST"]


@pytest.mark.parametrize("more", ["conversation: new", "update: false"])
def test_new_is_a_message_of_its_own(project: QuickProject, ntfy: NtfyServer, more: str) -> None:
    project.policy(policy_of(ntfy, more))
    start_and_end(project)
    assert len(ntfy.shown) == 2
    assert all("sequence_id" not in payload for payload in posts(ntfy))


@pytest.mark.parametrize(("rule", "shown"), [("conversation: new", 2), ("conversation: update", 1), ("conversation: thread", 1)])
def test_a_rule_may_ask_for_another(project: QuickProject, ntfy: NtfyServer, rule: str, shown: int) -> None:
    project.policy(policy_of(ntfy, rule=f", {rule}"))
    start_and_end(project)
    assert len(ntfy.shown) == shown


def test_other_runs_and_channels_have_other_names(project: QuickProject, ntfy: NtfyServer) -> None:
    policy = policy_of(ntfy, on="success")
    options = policy.split("{phone: ")[1].split("}\n")[0]
    project.policy(policy.replace("{phone: ", f"{{tablet: {options}, phone: ").replace("send_to: phone", "send_to: [phone, tablet]"))
    for run, attempt in (("7", "1"), ("8", "1"), ("7", "2")):
        send(project, "completion", "--status", "success", run=run, GITHUB_RUN_ATTEMPT=attempt)
    assert len({payload["sequence_id"] for payload in posts(ntfy)}) == 6


def test_a_run_without_an_id_has_no_name(project: QuickProject, ntfy: NtfyServer) -> None:
    project.policy(policy_of(ntfy))
    row(send(project, "completion", "--status", "failure", run=""))
    assert "sequence_id" not in posts(ntfy)[0]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (said(404, code=40401, http=404, error="page not found"), "from version 2.16 on"),
        (Answer(405), "from version 2.16 on"),
        (said(429, code=42901, http=429, error="limit reached"), "HTTP 429"),
        (said(403, code=40301, http=403, error="forbidden"), "HTTP 403"),
    ],
)
def test_a_start_that_stays_is_said(project: QuickProject, ntfy: NtfyServer, answer: Answer, why: str) -> None:
    """The failure is there before the start goes, so that neither is lost."""
    project.policy(policy_of(ntfy, on="trigger, failure"))
    row(send(project, "trigger"))
    ntfy.refusals["DELETE"] = [answer]
    delivery = row(send(project, "completion", "--status", "failure"))
    assert delivery["reason"].startswith("the run's earlier message is still there: ")
    assert why in delivery["reason"]
    assert delivery["attempts"] == 1
    assert [message["title"][0] for message in ntfy.shown] == ["🚀", "❌"]


def test_an_older_server_shows_two(project: QuickProject, ntfy: NtfyServer) -> None:
    ntfy.version = (2, 15)
    project.policy(policy_of(ntfy, on="trigger, success"))
    start_and_end(project)
    assert [message["title"][0] for message in ntfy.shown] == ["🚀", "✅"]


def test_what_is_refused_is_refused_once(project: QuickProject, ntfy: NtfyServer) -> None:
    """A new message would fail as this one does."""
    project.policy(policy_of(ntfy))
    ntfy.refusals["POST"] = [said(403, code=40301, http=403, error="forbidden")] * 2
    result = send(project, "completion", "--status", "failure")
    (delivery,) = result.report["deliveries"]
    assert (delivery["outcome"], delivery["attempts"]) == ("failed", 1)
    assert "forbidden" in delivery["reason"]


def test_what_is_limited_is_tried_again_under_the_same_name(project: QuickProject, ntfy: NtfyServer) -> None:
    project.policy(policy_of(ntfy))
    row(send(project, "trigger"))
    ntfy.refusals["POST"] = [said(429, {"Retry-After": "0"}, code=42901, http=429, error="limit reached")]
    assert row(send(project, "completion", "--status", "failure"))["attempts"] == 2
    (message,) = ntfy.shown
    assert message["title"][0] == "❌"


def test_the_server_s_path_and_the_token_hold_for_what_is_taken_away(project: QuickProject, ntfy: NtfyServer) -> None:
    project.policy(policy_of(ntfy, on="trigger, failure").replace(ntfy.url("/"), ntfy.url("/push/")))
    start_and_end(project, "failure")
    start, failure, gone = ntfy.requests
    assert [request.path for request in (start, failure)] == ["/push/", "/push/"]
    assert gone.path == f"/push/builds/{start.json()['sequence_id']}"
    assert {authorization(request) for request in ntfy.requests} == {f"Bearer {TOKEN}"}


def authorization(request: Request) -> str | None:
    return request.headers.get("authorization")


def test_there_are_no_threads(project: QuickProject, ntfy: NtfyServer) -> None:
    project.policy(policy_of(ntfy, "conversation: thread"))
    answer = project.run("check")
    assert (answer.code, "must be update or new, not 'thread'" in answer.out) == (3, True), answer.out
