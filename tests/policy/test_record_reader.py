"""What is read without pydantic is what pydantic reads; what it would refuse is left to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import REQUIRED
from pydantic import ValidationError

from tocsin.channels import KINDS, load
from tocsin.policy.model import Policy
from tocsin.record import Record
from tocsin.record.pydantic_model import validate
from tocsin.record.reader import read

CASES = Path(__file__).parents[1] / "cases" / "policy"
ODD = (
    "",
    " ",
    "0",
    "1",
    "01",
    "-1",
    "+5",
    "1_0",
    "1.5",
    "1.",
    "5.0",
    "1e3",
    "nan",
    "inf",
    "999999999999",
    "³",
    "yes",
    "TRUE",
    "t",
    "null",
    "a@b.c",
    "${X}",
    "$X",
    "\ud800",
)
values = st.one_of(
    st.sampled_from(ODD),
    st.none(),
    st.booleans(),
    st.integers(-2, 400),
    st.floats(),
    st.just([]),
    st.just({}),
    st.lists(st.sampled_from(ODD), max_size=2),
)
WHOLE: dict[type[Record], dict[str, Any]] = {
    Policy: {
        "version": "1",
        "context": {"app": "shop", "rules": [{"when": {"branch": "main"}, "set": {"environment": "live"}}]},
        "environments": {"live": {"tier": "production", "cluster": "eu"}},
        "people": {"ada": {"email": "a@b.c", "login": ["ada"], "slack": "U1", "discord": "&1", "teams": "a@b.c", "mattermost": "ada", "telegram": "ada_b", "mail": "true"}},
        "channels": {"team": load("slack").Options.model_construct(kind="slack")},
        "notifications": [{"name": "n", "on": ["failure", "fixed"], "pipelines": {"kind": "cd", "branch": ["main", "!x"]}, "send_to": ["team", {"email": "a@b.c", "via": "mail"}], "mention": "ada"}],
        "delivery": {"timeout": "2.5", "budget": {"trigger": "5", "completion": "20"}, "attempts": "2", "strict": "true", "look_ups": "no"},
    },
    load("slack").Options: {"kind": "slack", "project": "p", "url": "${URL}", "channel": "#ops"},
    load("teams").Options: {"kind": "teams", "url": "${URL}"},
    load("discord").Options: {"kind": "discord", "url": "${URL}", "username": "ci", "thread_id": "123"},
    load("ringcentral").Options: {"kind": "ringcentral", "url": "${URL}"},
    load("google_chat").Options: {"kind": "google_chat", "url": "${URL}"},
    load("smtp").Options: {"kind": "smtp", "host": "mail.example.com", "port": "25", "security": "tls", "from": "CI <a@b.c>", "reply_to": "a@b.c", "default": "true", "username": "u", "password": "${P}", "auth": "password"},
    load("ses").Options: {"kind": "ses", "region": "eu-west-1", "from": "a@b.c", "access_key_id": "${I}", "secret_access_key": "${S}", "endpoint_url": "https://a.example"},
    load("webhook").Options: {"kind": "webhook", "url": "https://a.example", "method": "PUT", "headers": {"X-A": "${A}"}, "payload": {"a": [1, None]}, "signing_secret": "${S}"},
}  # fmt: skip
for kind in KINDS:
    WHOLE.setdefault(load(kind).Options, {"kind": kind, **REQUIRED.get(kind, {})})


def agree(shape: type[Record], data: Any) -> Record | None:
    """The record that is read; pydantic must read the same where there is one."""
    record = read(shape, data)
    if record is not None:
        assert validate(shape, data) == record
    return record


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values."""
    below = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path] * bool(path) + [place for key, value in below for place in places(value, (*path, key))]


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The data with another value at a path."""
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = changed(copy[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("shape", WHOLE, ids=lambda shape: shape.__module__.rpartition(".")[2])
def test_a_plain_record_is_read_without_pydantic(shape: type[Record]) -> None:
    assert agree(shape, WHOLE[shape]) is not None


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_what_is_read_is_what_pydantic_reads(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(list(WHOLE)))
    whole = WHOLE[shape]
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.sampled_from(places(whole) or [("kind",)]))
        whole = changed(whole, at, data.draw(values))
    agree(shape, whole)


@pytest.mark.parametrize("case", sorted(CASES.glob("*/*.yml")), ids=lambda path: path.stem)
def test_of_every_case_what_is_read_is_what_pydantic_reads(case: Path) -> None:
    try:
        policy = yaml.load(case.read_bytes(), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return
    given_channels = policy.get("channels") if isinstance(policy, dict) else None
    for channel in given_channels.values() if isinstance(given_channels, dict) else ():
        if isinstance(channel, dict) and channel.get("kind") in list(KINDS):
            agree(load(channel["kind"]).Options, channel)
    if isinstance(policy, dict):
        agree(Policy, {**policy, "channels": {}})


@pytest.mark.parametrize(
    ("key", "value"), [("port", "5_0"), ("port", " 25 "), ("port", "25.0"), ("port", "070"), ("default", "Yes"), ("default", 1)]
)
def test_what_pydantic_alone_takes_is_taken_still(key: str, value: Any) -> None:
    shape = load("smtp").Options
    data = {"kind": "smtp", "host": "a.example", "from": "a@b.c", key: value}
    assert read(shape, data) is None
    assert shape.model_validate(data) == validate(shape, data)


def test_what_is_wrong_is_told_by_pydantic() -> None:
    with pytest.raises(ValidationError) as caught:
        load("smtp").Options.model_validate({"kind": "smtp", "port": "x", "from": "a", "more": 1})
    assert {error["loc"] for error in caught.value.errors()} == {("host",), ("port",), ("from",), ("more",)}


def test_a_record_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Policy().version = 2  # type: ignore[misc]
