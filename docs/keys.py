"""The keys of the policy as tables, by its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tables import code, table

from tocsin import channels
from tocsin.channels.options import Credential, keys_of
from tocsin.policy.schema import schema
from tocsin.policy.schema_forms import EMPTY, SPOKEN, TEXT

Node = dict[str, Any]


def keys_table(name: str) -> str:
    """The keys of a part of the policy: `Policy`, a definition of the schema, or a kind of channel."""
    whole = schema()
    node = whole if name == "Policy" else whole["$defs"][f"channel_{name}" if name in channels.KINDS else name]
    node = next((option for option in node.get("anyOf", ()) if "properties" in option), node)
    secret = secret_keys(name) if name in channels.KINDS else set()
    required = node.get("required", [])
    rows = []
    for key, value in node["properties"].items():
        words = "a secret, as `${NAME}`" if key in secret else type_words(value)
        default = "required" if key in required else default_words(value)
        rows.append((f"`{key}`", words, default, value.get("description", "The kind of the channel." if key == "kind" else "")))
    return table(("key", "takes", "default", "meaning"), *rows)


def secret_keys(kind: str) -> set[str]:
    """The options of a kind of channel that must not be written out."""
    options = channels.load(kind).Options
    return {options.model_fields[name].alias or name for name in keys_of(options, Credential)}


def default_words(node: Node) -> str:
    """The default of a key; what has parts of its own says so in its own table."""
    default = node.get("default")
    return "" if default is None or isinstance(default, (dict, list)) else code(default)


def type_words(node: Node) -> str:
    """What a key takes, in words."""
    options = [option for option in node.get("anyOf", []) if option not in (EMPTY, SPOKEN)]
    if len(options) == 2 and options[1].get("items") == options[0]:
        return f"{type_words(options[0])}, or a list"
    if options:
        return " or ".join(map(type_words, options))
    if "$ref" in node:
        name = re.sub("(?<=[a-z])(?=[A-Z])", " ", node["$ref"].rpartition("/")[2]).lower()
        return f"[{name}](#{name.replace(' ', '-')})"
    if "const" in node or "enum" in node:
        return ", ".join(map(code, node.get("enum", [node.get("const")])))
    if node.get("type") in ("object", ["object", "null"]):
        inner = node.get("additionalProperties") or {}
        return "[selector](#selectors)" if "branch" in node.get("properties", {}) else f"names, each with {type_words(inner)}"
    words = WORDS.get(str(node.get("type")))
    return words(node) if words else "a channel" if "oneOf" in node else "any value"


def number_words(node: Node) -> str:
    """A number and its bounds."""
    low = f"above {node['exclusiveMinimum']}, at most" if "exclusiveMinimum" in node else f"{node['minimum']} to"
    return f"number, {low} {node['maximum']:g}"


WORDS: dict[str, Callable[[Node], str]] = {
    str(TEXT): lambda _: "text",
    "string": lambda _: "a template",  # what is any text has more types
    "boolean": lambda _: "`true`, `false`",
    "number": number_words,
    "integer": lambda node: f"whole {number_words(node)}",
    "array": lambda node: f"list of {type_words(node['items'])}",
}
