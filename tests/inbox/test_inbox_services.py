"""Every endpoint answers as its service does, and shows what it took. The cases stand in tests/cases/inbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.channels import MAIL_KINDS
from tocsin.inbox import services
from tocsin.inbox.describe import describe
from tocsin.inbox.endpoints import ENDPOINTS

CASES = Path(__file__).parent.parent / "cases" / "inbox"
PATHS = {kind: endpoint.path for kind, endpoint in ENDPOINTS.items()} | {
    "ses": "/v2/email/outbound-emails",
    "telegram": "/telegram/bot1:a/sendMessage",
    "pagerduty": "/pagerduty/v2/enqueue",
}
CHAT = [kind for kind in ENDPOINTS if kind not in MAIL_KINDS]


def cases() -> list[Any]:
    return [
        pytest.param(path.stem, case, id=f"{path.stem}: {name}")
        for path in sorted(CASES.glob("*.json"))
        for name, case in json.loads(path.read_text(encoding="utf-8")).items()
    ]


@pytest.mark.parametrize(("kind", "case"), cases())
def test_answer_and_arrival(inbox, client, kind, case):
    before = len(inbox.arrivals)
    body = case.get("body", json.dumps(case.get("json")))
    if "repeat" in case:
        body = json.dumps({name: value * case["repeat"] for name, value in case["json"].items()})
    headers = case.get("headers", {"Authorization": "AWS4-HMAC-SHA256 Credential=x"})
    reply = client(case.get("method", "POST"), case.get("path", PATHS[kind]) + case.get("query", ""), body.encode(), headers)
    assert reply.status == case["status"], reply.text
    if isinstance(case["answer"], dict):
        assert {name: reply.data[name] for name in case["answer"]} == case["answer"]
    else:
        assert reply.text == case["answer"]
    found = [(arrival.kind, arrival.title, arrival.summary) for arrival in inbox.arrivals[before:]]
    assert found == ([(kind, case["title"], case["summary"])] if "title" in case else [])


def test_a_refused_mail_names_the_services_exception(client):
    reply = client("POST", PATHS["ses"], b"{}", {"Authorization": "AWS4-HMAC-SHA256 x"})
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (400, "BadRequestException")


def test_json_too_deep_to_read_is_refused_and_never_a_crash(client):
    for depth in (services.JSON_MAX_DEPTH + 1, 50_000):
        assert client("POST", PATHS["slack"], b'{"text": ' + b"[" * depth + b"]" * depth + b"}").text == "invalid_payload"


def test_slack_refuses_too_many_parts(client):
    assert client.post("slack", {"attachments": [{"text": "x"}] * 101}).text == "too_many_attachments"
    assert client.post("slack", {"attachments": [{"blocks": [{"type": "divider"}] * 51}]}).text == "invalid_blocks"


def test_every_discord_message_has_its_own_id(client):
    ids = {client("POST", PATHS["discord"] + "?wait=true", b'{"content": "x"}').data["id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(number.isdigit() for number in ids)


def test_the_arrival_keeps_what_came(inbox, client):
    body = '{"text":  "ü"}'.encode()
    client("POST", "/slack", body, {"X-Trace": "a", "Content-Type": "application/json"})
    arrival = inbox.arrivals[-1]
    assert (arrival.payload, arrival.raw, arrival.headers["x-trace"]) == ({"text": "ü"}, body.decode(), "a")
    assert arrival.at.endswith("Z")


KEYS = st.sampled_from(
    [
        "text",
        "title",
        "value",
        "name",
        "type",
        "blocks",
        "attachments",
        "content",
        "body",
        "inlines",
        "facts",
        "embeds",
        "fields",
        "header",
        "x",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("rich_text_section"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.sampled_from(CHAT), JSON)
def test_any_payload_has_a_title_on_one_line(kind, payload):
    title, summary = describe(kind, payload)
    assert title
    assert not set("\r\n\x1b\u202e") & set(title + summary)
