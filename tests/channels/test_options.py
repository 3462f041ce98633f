"""What the options of all channels share: their variables put in, and which of their values are secrets."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from tocsin.channels import KINDS, load
from tocsin.channels.options import ChannelOptions, Text
from tocsin.record import Field
from tocsin.secrets import MissingVariable

KEY = "Zm9vYmFyYmF6cXV4cXV1"
SLACK = f"https://hooks.slack.com/services/T0123/B0456/{KEY}"
PATH = SLACK.removeprefix("https://hooks.slack.com")


class Rooms(ChannelOptions):
    """A channel with lists, as a service with several rooms would have."""

    rooms: list[Text]
    pair: tuple[Text, Text] = ("", "")
    people: dict[str, list[Text]] = Field(default={})


def test_variables_in_lists_are_put_in() -> None:
    options = Rooms(kind="rooms", rooms=["${ROOM}", "$${X} fixed"], pair=("a", "${ROOM}!"), people={"ada": ["${ADA}"]})
    resolved = options.resolved({"ROOM": "ops", "ADA": "@ada"})
    assert resolved.rooms == ["ops", "${X} fixed"]
    assert resolved.pair == ("a", "ops!")
    assert resolved.people == {"ada": ["@ada"]}
    assert options.variables() == ["ROOM", "ROOM", "ADA"]


def test_all_that_is_missing_in_lists_is_named_at_once() -> None:
    with pytest.raises(MissingVariable) as caught:
        Rooms(kind="rooms", rooms=["${A}", "${B}"], people={"ada": ["${C}"]}).resolved({"B": "x"})
    assert caught.value.names == ("A", "C")


@pytest.mark.parametrize(
    "values",
    [{"rooms": ["a", "#${"]}, {"pair": ("", "${{ x }}")}, {"people": {"${ADA}": ["a"]}}, {"people": {"a": ["${"]}}, {"project": "${P}"}],
)
def test_a_reference_that_cannot_be_put_in_is_an_error_wherever_it_stands(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rooms(**{"kind": "rooms", "rooms": [], **values})


class Unmarked(ChannelOptions):
    """A channel whose author forgot that `${NAME}` may stand in its texts."""

    room: str = ""
    rooms: list[str] = Field(default=[])
    people: dict[str, dict[str, str]] = Field(default={})


@pytest.mark.parametrize(
    "values", [{"room": "#${"}, {"rooms": ["a", "${{ x }}"]}, {"people": {"a": {"${B}": "c"}}}, {"people": {"a": {"b": "${GITHUB_TOKEN}"}}}]
)
def test_a_field_that_nobody_marked_is_looked_at_too(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Unmarked(**{"kind": "rooms", **values})
    assert [error["loc"] for error in caught.value.errors()] == [tuple(values)]


def credentials(kind: str, env: dict[str, str], **values: Any) -> set[str]:
    return set(load(kind).Options.model_validate({"kind": kind, **values}).credentials(env))


def logged(address: str) -> list[str]:
    """The forms of an address that a log may show: plain, percent-encoded in capitals and in small letters, and as PHP's JSON has it."""
    encoded = quote(address, safe="")
    return [address, encoded, encoded.replace("%2F", "%2f").replace("%3A", "%3a"), address.replace("/", "\\/")]


AUDIT = {"AUDIT_URL": "https://audit.example.com/main"}
SES = {"region": "${AWS_REGION}", "from": "${MAIL_FROM}", "access_key_id": "${ID}", "secret_access_key": "${SECRET}"}


@pytest.mark.parametrize(
    ("kind", "values", "env", "expected"),
    [
        ("webhook", {"url": "${AUDIT_URL}"}, AUDIT, set()),
        ("webhook", {"url": "${AUDIT_URL}?ref=${REF}"}, {**AUDIT, "REF": "refs/heads/main"}, set()),
        ("webhook", {"url": "${AUDIT_URL}"}, {"AUDIT_URL": f"https://audit.example.com/main/{KEY}?to=ops"}, {KEY}),
        ("webhook", {"url": "${AUDIT_URL}"}, {"AUDIT_URL": f"https://audit.example.com?sig={KEY}#x"}, {KEY}),
        ("webhook", {"url": "${AUDIT_URL}"}, {"AUDIT_URL": "https://ci:pa55word@audit.example.com/main"}, {"pa55word"}),
        ("webhook", {"url": "https://audit.example.com/notifications-of-all/${K}"}, {"K": KEY}, {KEY}),
        ("webhook", {"url": "https://[${K}"}, {"K": "http://[x"}, set()),
        ("ses", SES, {"AWS_REGION": "eu-west-1", "MAIL_FROM": "ci@example.com", "ID": "AKIA01", "SECRET": "wJal/rX+"},
         {"AKIA01", "wJal/rX+", "wJal%2FrX%2B", "wJal%2frX%2b", "wJal\\/rX+"}),
        ("slack", {}, {"SLACK_WEBHOOK_URL": f" {SLACK}\n"}, {KEY, *logged(SLACK), *logged(PATH)}),
        ("teams", {}, {"TEAMS_WEBHOOK_URL": "https://relay.example.com/main"},
         set(logged("https://relay.example.com/main"))),
        ("smtp", {"host": "${HOST}", "from": "ci@example.com", "username": "${WHO}", "password": "${PASS}"},
         {"HOST": "mail.example.com", "WHO": "notifications", "PASS": "correct-horse"}, {"correct-horse"}),
        ("smtp", {"host": "${HOST}", "from": "ci@example.com", "username": "${WHO}", "password": "${PASS}"}, {"PASS": "abc"}, set()),
        ("discord", {"thread_id": "${THREAD}"}, {"THREAD": "12345678901234567890"}, set()),
    ],
)  # fmt: skip
def test_only_what_is_secret_is_a_credential(kind: str, values: dict[str, Any], env: dict[str, str], expected: set[str]) -> None:
    assert credentials(kind, env, **values) == expected


PAYLOAD = {
    "room": "${ROOM}",
    "nested": [{"apiKey": "k ${KEY}"}, {"auth_token": {"value": ["${TOKEN}"], "hint": "{{ app }}"}}],
    "text": "${ROOM} {{ title }}",
}


@pytest.mark.parametrize("payload", [PAYLOAD, json.dumps(PAYLOAD)], ids=["data", "text"])
def test_headers_and_keys_named_like_a_secret_hold_credentials(payload: Any) -> None:
    env = {"ROOM": "deployments", "KEY": "k-1234", "TOKEN": "t-1234", "BEARER": "b-1234", "TRACE": "trace-1", "SIGN": "s-1234"}
    headers = {"Authorization": "Bearer ${BEARER}", "X-Trace": "${TRACE}"}
    found = credentials("webhook", env, url="https://x.example/", headers=headers, payload=payload, signing_secret="${SIGN}")
    assert found == {"k-1234", "t-1234", "b-1234", "s-1234"}


@pytest.mark.parametrize("payload", ['{"token": "${A', "{{ app }}", [[["${A}"]]]])
def test_an_odd_payload_has_no_credentials(payload: Any) -> None:
    assert credentials("webhook", {"A": "a-1234"}, url="https://x.example/", payload=payload) == set()


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.start_variable])
def test_the_url_of_a_start_without_policy_is_a_credential(kind: str) -> None:
    variable = KINDS[kind].start_variable or ""
    assert SLACK in credentials(kind, {variable: SLACK})
