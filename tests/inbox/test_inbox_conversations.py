"""The inbox keeps a message that can be changed, as Slack's web API and Discord's webhooks do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inbox_client import Client
from inprocess import QuickProject

from tocsin.inbox import Inbox
from tocsin.inbox.failures import read_failures

TOKEN = {"Authorization": "Bearer xoxb-1", "Content-Type": "application/json"}


def call(client, method: str, payload: object, headers=TOKEN, place: str = "/slack/api"):
    reply = client("POST", f"{place}/{method}", json.dumps(payload).encode(), headers)
    assert reply.status == 200
    return reply.data


def test_a_message_is_changed_by_its_ts(inbox, client):
    before = len(inbox.arrivals)
    sent = call(client, "chat.postMessage", {"channel": "#builds", "text": "Started"}, place="/slack/team/api")
    assert sent["channel"].startswith("C")
    again = call(client, "chat.update", {"channel": sent["channel"], "ts": sent["ts"], "text": "Failed"}, place="/slack/team/api")
    assert again["ts"] == sent["ts"]
    assert [(arrival.title, arrival.channel) for arrival in inbox.arrivals[before:]] == [("Failed", "team")]
    reply = call(client, "chat.postMessage", {"channel": sent["channel"], "thread_ts": sent["ts"], "text": "Look"})
    assert reply["ok"]
    assert reply["ts"] != sent["ts"]


@pytest.mark.parametrize(
    ("method", "payload", "headers", "error"),
    [
        ("chat.postMessage", {"channel": "C1", "text": "x"}, {}, "not_authed"),
        ("chat.postMessage", {"channel": "C1", "text": "x"}, {"Authorization": "Bearer a"}, "invalid_auth"),
        ("chat.postMessage", {"text": "x"}, TOKEN, "channel_not_found"),
        ("chat.postMessage", {"channel": "C1"}, TOKEN, "no_text"),
        ("chat.postMessage", [], TOKEN, "invalid_json"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "thread_ts": "1.1"}, TOKEN, "cannot_reply_to_message"),
        ("chat.update", {"channel": "C1", "ts": "1.1", "text": "x"}, TOKEN, "message_not_found"),
        ("chat.update", {"channel": "C1", "ts": 7, "text": "x"}, TOKEN, "message_not_found"),
        ("users.lookupByEmail?email=nobody@example.com", {}, TOKEN, "users_not_found"),
        ("users.lookupByEmail?email=ada@example.com", {}, {}, "not_authed"),
        ("users.lookupByEmail", {"email": "ada@example.com"}, TOKEN, "invalid_arguments"),  # it takes no JSON
        ("chat.delete", {}, TOKEN, "unknown_method"),
    ],
)
def test_slack_s_errors(client, method, payload, headers, error):
    assert call(client, method, payload, headers) == {"ok": False, "error": error}


def test_a_message_of_another_channel_is_not_found(client):
    sent = call(client, "chat.postMessage", {"channel": "C1", "text": "x"})
    assert call(client, "chat.update", {"channel": "C2", "ts": sent["ts"], "text": "y"})["error"] == "message_not_found"


def test_a_person_is_found_by_an_address(client):
    found = client("GET", "/slack/api/users.lookupByEmail?email=ada%40example.com", b"", TOKEN).data
    assert found["ok"]
    assert found["user"]["id"].startswith("U")
    form = {**TOKEN, "Content-Type": "application/x-www-form-urlencoded"}
    assert client("POST", "/slack/api/users.lookupByEmail", b"email=ada%40example.com", form).data == found


MENTIONS = """\
channels: {team: {kind: slack, token: "${T}", channel: C1, api_url: "%s/api"}}
notifications: [{on: failure, send_to: team, mention: author}]
"""


@pytest.mark.parametrize(
    ("word", "titles", "said"),
    [
        ("missing_scope", 0, "missing_scope: give the app the scope chat:write"),
        ("missing_scope:users:read.email", 1, "not mentioned: users.lookupByEmail: missing_scope: give the app the scope users:read.email"),
        ("users_not_found", 1, "not mentioned: users.lookupByEmail: users_not_found: "),
        ("message_not_found", 1, "delivered"),
        ("channel_not_found", 0, "channel_not_found: check channel"),
        ("429", 0, "HTTP 429"),
    ],
)
def test_an_error_is_of_the_methods_that_have_it(tmp_path: Path, word: str, titles: int, said: str):
    with Inbox(failures=read_failures([f"slack={word}"])) as box:
        project = QuickProject(tmp_path)
        project.policy(MENTIONS % box.endpoint("slack") + "delivery: {attempts: 1}\n")
        facts = b'{"commit": {"author": {"email": "eve@example.com"}}}'
        told = project.send("failure", "--facts", "-", env={"T": "xoxb-1"}, stdin=facts).out
        assert said in told
        assert len(box.arrivals) == titles
        asked = Client(box)("GET", "/slack/api/users.lookupByEmail?email=eve%40example.com", b"", TOKEN)
        assert word != "missing_scope" or asked.data["needed"] == "users:read.email"


def test_a_person_of_the_inbox_is_mentioned(inbox, client, tmp_path: Path):
    project = QuickProject(tmp_path)
    project.policy(MENTIONS % inbox.endpoint("slack"))
    facts = b'{"commit": {"author": {"email": "eve@example.com"}}}'
    assert project.send("failure", "--facts", "-", env={"T": "xoxb-1"}, stdin=facts).rows()["team"] == ("delivered", None)
    found = client("GET", "/slack/api/users.lookupByEmail?email=eve%40example.com", b"", TOKEN).data
    assert found["user"]["id"] in json.dumps(inbox.arrivals[-1].payload)


def test_discord_changes_a_message_by_its_id(inbox, client):
    path = "/discord/api/webhooks/1/ops"
    before = len(inbox.arrivals)
    sent = client("POST", f"{path}?wait=true", b'{"content": "Started"}').data
    edited = client("PATCH", f"{path}/messages/{sent['id']}", b'{"content": "Failed"}')
    assert (edited.status, edited.data["id"]) == (200, sent["id"])
    assert [arrival.title for arrival in inbox.arrivals[before:]] == ["Failed"]
    gone = client("PATCH", f"{path}/messages/1", b'{"content": "Failed"}')
    assert (gone.status, gone.data["code"]) == (404, 10008)


@pytest.mark.parametrize("conversation", ["update", "thread"])
def test_a_run_s_messages_to_the_inbox(inbox, tmp_path: Path, conversation: str):
    before = len(inbox.arrivals)
    project = QuickProject(tmp_path)
    api = inbox.endpoint("slack") + "/api"
    project.policy(
        f'channels: {{team: {{kind: slack, token: "${{T}}", channel: "#builds", api_url: "{api}", conversation: {conversation}}}}}\n'
        "notifications: [{on: [trigger, success], send_to: team}]\n"
    )
    for words in (("trigger",), ("completion", "--status", "success")):
        project.run("send", *words, "--receipts", "r.json", env={"T": "xoxb-1"})
    signs = [arrival.title[0] for arrival in inbox.arrivals[before:]]
    assert signs == (["✅"] if conversation == "update" else ["🚀", "✅"])


def test_an_error_of_changes_leaves_new_messages_alone(tmp_path: Path):
    with Inbox(failures=read_failures(["slack=edit_window_closed"])) as box:
        project = QuickProject(tmp_path)
        options = f'kind: slack, token: "${{T}}", channel: C1, api_url: "{box.endpoint("slack")}/api"'
        project.policy(f"channels: {{team: {{{options}}}}}\nnotifications: [{{on: [trigger, success], send_to: team}}]\n")
        for words in (("trigger",), ("completion", "--status", "success")):
            said = project.run("send", *words, "--receipts", "r.json", env={"T": "xoxb-1"}).out
        assert "sent as a new message: edit_window_closed" in said
        assert [arrival.title[0] for arrival in box.arrivals] == ["🚀", "✅"]
