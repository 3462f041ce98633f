"""The schema is complete for an editor: every key has a description and an example that holds, and what `check` finds by structure it refuses."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from policies import CASES, found, found_in_case
from test_policy_schema import SCHEMA, VALIDATOR, data

from tocsin.checks import Check
from tocsin.errors import Problem
from tocsin.homepage import SCHEMA as ADDRESS
from tocsin.policy.nodes import BadFileError, decode, root_node
from tocsin.policy.plain import Plain
from tocsin.policy.schema_words import EXAMPLES, MEANINGS

STRUCTURE = {
    Check.UNKNOWN_KEY,
    Check.MISSING_KEY,
    Check.EMPTY_VALUE,
    Check.WRONG_TYPE,
    Check.UNKNOWN_EVENT,
    Check.UNKNOWN_WORD,
    Check.UNKNOWN_CHANNEL_KIND,
    Check.INVALID_CHANNEL_NAME,
    Check.EXCLUDES_NOTHING,
    Check.AMBIGUOUS_RECIPIENT,
}


def readable(path: Path) -> bool:
    try:
        return root_node(decode(path.read_bytes())) is not None and data(path) is not None
    except BadFileError:
        return False


def by_structure(problem: Problem, file: str) -> bool:
    return problem.file == file and problem.severity == "error" and problem.check in STRUCTURE


INVALID = [
    path
    for path in sorted((CASES / "invalid").glob("*.yml"))
    if readable(path) and any(by_structure(problem, path.name) for problem in found_in_case(path))
]


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_what_check_refuses_by_structure_the_schema_refuses_too(path: Path):
    assert list(VALIDATOR.iter_errors(data(path)))


def test_there_are_many_of_them():
    assert len(INVALID) > 30


def nodes(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, dict[str, Any]]]:
    """Every key of the schema: its path, its name and what it takes."""
    if isinstance(node, dict):
        for key, value in node.get("properties", {}).items():
            yield path, key, value
        for name, value in node.items():
            if name not in ("enum", "const", "default", "examples"):
                yield from nodes(value, (*path, name))
    elif isinstance(node, list):
        for item in node:
            yield from nodes(item, path)


KEYS = [(f"{'/'.join(path)}/{key}", node) for path, key, node in nodes(SCHEMA)]


def test_every_key_has_a_description_and_an_example():
    lacking = [
        f"{name}: {part}" for name, node in KEYS for part in ("description", "examples") if not node.get(part) and "const" not in node
    ]
    assert lacking == [], "an example goes into src/tocsin/policy/schema_words.py"
    assert all(node["description"] for _, node in KEYS)


def test_every_example_is_what_its_key_takes():
    for name, node in KEYS:
        taken = Draft202012Validator({**node, "$defs": SCHEMA["$defs"]})
        for example in node.get("examples", ()):
            assert [error.message for error in taken.iter_errors(example)] == [], name


def test_no_example_is_of_no_key():
    known = {name.rpartition("/")[2] for name, _ in KEYS}
    assert {key.rpartition(".")[2] for key in EXAMPLES} <= known


def enums(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield node
        for value in node.values():
            yield from enums(value)
    elif isinstance(node, list):
        for item in node:
            yield from enums(item)


def test_the_words_of_the_policy_have_their_meanings():
    described = {word for node in enums(SCHEMA) if "enumDescriptions" in node for word in node["enum"]}
    assert described == MEANINGS.keys()
    for node in enums(SCHEMA):
        assert len(node.get("enumDescriptions", node["enum"])) == len(node["enum"])


def test_it_has_its_own_address():
    assert SCHEMA["$id"] == ADDRESS
    assert ADDRESS.endswith("/HEAD/schema/tocsin.schema.json")


# One change to a policy that both take: both refuse it, or both take it.

WHOLE: dict[str, Any] = {
    "context": {"app": "shop", "rules": [{"when": {"branch": "main"}, "set": {"tier": "production"}}]},
    "environments": {"production": {"tier": "production", "cluster": "eks"}},
    "people": {"ada": {"email": ["a@b"], "login": "ada", "slack": "U1", "discord": "&1", "mail": True}, "ops": {"mattermost": "ops"}},
    "channels": {
        "team": {"kind": "slack", "project": "payments"},
        "mail": {"kind": "smtp", "host": "smtp.example.com", "from": "ci@example.com", "default": True},
        "hook": {"kind": "webhook", "url": "https://example.com", "headers": {"X-Team": "a"}, "payload": {"app": "{{ app }}"}},
    },
    "notifications": [
        {
            "name": "a",
            "on": ["failure"],
            "pipelines": [{"kind": "ci", "project": "payments", "branch": ["main"]}],
            "send_to": ["team"],
            "mention": ["author"],
        },
        {"on": "success", "send_to": [{"email": ["dev@example.com"], "via": "mail"}, {"channel": "hook"}]},
    ],
    "delivery": {"timeout": 5, "budget": {"trigger": 5}, "attempts": 2, "strict": False},
}
VALUES = ["", "x", "!", 5, 0, -1, 1e6, True, [], {}, ["x"], [[]], {"x": "y"}, "main", "production", "a@b", "@"]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(value, (*path, key))


PLACES = [path for path in places(WHOLE) if path and path[-2:-1] != ("payload",)]


@settings(max_examples=40)
@given(st.sampled_from(PLACES), st.sampled_from(["set", "add", "delete"]), st.sampled_from(VALUES))
def test_a_change_is_refused_by_both_or_by_none(path: tuple[Any, ...], change: str, value: Any):
    policy = copy.deepcopy(WHOLE)
    holder = policy
    for part in path[:-1]:
        holder = holder[part]
    if change == "delete":
        del holder[path[-1]]
    elif change == "add" and isinstance(holder, dict):
        holder["ky"] = value
    else:
        holder[path[-1]] = value
    text = json.dumps(policy)
    problems = [problem for problem in found(text.encode()) if problem.severity == "error"]
    structural = [problem for problem in problems if problem.check in STRUCTURE]
    root = root_node(decode(text.encode()))
    assert root is not None
    refused = [error.message for error in VALIDATOR.iter_errors(Plain(lambda *_: None).typed(root))]
    if refused:
        assert problems, (text, refused)
    if structural:
        assert refused, (text, structural)
