"""The policy's JSON Schema, for editors and for the reference: made of the models, with the options of every kind of channel."""

from __future__ import annotations

from typing import Any

from tocsin import channels
from tocsin.homepage import SCHEMA
from tocsin.policy import model, sharing
from tocsin.policy.schema_forms import TEXT, add_forms, add_short_words, pattern_values, spoken
from tocsin.policy.schema_words import add_words

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def schema() -> Schema:
    """The JSON Schema of a policy (draft 2020-12), with a definition for each kind of channel."""
    whole: Schema = model.Policy.model_json_schema()
    of_bases: Schema = sharing.Sharing.model_json_schema()
    whole["properties"] = {**of_bases["properties"], **whole["properties"]}
    definitions: Schema = {**whole["$defs"], **of_bases["$defs"]}
    del definitions["ChannelOptions"]
    for name, definition in definitions.items():
        definitions[name] = _plain(definition, singles=True)
    policy = {key: _plain(value, singles=True) for key, value in whole.items() if key not in ("$defs", "title")}
    add_forms(policy, definitions)
    kinds = {f"channel_{kind}": _channel(kind, definitions) for kind in channels.KINDS}
    policy["properties"]["channels"]["additionalProperties"] = {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds]}
    add_words(policy, definitions := {**definitions, **kinds})
    return {"$schema": DIALECT, "$id": SCHEMA, "title": "tocsin policy", **policy, "$defs": definitions}


def _channel(kind: str, definitions: Schema) -> Schema:
    options: Schema = channels.load(kind).Options.model_json_schema()
    for name, definition in options.pop("$defs", {}).items():
        definitions[name] = _plain(definition, singles=False)
    described: Schema = _plain(options, singles=False)
    add_short_words(described)
    if "payload_file" in described["properties"]:
        described["not"] = {"required": ["payload", "payload_file"]}
    return described


def _plain(node: Any, *, singles: bool) -> Any:
    """Without titles and nulls; text takes any scalar; with `singles` one item may stand for a list."""
    if isinstance(node, list):
        return [_plain(item, singles=singles) for item in node]
    if not isinstance(node, dict):
        return node
    options = [option for option in node.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1 and len(options) < len(node["anyOf"]):
        node = {**{key: value for key, value in node.items() if key != "anyOf"}, **options[0]}
    if node.get("propertyNames", {}).get("enum") == list(model.SELECTOR_KEYS):
        node = _selector(node)
    plain = {key: value if key in ("enum", "const", "default") else _member(key, value, singles=singles) for key, value in node.items()}
    return _single(_scalar(plain), singles=singles)


def _member(key: str, value: Any, *, singles: bool) -> Any:
    if key in ("properties", "patternProperties"):
        return {name: _plain(item, singles=singles) for name, item in value.items()}
    if key == "exclusiveMinimum" and value == int(value):
        return int(value)  # pydantic 2.10 has a float here, later versions what the model says
    return _plain(value, singles=singles)


def _scalar(node: Schema) -> Schema:
    node = {
        key: value
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }
    if node.get("type") == "boolean":
        return spoken(node)
    return {**node, "type": TEXT} if node.get("type") == "string" and "enum" not in node and "const" not in node else node


def _single(node: Schema, *, singles: bool) -> Schema:
    if not singles or node.get("type") != "array":
        return node
    outer: Schema = {key: node[key] for key in ("description", "default") if key in node}
    return {**outer, "anyOf": [node["items"], {key: value for key, value in node.items() if key not in outer}]}


def _selector(node: Schema) -> Schema:
    values = node["additionalProperties"]
    properties = {key: {"description": words, **pattern_values(key, values)} for key, words in model.SELECTOR_KEYS.items()}
    return {"type": "object", "description": node.get("description", ""), "properties": properties, "additionalProperties": False}
