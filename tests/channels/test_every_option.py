"""Every option of every kind of channel that takes text is looked at by `check`: `${` begins a variable's name, or is an error at its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from inprocess import run
from kinds import REQUIRED

from tocsin.channels import KINDS, load

BROKEN = {
    "an expression of the CI": "x${{ github.repository_owner }}",
    "a name without an end": "#${ROOM",
    "no name": "${}",
    "a credential of the CI": "${GITHUB_TOKEN}",
    "an address": "${x@b.c",
    "a file": "${x.json",
}


def shapes(annotation: Any, text: str) -> Iterator[Any]:
    """What a field of this type takes, with `text` in each place that a text may have."""
    parts = get_args(annotation)
    if annotation in (str, Any):
        yield text
    elif get_origin(annotation) is dict:
        yield from ({"X-Name": shape} for shape in shapes(parts[1], text))
        yield {f"X{text}": "value"}
    elif get_origin(annotation) in (list, tuple):
        yield from ([shape] for shape in shapes(parts[0], text))
    elif get_origin(annotation) is not Literal:
        for part in parts:
            yield from shapes(part, text)


def options() -> Iterator[tuple[str, str, Any]]:
    """Each kind, each of its options that takes text, and the option's type."""
    for kind in KINDS:
        for name, field in load(kind).Options.model_fields.items():
            if list(shapes(field.annotation, "")):
                yield kind, field.alias or name, field.annotation


EVERY = list(options())


def test_all_options_are_walked() -> None:
    found = {(kind, name) for kind, name, _ in EVERY}
    assert {
        ("slack", "channel"),
        ("slack", "project"),
        ("smtp", "from"),
        ("smtp", "reply_to"),
        ("webhook", "payload_file"),
        ("webhook", "headers"),
    } <= found
    assert {(kind, "project") for kind in KINDS} <= found


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize(("kind", "name", "annotation"), EVERY, ids=lambda value: value if isinstance(value, str) else "")
def test_a_broken_reference_is_an_error_at_its_place(kind: str, name: str, annotation: Any, broken: str, tmp_path: Path) -> None:
    for shape in shapes(annotation, BROKEN[broken]):
        channel = {"kind": kind, **REQUIRED.get(kind, {}), name: shape}
        if kind == "ses" and name in ("access_key_id", "secret_access_key", "session_token"):
            channel = {**dict.fromkeys(("access_key_id", "secret_access_key"), "${KEY}"), **channel}
        if kind == "smtp" and name in ("username", "password"):
            channel = {"username": "ci", "password": "${P}", **channel}
        lines = [f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in channel.items()]
        to = '{"email": "a@example.com", "via": "room"}' if KINDS[kind].addressed else "room"
        policy = "\n".join(["channels:", "  room:", *lines, f"notifications: [{{on: failure, send_to: [{to}]}}]", ""])
        (tmp_path / ".tocsin.yml").write_text(policy, encoding="utf-8")
        problems = json.loads(run("check", "--format", "json", folder=tmp_path).out)
        line = 3 + list(channel).index(name)
        places = (
            [problem.get("line") for problem in problems["problems"]] if isinstance(problems, dict) else [one["line"] for one in problems]
        )
        assert places == [line], (policy, problems)
        if broken == "no name":
            assert run("send", "completion", "--status", "failure", folder=tmp_path, env={"TOCSIN_CI": "generic"}).code == 3
            assert run("channels", "list", folder=tmp_path).code == 3
