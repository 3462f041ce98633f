"""The input `receipts`: the end of a pipeline changes the message of its start, in a Slack that keeps what was posted."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from local import EXAMPLES, Repository, program
from stateful_services import ROOM, TOKEN, SlackServer, refused
from test_gitlab_template import SHELLS, in_shell, read_by_gitlab, whole

LOCAL = (EXAMPLES / "local.yml").read_text(encoding="utf-8")
CARRIED = LOCAL.replace("    inputs:\n", "    inputs:\n      receipts: true\n")


@pytest.fixture
def service() -> Iterator[SlackServer]:
    with SlackServer() as running:
        yield running


@pytest.fixture
def conversing(repository: Repository, service: SlackServer) -> Repository:
    """A repository whose team is told by a token, in the channel that has `#`, `$` and `%` in its name in the policy."""
    repository.write(
        ".tocsin.yml",
        f'channels: {{"team #1 $HOME %PATH%": {{kind: slack, token: "${{SLACK_BOT_TOKEN}}", channel: "#builds", api_url: "{service.url("/api")}"}}}}\n'
        'notifications: [{on: [trigger, success, failure], send_to: "team #1 $HOME %PATH%"}]\n',
    )
    repository.pipeline(CARRIED)
    return repository


def run(repository: Repository, *words: str):
    """The pipeline, each of whose jobs sees of the others what their artifacts hold, and nothing else."""
    return repository.run({"SLACK_BOT_TOKEN": TOKEN}, "--shell-isolation", *words)


def test_a_pipeline_is_one_message(conversing, service):
    ended = run(conversing)
    assert (ended.code, ended.results) == (0, {"test": "PASS", "tocsin-trigger": "PASS", "tocsin-success": "PASS"})
    assert [service.method(request) for request in service.requests] == ["chat.postMessage", "chat.update"]
    [message] = service.messages
    assert "✅" in message["text"]
    assert ended.ended("tocsin-trigger") < ended.began("test")
    assert "sent as a new message" not in ended.said("tocsin-success")


def test_a_message_that_is_gone_is_sent_anew_and_the_log_says_so(conversing, service):
    service.refusals["chat.update"] = [refused("message_not_found")]
    ended = run(conversing)
    assert "sent as a new message: message_not_found" in ended.said("tocsin-success")
    assert [message["text"][0] for message in service.messages] == ["🚀", "✅"]


@pytest.mark.parametrize("inputs", ["trigger: false", "dependencies: [test]"])
def test_an_end_without_the_start_s_report_is_a_new_message(conversing, service, inputs):
    conversing.pipeline(CARRIED.replace("receipts: true\n", f"receipts: true\n      {inputs}\n"))
    ended = run(conversing)
    assert (ended.code, ended.results["tocsin-success"]) == (0, "PASS")
    assert [message["text"][0] for message in service.messages] == (["✅"] if "trigger" in inputs else ["🚀", "✅"])
