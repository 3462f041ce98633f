"""The forms that a schema made of the models does not know: what the program takes or refuses before or after a model sees it."""

from __future__ import annotations

import re
from typing import Any

from tocsin.policy.plain import IGNORED, SECTIONS
from tocsin.terms import TERMS

TEXT = ["string", "number", "boolean"]  # where text is expected, a scalar is its text as written
_TRUTH = ("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0")  # pydantic's words for a boolean
_ANY_CASE = "|".join("".join(f"[{sign.upper()}{sign}]" for sign in word) for word in _TRUTH)
SPOKEN = {"type": ["string", "integer"], "pattern": f"^(?:{_ANY_CASE})$", "minimum": 0, "maximum": 1}
EMPTY = {"type": "null"}  # a section that has nothing in it yet
_ADDRESS = r"[^@\s<>\",;:()\[\]\\]+@[^@\s<>\",;:()\[\]\\]+"  # as channels.options.address takes it
ADDRESS = {"type": TEXT, "pattern": f"^{_ADDRESS}$"}
CHANNEL_NAME = r"^[^@]+$"

Schema = dict[str, Any]


def add_forms(policy: Schema, definitions: Schema) -> None:
    """The short forms of the policy's own parts."""
    policy["patternProperties"] = {f"^{IGNORED}": {}}
    for section in SECTIONS:
        policy["properties"][section] = _may_be_empty(policy["properties"][section])
    policy["properties"]["channels"]["propertyNames"] = {"pattern": CHANNEL_NAME}
    for name in ("Context", "Settings"):
        _settings(definitions[name]["properties"])
    _budget(definitions)
    for holder in (policy, definitions["Notification"]):
        add_short_words(holder)
    _recipient(definitions["Recipient"])


def _may_be_empty(node: Schema) -> Schema:
    if isinstance(node.get("type"), str):
        return {**node, "type": [node["type"], "null"]}
    reference = {"$ref": node["$ref"]} if "$ref" in node else None
    options = [reference] if reference else node["anyOf"]
    return {**{key: value for key, value in node.items() if key != "$ref"}, "anyOf": [*options, EMPTY]}


def _settings(keys: Schema) -> None:
    """A setting of few words takes one of them, or a template."""
    for key in keys.keys() & TERMS.keys():
        if TERMS[key].words:
            keys[key] = {
                "description": keys[key]["description"],
                "anyOf": [{"enum": list(TERMS[key].words)}, {"type": "string", "pattern": r"\{[{%#]"}],
            }


def add_short_words(holder: Schema) -> None:
    """Own words may be one text."""
    message = holder["properties"]["message"]
    reference = {"$ref": message.pop("$ref")} if "$ref" in message else message.pop("anyOf")[0]
    message["anyOf"] = [{"type": TEXT, "minLength": 1}, reference]


def _budget(definitions: Schema) -> None:
    delivery = definitions["Delivery"]["properties"]
    seconds = {key: value for key, value in definitions["Budget"]["properties"]["trigger"].items() if key not in ("default", "description")}
    reference = delivery["budget"].pop("$ref")
    delivery["budget"]["anyOf"] = [seconds, {"$ref": reference}]


def _recipient(recipient: Schema) -> None:
    whole = {key: recipient.pop(key) for key in ("type", "properties", "additionalProperties")}
    email = whole["properties"]["email"]
    email["anyOf"] = [ADDRESS, {**email["anyOf"][1], "items": ADDRESS}]
    text = {"type": TEXT, "minLength": 1, "pattern": f"^(?:[^@]+|{_ADDRESS})$"}
    recipient["anyOf"] = [text, {**whole, "oneOf": [{"required": ["channel"]}, {"required": ["email"]}]}]


def spoken(node: Schema) -> Schema:
    """A boolean, which YAML 1.2 does not read from words that the program takes."""
    outer = {key: value for key, value in node.items() if key != "type"}
    return {**outer, "anyOf": [{"type": "boolean"}, SPOKEN]}


def pattern_values(key: str, node: Schema) -> Schema:
    """What a key of a selector takes: globs, with a ! in front or not; where it takes few words, those, or a glob of them."""
    words = TERMS[key].words
    text = {**node["items"], "not": {"const": "!"}}
    if words:
        excluded = "|".join(map(re.escape, words))
        text = {"anyOf": [{"enum": list(words)}, {"type": ["string"], "pattern": rf"^!(?:{excluded})$|[*?\[\\]"}]}
    return {**node, "items": text}
