"""ntfy's endpoint as its server is: validation errors, sequences of one topic, and what is deleted."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import urlopen

import pytest
from inbox_client import Client
from inprocess import QuickProject

from tocsin.inbox import Inbox
from tocsin.inbox.failures import read_failures


@pytest.fixture
def box():
    with Inbox() as running:
        yield running


def titles(box: Inbox) -> list[str]:
    return [arrival.title for arrival in box.arrivals]


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({"topic": "a b"}, 40009, "topic invalid"),
        ({"topic": ""}, 40009, "topic invalid"),
        ({"sequence_id": "a/b"}, 40049, "sequence ID invalid"),
        ({"sequence_id": "x" * 65}, 40049, "sequence ID invalid"),
        ({"sequence_id": "x\n"}, 40049, "sequence ID invalid"),
        ({"sequence_id": 7}, 40024, "valid JSON"),
        ({"priority": 6}, 40007, "invalid priority"),
        ({"priority": "high"}, 40024, "valid JSON"),
        ({"priority": True}, 40024, "valid JSON"),
        ({"tags": "a,b"}, 40024, "valid JSON"),
        ({"markdown": "yes"}, 40024, "valid JSON"),
        ({"icon": "javascript:x"}, 40021, "icon URL is invalid"),
        ({"attach": "file"}, 40013, "attachment URL is invalid"),
        ({"actions": [{"action": "view"}]}, 40018, "actions invalid"),
        ({"actions": [{"label": "x"}] * 4}, 40018, "actions invalid"),
    ],
)
def test_what_the_server_refuses(box: Inbox, more: dict[str, object], code: int, words: str) -> None:
    reply = Client(box).post("ntfy", {"topic": "builds", "message": "x", **more})
    assert (reply.status, reply.data["code"], reply.data["http"]) == (400, code, 400)
    assert words in reply.data["error"]
    assert box.arrivals == []


def test_a_field_that_is_null_or_unknown_is_taken(box: Inbox) -> None:
    assert Client(box).post("ntfy", {"topic": "builds", "title": None, "sequence_id": "", "more": 1}).status == 200


def test_a_sequence_is_of_its_topic(box: Inbox) -> None:
    for topic in ("builds", "deploys", "builds"):
        Client(box).post("ntfy", {"topic": topic, "message": topic, "sequence_id": "run-7"})
    assert titles(box) == ["deploys", "builds"]


@pytest.mark.parametrize("base", ["/ntfy", "/ntfy/phone"])
def test_a_message_is_deleted_by_its_sequence(box: Inbox, base: str) -> None:
    client = Client(box)
    for name in ("run-7", "run-8"):
        client.post("ntfy", {"topic": "builds", "message": name, "sequence_id": name})
    for topic in ("deploys", "builds", "builds"):  # the server knows not whether there is one
        gone = client("DELETE", f"{base}/{topic}/run-7")
        assert (gone.status, gone.data["event"], gone.data["sequence_id"]) == (200, "message_delete", "run-7")
    assert titles(box) == ["run-8"]
    for path in (f"{base}/builds/a.b", f"{base}/builds/{'x' * 65}"):
        assert client("DELETE", path).status == 404


def test_the_page_is_told_what_is_gone(box: Inbox) -> None:
    client = Client(box)
    client.post("ntfy", {"topic": "builds", "message": "x", "sequence_id": "run-7"})
    with urlopen(f"{box.url}events", timeout=30) as stream:
        lines = iter(stream.readline, b"")
        assert next(line for line in lines if line.startswith(b"event: arrival"))
        client("DELETE", "/ntfy/builds/run-7")
        assert next(line for line in lines if line.startswith(b"event: gone"))
        assert json.loads(next(lines).split(b": ", 1)[1]) == [1]


@pytest.mark.parametrize("status", ["success", "failure"])
@pytest.mark.parametrize("channel", ["", "phone"])
def test_a_run_is_one_message_in_the_inbox(box: Inbox, tmp_path: Path, channel: str, status: str) -> None:
    project = QuickProject(tmp_path)
    project.policy(
        f'channels: {{phone: {{kind: ntfy, topic: builds, url: "{box.endpoint("ntfy", channel)}"}}}}\n'
        "notifications: [{on: [trigger, success, failure], send_to: phone}]\n"
    )
    for words in (("trigger",), ("completion", "--status", status)):
        assert project.run("send", *words, "--strict").code == 0
    (arrival,) = box.arrivals
    assert arrival.title[0] == {"success": "✅", "failure": "❌"}[status]


def test_a_failure_of_ntfy_is_one_of_what_is_deleted_too() -> None:
    with Inbox(failures=read_failures(["ntfy=forbidden"])) as box:
        assert Client(box)("DELETE", "/ntfy/builds/run-7").data["code"] == 40301
