"""The JSON Schema takes what the loader takes, and refuses what is wrong by structure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from policies import CASES

from tocsin.channels import KINDS
from tocsin.policy.model import SELECTOR_KEYS
from tocsin.policy.nodes import decode, root_node
from tocsin.policy.plain import Plain
from tocsin.policy.schema import schema

SCHEMA = schema()
VALIDATOR = Draft202012Validator(SCHEMA)
EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def data(path: Path) -> Any:
    """The file as an editor sees it, with the types of YAML 1.2."""
    root = root_node(decode(path.read_bytes()))
    assert root is not None
    return Plain(lambda *_: None).typed(root)


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


# An editor reads some of its values as null, and may well point at them.
NOT_BY_AN_EDITOR = {"scalars-are-text"}


@pytest.mark.parametrize("path", sorted([*(CASES / "valid").glob("*.yml"), *EXAMPLES.glob("*.yml")]), ids=lambda path: path.stem)
def test_it_takes_what_is_valid(path: Path):
    if path.stem not in NOT_BY_AN_EDITOR:
        assert [error.message for error in VALIDATOR.iter_errors(data(path))] == []


STRUCTURE = [
    path
    for path in sorted((CASES / "invalid").glob("*.yml"))
    if path.stem.startswith(("unknown-key", "missing-on", "missing-s", "empty-l", "wrong-"))
]


@pytest.mark.parametrize("path", STRUCTURE, ids=lambda path: path.stem)
def test_it_refuses_what_is_wrong_by_structure(path: Path):
    assert list(VALIDATOR.iter_errors(data(path)))


def test_structure_has_cases():
    assert len(STRUCTURE) > 12


def test_every_channel_and_every_key_is_described():
    channels = SCHEMA["properties"]["channels"]["additionalProperties"]["oneOf"]
    assert channels == [{"$ref": f"#/$defs/channel_{kind}"} for kind in KINDS]
    for kind in KINDS:
        options = SCHEMA["$defs"][f"channel_{kind}"]["properties"]
        assert options["kind"]["const"] == kind
        assert all(option.get("description") for name, option in options.items() if name != "kind")
    assert all(SELECTOR_KEYS.values())


@pytest.mark.parametrize("name", ["Policy", "Notification", "Delivery", "Environment", "Context", "ContextRule"])
def test_every_key_of_the_policy_is_described(name: str):
    properties = SCHEMA["properties"] if name == "Policy" else SCHEMA["$defs"][name]["properties"]
    assert all(value.get("description") for value in properties.values())
