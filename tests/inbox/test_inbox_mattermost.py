"""The inbox speaks Mattermost's API beside its webhooks: it keeps posts, changes them, and knows the server's errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import Browser
from events import SAMPLES
from inbox_client import Client
from inprocess import QuickProject
from kinds import render
from runners import require

from tocsin.channels.mattermost_api import as_post, verdict
from tocsin.http import Response
from tocsin.inbox import Inbox
from tocsin.inbox.failures import METHODS, read_failures
from tocsin.verdict import Delivered, Failed, Retry

TOWN, SQUARE = "4xp9fdt77pncbef59f4k1qe83o", "square9fdt77pncbef59f4k1qe"
KEY = "9xuqwrwgstrb3mzrxb83nb357a"
TOKEN = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
GONE = "gone9fdt77pncbef59f4k1qe83"


def post(client, payload, path="/mattermost/api/v4/posts", headers=TOKEN, method="POST"):
    return client(method, path, json.dumps(payload).encode(), headers)


def test_a_post_is_changed_by_its_id(inbox, client):
    before = len(inbox.arrivals)
    sent = post(client, {"channel_id": TOWN, "message": "Started"}, "/mattermost/town/api/v4/posts")
    assert sent.status == 201
    assert isinstance(verdict(Response(201, {}, sent.text)), Delivered)
    changed = {"message": "**Failed**", "props": {"attachments": [{"text": "three of them"}]}}
    edited = post(client, changed, f"/mattermost/town/api/v4/posts/{sent.data['id']}/patch", method="PUT")
    assert (edited.status, edited.data["id"], edited.data["channel_id"]) == (200, sent.data["id"], TOWN)
    arrivals = inbox.arrivals[before:]
    assert [(arrival.title, arrival.summary, arrival.channel) for arrival in arrivals] == [("Failed", "three of them", "town")]
    reply = post(client, {"channel_id": TOWN, "message": "Look", "root_id": sent.data["id"]})
    assert (reply.status, reply.data["root_id"]) == (201, sent.data["id"])


@pytest.mark.parametrize(
    ("payload", "path", "headers", "status", "identity"),
    [
        ({"channel_id": TOWN, "message": "x"}, "", {}, 401, "session_expired"),
        ({"channel_id": TOWN, "message": "x"}, "", {"Authorization": "Bearer xoxb-1"}, 401, "session_expired"),
        ([], "", TOKEN, 400, "invalid_body_param"),
        ({"message": "x"}, "", TOKEN, 403, "permissions"),
        ({"channel_id": "town-square", "message": "x"}, "", TOKEN, 403, "permissions"),
        ({"channel_id": TOWN, "message": "x" * 16_384}, "", TOKEN, 400, "message_length"),
        ({"channel_id": TOWN, "message": 7}, "", TOKEN, 400, "message_length"),
        ({"channel_id": TOWN, "message": "x", "root_id": GONE}, "", TOKEN, 400, "create_post.root_id"),
        ({"message": "x"}, f"/{GONE}/patch", TOKEN, 403, "permissions"),
    ],
)
def test_the_server_s_errors(inbox, client, payload, path, headers, status, identity):
    before = len(inbox.arrivals)
    reply = post(client, payload, f"/mattermost/api/v4/posts{path}", headers)
    assert reply.status == status
    assert identity in reply.data["id"]
    assert len(inbox.arrivals) == before


def test_a_reply_stands_in_the_channel_of_its_message(client):
    sent = post(client, {"channel_id": TOWN, "message": "x"})
    reply = post(client, {"channel_id": SQUARE, "message": "x", "root_id": sent.data["id"]})
    assert (reply.status, reply.data["id"]) == (400, "api.post.create_post.channel_root_id.app_error")


@pytest.mark.parametrize(
    "path", ["/mattermost", "/mattermost/town", "/mattermost/hooks", "/mattermost/hooks/a/b", "/mattermost/api/v4/users"]
)
def test_other_paths_are_nobody_s(client, path):
    assert client("POST", path, b"{}", TOKEN).status == 404


@pytest.mark.parametrize("conversation", ["update", "thread"])
def test_a_run_s_messages_to_the_inbox(inbox, tmp_path: Path, conversation: str):
    before = len(inbox.arrivals)
    project = QuickProject(tmp_path)
    project.policy(policy_of(inbox, f", conversation: {conversation}"))
    for words in (("trigger",), ("completion", "--status", "success")):
        project.run("send", *words, "--receipts", "r.json", env={"T": KEY})
    signs = [arrival.title[0] for arrival in inbox.arrivals[before:]]
    assert signs == (["✅"] if conversation == "update" else ["🚀", "✅"])


def policy_of(box: Inbox, more: str = "") -> str:
    options = f'kind: mattermost, token: "${{T}}", channel: {TOWN}, api_url: "{box.url}mattermost"{more}'
    return f"channels: {{town: {{{options}}}}}\nnotifications: [{{on: [trigger, success], send_to: town}}]\n"


def test_an_error_of_changes_leaves_new_messages_alone(tmp_path: Path):
    with Inbox(failures=read_failures(["mattermost=edit_time_limit"])) as box:
        project = QuickProject(tmp_path)
        project.policy(policy_of(box))
        for words in (("trigger",), ("completion", "--status", "success")):
            said = project.run("send", *words, "--receipts", "r.json", env={"T": KEY}).out
        assert "sent as a new message: HTTP 400, api.post.update_post.permissions_time_limit" in said
        assert [arrival.title[0] for arrival in box.arrivals] == ["🚀", "✅"]


@pytest.mark.parametrize("word", [*METHODS["mattermost"], "ratelimited", "503", "invalid_webhook"])
def test_an_error_is_that_of_its_address(word: str):
    with Inbox(failures=read_failures([f"mattermost={word}"])) as box:
        client = Client(box)
        sent = post(client, {"channel_id": TOWN, "message": "x"})
        changed = post(
            client, {"message": "y"}, f"/mattermost/api/v4/posts/{sent.data['id'] if sent.status == 201 else GONE}/patch", method="PUT"
        )
        webhook = client("POST", "/mattermost/hooks/inbox", b'{"text": "x"}')
    judged = [verdict(Response(reply.status, reply.headers, reply.text)) for reply in (sent, changed)]
    kind = Retry if word in ("ratelimited", "503") else Failed
    assert isinstance(judged[1], Delivered if word == "invalid_webhook" else kind)
    assert isinstance(judged[0], Delivered if word in ("invalid_webhook", "edit_time_limit") else kind)
    assert (webhook.status == 200) == (word in METHODS["mattermost"])


def test_a_post_is_drawn_as_the_webhook_s_message() -> None:
    webhook = render("mattermost", SAMPLES["still-failing-ci-4th"])
    drawn = []
    with Browser(require("chromium")) as browser, Inbox() as box:
        client = Client(box)
        client.post("mattermost", webhook)
        post(client, {**as_post(webhook), "channel_id": TOWN})
        for number in (1, 2):
            page = browser.open(f"{box.url}#{number}", width=360, height=740)
            page.until("document.querySelector('.drawing')")
            drawn.append(page.value("document.querySelector('.drawing').innerText").partition("❌")[2])
            assert page.troubles == []
    assert "Failing since #126" in drawn[0]
    assert drawn[0] == drawn[1]
