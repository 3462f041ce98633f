"""A message that is changed takes the place of what it was, as on the service."""

from __future__ import annotations

import json


def test_telegram_changes_a_message_by_its_id(inbox, client):
    before = len(inbox.arrivals)
    sent = client("POST", "/telegram/bot1:a/sendMessage", json.dumps({"chat_id": 1, "text": "Started"}).encode()).data["result"]
    edit = {"chat_id": 1, "message_id": sent["message_id"], "text": "Failed"}
    assert client("POST", "/telegram/bot1:a/editMessageText", json.dumps(edit).encode()).data["result"]["message_id"] == sent["message_id"]
    assert [arrival.title for arrival in inbox.arrivals[before:]] == ["Failed"]
    again = client("POST", "/telegram/bot1:a/editMessageText", json.dumps(edit).encode())
    assert (again.status, again.data["description"]) == (400, "Bad Request: message is not modified")


def test_ntfy_changes_a_message_by_a_sequence_id(inbox, client):
    before = len(inbox.arrivals)
    for text in ("Started", "Failed"):
        client.post("ntfy", {"topic": "builds", "message": text, "sequence_id": "run-7"})
    assert [arrival.title for arrival in inbox.arrivals[before:]] == ["Failed"]
    assert inbox.arrivals[-1].replaces == inbox.arrivals[-1].number - 1
