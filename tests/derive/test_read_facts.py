"""The reading of `--facts` by itself: each case's fields and errors, what the file may be, and each word of each rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from clocks import StandingClock
from inprocess import CASES

from tocsin.derive.building import build
from tocsin.derive.facts_file import FACTS_MAX_BYTES, facts_of_file, read_facts, type_of
from tocsin.errors import ContextError, UsageError
from tocsin.event import Event, Fact, Rank, as_dict, dotted
from tocsin.network import Network
from tocsin.request import Request
from tocsin.world import World

FACTS = CASES / "facts"
VALID = sorted(path for path in (FACTS / "valid").glob("*.json") if not path.name.endswith(".expected.json"))
INVALID = sorted((FACTS / "invalid").glob("*.json"))
FOLLOWS = {"commit.title", "commit.author.name", "commit.author.email"}  # from the changes, not by the file


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def refused(data: Any) -> str:
    with pytest.raises(ContextError) as caught:
        read_facts(json.dumps(data))
    return str(caught.value)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_case_says_its_fields_and_no_other(path: Path):
    facts = read_facts(text_of(path))
    expected = json.loads(text_of(path.with_suffix(".expected.json")))
    assert set(expected) - FOLLOWS <= set(facts) <= {*expected, "kind", "transition"}
    assert {(fact.source, fact.rank) for fact in facts.values()} <= {("facts", Rank.FACTS)}
    event = as_dict(build(facts))
    for name in facts.keys() & expected.keys():
        found = event
        for part in name.split("."):
            found = found[part]
        assert found == expected[name], name
        assert type(found) is type(expected[name]), name


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_case_that_says_none_is_told(path: Path):
    with pytest.raises(ContextError) as caught:
        read_facts(text_of(path))
    assert text_of(path.with_suffix(".expected")).strip() in str(caught.value)
    assert str(caught.value).startswith("--facts: ")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "--facts: the file must hold a JSON object of the event's fields; `tocsin context --json` shows them"),
        ({"kind": "x"}, "--facts: kind must be one of ci, cd"),
        ({"scope": "x"}, "--facts: scope must be one of job, run"),
        ({"tier": "x"}, "--facts: tier must be one of production, staging, testing, development, other"),
        ({"ref": {"type": "x"}}, "--facts: ref.type must be one of branch, tag, pull_request"),
        ({"transition": "x"}, "--facts: transition must be one of fixed, broken, still_failing"),
        ({"run": {"number": "x"}}, "--facts: run.number must be a whole number"),
        ({"run": {"attempt": -1}}, "--facts: run.attempt must be a whole number"),
        ({"pull_request": {"number": 1.5}}, "--facts: pull_request.number must be a whole number"),
        ({"pull_request": {"fork": 1}}, "--facts: pull_request.fork must be true or false"),
        ({"run": {"started_at": "x"}}, "--facts: run.started_at must be an instant of ISO 8601 with its offset, as 2026-11-23T15:44:00Z"),
        ({"run": {"finished_at": "x"}}, "--facts: run.finished_at must be an instant of ISO 8601 with its offset, as 2026-11-23T15:44:00Z"),
        ({"repository": {"url": "x"}}, "--facts: repository.url must be the repository's address"),
        ({"triggered_by": "x"}, "--facts: triggered_by must be an object with login, name, email"),
        ({"commit": {"author": "x"}}, "--facts: commit.author must be an object with name, email"),
        ({"commit": {"author": {"nam": "x"}}}, "--facts: unknown field 'commit.author.nam' (do you mean commit.author.name?); `tocsin context --json` shows the fields"),
        ({"repositry": 1}, "--facts: unknown field 'repositry' (do you mean repository?); `tocsin context --json` shows the fields"),
        ({"failurs": 1}, "--facts: unknown field 'failurs' (do you mean failures?); `tocsin context --json` shows the fields"),
        ({"x" * 61: 1}, f"--facts: unknown field '{'x' * 59}…'; `tocsin context --json` shows the fields"),
        ({"app": True}, "--facts: app must be text"),
        ({"failures": [{"x": 1, "b": 2}]}, "--facts: unknown field 'b' in failures: known are job, step, url, reason, excerpt"),
        ({"failures": [{"job": []}]}, "--facts: job in failures must be text"),
        ({"failures": {"job": "x"}}, "--facts: failures must be a list of objects with job, step, url, reason, excerpt"),
        ({"failures": [{}, "x"]}, "--facts: failures must be a list of objects with job, step, url, reason, excerpt"),
        ({"changes": "x"}, "--facts: changes must be a list of objects with sha, title, author, url"),
        ({"changes": [{"author": 5}]}, "--facts: author in changes must be an object with name and email"),
        ({"changes": [{"author": {"name": "x", "login": "y"}}]}, "--facts: author in changes must be an object with name and email"),
        ({"changes": [{"author": {"name": ["x"]}}]}, "--facts: name of author in changes must be text"),
    ],
)  # fmt: skip
def test_what_a_field_must_be(data: Any, words: str):
    assert refused(data) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "{",
            "--facts: the file is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)): write an object",
        ),
        ("NaN", "--facts: the file is not JSON (NaN is no JSON value): write an object of the event's fields"),
        ('{"run":' * 100_000, "--facts: "),
    ],
    ids=["broken", "constant", "deep"],
)
def test_what_is_no_json(text: str, words: str):
    with pytest.raises(ContextError) as caught:
        read_facts(text)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("name", [name for name, _ in dotted(Event())])
def test_each_field_can_be_said_or_is_computed(name: str):
    said = {"kind": "cd", "tier": "other", "scope": "run", "ref.type": "tag", "transition": "fixed", "pull_request.fork": True,
            "repository.url": "https://example.com/x"}.get(name, "2026-11-23T15:44:00Z" if name.endswith(("_at", ".at")) else "7")  # fmt: skip
    *parts, last = name.split(".")
    data: dict[str, Any] = {last: said}
    for part in reversed(parts):
        data = {part: data}
    value = 7 if type_of(name) is int else said
    expected = {} if name in ("ci", "hook", "event", "commit.short_sha") else {name: Fact(value, "facts", Rank.FACTS)}
    assert read_facts(json.dumps(data)) == expected


def test_an_author_by_a_text_is_a_name_and_nothing_empty_is_said():
    facts = read_facts(
        json.dumps({"changes": [{"author": "Ada", "url": None, "title": ""}, {"author": {"name": "", "email": "a@x"}}, {"author": {}}]})
    )
    assert facts["changes"].value == [{"author": {"name": "Ada"}}, {"author": {"email": "a@x"}}, {}]


def read(folder: Path, path: str | None, *, stdin: bytes | None = b"", env: Mapping[str, str] = {}, policy: str | None = None) -> Any:
    world = World(env, folder, None if stdin is None else lambda: stdin, StandingClock("2026-11-23T15:50:00Z"), 0.0, Network())
    return {name: fact.value for name, fact in facts_of_file(world, Request(facts_file=path, policy=policy)).items()}


def test_where_facts_come_from(tmp_path: Path):
    (tmp_path / "facts.json").write_text('{"app": "file"}')
    (tmp_path / "-").write_text('{"app": "a file named so"}')
    assert read(tmp_path, None) == read(tmp_path, "") == {}
    assert read(tmp_path, "facts.json") == read(tmp_path, str(tmp_path / "facts.json"), policy="-") == {"app": "file"}
    assert read(tmp_path, "-", stdin=b'\xef\xbb\xbf{"app": "x"}', policy="p.yml") == {"app": "x"}
    assert read(tmp_path, "-", stdin=None) == {"app": "a file named so"}


@pytest.mark.parametrize(("env", "policy"), [({}, "-"), ({"TOCSIN_POLICY": "-"}, None)])
def test_standard_input_holds_one_thing(tmp_path: Path, env: dict[str, str], policy: str | None):
    with pytest.raises(UsageError, match="the policy and the facts cannot both come by standard input"):
        read(tmp_path, "-", env=env, policy=policy)


@pytest.mark.parametrize("stdin", [True, False])
def test_facts_have_a_bound(tmp_path: Path, stdin: bool):
    for size, fits in ((FACTS_MAX_BYTES, True), (FACTS_MAX_BYTES + 1, False)):
        data = b'{"app": "x"}'.ljust(size)
        (tmp_path / "facts.json").write_bytes(data)
        path = "-" if stdin else "facts.json"
        if fits:
            assert read(tmp_path, path, stdin=data) == {"app": "x"}
        else:
            with pytest.raises(ContextError, match=f"^--facts: '{path}' has more than 4,194,304 bytes: "):
                read(tmp_path, path, stdin=data)


@pytest.mark.parametrize(("path", "why"), [("missing.json", "No such file or directory"), ("-", "it is not UTF-8 text")])
def test_what_cannot_be_read_is_told(tmp_path: Path, path: str, why: str):
    with pytest.raises(ContextError, match=f"^--facts: '{path}' cannot be read: {why}$"):
        read(tmp_path, path, stdin=b"\xff")
