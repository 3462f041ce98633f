"""Whose message it is: the address that a channel writes to can hold its name."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from tocsin.inbox.endpoints import CHANNEL_MAX_CHARS, ENDPOINTS, endpoint_at

SES_PATH = "/v2/email/outbound-emails"
SES_MAIL = {
    "FromEmailAddress": "a@example.com",
    "Destination": {"ToAddresses": ["dev@example.com"]},
    "Content": {"Simple": {"Subject": {"Data": "❌ Failed: payments"}, "Body": {"Text": {"Data": "x"}}}},
}
PATHS = {"ses": SES_PATH, "telegram": "/bot1:a/sendMessage", "pagerduty": "/v2/change/enqueue"}  # what a client puts behind the address
PAYLOADS = {
    "ses": SES_MAIL,
    "discord": {"content": "x"},
    "pagerduty": {"routing_key": "x" * 32, "payload": {"summary": "x"}},
    "telegram": {"chat_id": 1, "text": "x"},
    "ntfy": {"topic": "builds", "message": "x"},
}  # the others take a text


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_the_address_of_a_named_channel_tells_its_name(inbox, client, kind):
    name = "team/ä b"
    path = urlsplit(inbox.endpoint(kind, name)).path + PATHS.get(kind, "")
    payload = PAYLOADS.get(kind, {"text": "x"})
    reply = client("POST", path, json.dumps(payload).encode(), {"Authorization": "x"})
    assert reply.status < 300
    assert (inbox.arrivals[-1].kind, inbox.arrivals[-1].channel) == (kind, name)


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_the_plain_address_names_no_channel(inbox, kind):
    path = urlsplit(inbox.endpoint(kind)).path + PATHS.get(kind, "")
    found = endpoint_at(path)
    assert found
    assert (found.kind, found.channel) == (kind, "")


def test_a_longer_path_may_be_a_credential_and_names_no_channel():
    found = endpoint_at("/slack/services/T0/B0/secret")
    assert found
    assert (found.kind, found.channel) == ("slack", "")


def test_a_hostile_name_is_one_clean_line():
    found = endpoint_at("/slack/%1b%5b31m%0a%e2%80%ae" + "x" * 300)
    assert found
    assert found.channel == "[31m " + "x" * (CHANNEL_MAX_CHARS - 6) + "…"
