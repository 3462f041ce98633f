"""One thread a run in Google Chat: its name is made of the run, so nothing is carried from the start to the end."""

from __future__ import annotations

from typing import Any

import pytest
from inprocess import QuickProject
from servers import Answer, Request, ScriptedServer

from tocsin.channels import google_chat
from tocsin.event import Event
from tocsin.message import compose

CHAT = Answer(200, b'{"name": "spaces/a/messages/b"}')
OPTION = "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"


def sent(
    project: QuickProject, server: ScriptedServer, *more: str, run: str = "7", query: str = "?key=k&token=t", rule: str = ""
) -> list[Request]:
    """What the start and the end of a run send to the space."""
    options = ", ".join(('kind: google_chat, url: "${SPACE}"', *more))
    project.policy(f"channels: {{space: {{{options}}}}}\nnotifications: [{{on: [trigger, failure], send_to: space{rule}}}]\n")
    env = {"SPACE": server.url(f"/v1/spaces/a/messages{query}"), "TOCSIN_RUN_ID": run}
    before = len(server.requests)
    for words in (("trigger",), ("completion", "--status", "failure")):
        assert project.run("send", *words, "--strict", env=env).code == 0
    return server.requests[before:]


def key(request: Request) -> Any:
    return request.json().get("thread", {}).get("threadKey")


@pytest.fixture
def server():
    with ScriptedServer(CHAT) as running:
        yield running


@pytest.mark.parametrize("query", ["?key=k&token=t", ""])
@pytest.mark.parametrize("more", ["conversation: thread", 'conversation: thread, payload: {text: "{{ status }}"}'])
def test_the_messages_of_a_run_stand_in_one_thread(project: QuickProject, server: ScriptedServer, more: str, query: str):
    start, end = sent(project, server, more, query=query)
    assert key(start) == key(end)
    assert len(key(start)) == 32
    for request in (start, end):
        assert request.path == f"/v1/spaces/a/messages{query}{'&' if query else '?'}{OPTION}"
    other, _ = sent(project, server, more, run="8")
    assert key(other) != key(start)


@pytest.mark.parametrize("more", ["project: null", "conversation: new"])
def test_else_each_message_stands_by_itself(project: QuickProject, server: ScriptedServer, more: str):
    for request in sent(project, server, more):
        assert (key(request), request.path) == (None, "/v1/spaces/a/messages?key=k&token=t")


@pytest.mark.parametrize(
    ("channel", "rule", "threaded"),
    [("new", "thread", True), ("thread", "new", False), (None, "thread", True), ("thread", "update", True), ("new", "update", False)],
)
@pytest.mark.parametrize("words", ["", ", message: {text: own words}"])
def test_a_rule_s_word_counts_more_than_the_channel_s(
    project: QuickProject, server: ScriptedServer, channel: str | None, rule: str, threaded: bool, words: str
):
    more = [f"conversation: {channel}"] if channel else []
    start, end = sent(project, server, *more, rule=f", conversation: {rule}{words}")
    assert (key(start) is not None, OPTION in start.path) == (threaded, threaded)
    assert key(start) == key(end)


def test_a_run_without_an_id_has_no_thread():
    options = google_chat.Options.model_validate({"kind": "google_chat", "conversation": "thread"})
    assert "thread" not in google_chat.render(compose(Event(hook="completion", status="failure")), options)


def test_a_thread_of_the_policy_s_own_payload_holds(project: QuickProject, server: ScriptedServer):
    start, end = sent(project, server, "conversation: thread", "payload: {text: hi, thread: {threadKey: builds}}")
    assert (key(start), key(end)) == ("builds", "builds")


def test_a_message_cannot_be_changed(project: QuickProject):
    project.policy("channels: {space: {kind: google_chat, conversation: update}}\nnotifications: [{on: failure, send_to: space}]\n")
    answer = project.run("check")
    assert (answer.code, "must be thread or new, not 'update'" in answer.out) == (3, True), answer.out
