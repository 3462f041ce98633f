"""The JSON Schema of a test file, for editors: made of the event's fields and of the terms."""

from __future__ import annotations

from typing import Any

from tocsin.ci import CIS
from tocsin.ci.status import STATUSES
from tocsin.derive.facts_file import WORDS, type_of
from tocsin.event import LISTS, RECORDS
from tocsin.explanation.question import EVENTS
from tocsin.policy.plain import IGNORED
from tocsin.policy.schema import DIALECT, Schema
from tocsin.policy.schema_forms import TEXT
from tocsin.policy_tests.event_fields import FIELDS, HOOKS
from tocsin.terms import TERMS

_DESCRIPTIONS = {
    "hook": "trigger: the run has started; completion: it has ended. Follows from the event or the status.",
    "event": "What happened, in one word: it says hook, status and transition.",
    "status": "How the run ended; the CI's own words are known, too.",
    "pull_request": "Its number, or its fields.",
    "ci": "Whose run it is.",
}
_WORDS: dict[str, list[str]] = {
    "hook": list(HOOKS),
    "event": list(EVENTS),
    "ci": list(CIS),
    "transition": list(WORDS["transition"]),
}


def schema() -> Schema:
    """The JSON Schema of a test file (draft 2020-12)."""
    return {
        "$schema": DIALECT,
        "title": "tocsin policy tests",
        "type": "object",
        "properties": {
            "policy": {"type": "string", "description": "The policy's path, from this file's folder; without it the one that is found."},
            "cases": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/case"}, "description": "The cases, each by a name."},
        },
        "patternProperties": {f"^{IGNORED}": {}},
        "required": ["cases"],
        "additionalProperties": False,
        "$defs": {"case": _case(), "event": _event()},
    }


def _case() -> Schema:
    return {
        "type": "object",
        "properties": {
            "name": {"type": TEXT, "description": "What the case is about; no two have the same."},
            "event": {
                "description": "The run: the event's fields, or an event's word.",
                "anyOf": [{"enum": list(EVENTS)}, {"$ref": "#/$defs/event"}],
            },
            "event_file": {"type": "string", "description": "A recorded run in place of `event`, from this file's folder."},
            "told": {**_some(), "description": "Who is told: channels by name and email addresses, in any order; [] is nobody."},
            "rules": {**_some(), "description": "The rules that match, by name, in any order; without it any may."},
        },
        "required": ["name", "told"],
        "oneOf": [{"required": ["event"]}, {"required": ["event_file"]}],
        "additionalProperties": False,
    }


def _some() -> Schema:
    return {"anyOf": [{"type": TEXT}, {"type": "array", "items": {"type": TEXT}}]}


def _event() -> Schema:
    nested = {name: _record(name) for name in RECORDS if "." not in name}
    terms = {name: _field(term.field, name) for name, term in TERMS.items()}
    fields = {name: _field(name, name) for name in FIELDS if name not in terms}
    both = {name: {"anyOf": [terms[name], nested[name]]} for name in nested if name in terms}
    requested = {"anyOf": [{"type": [*TEXT, "null"]}, nested["pull_request"]], "description": _DESCRIPTIONS["pull_request"]}
    whole: dict[str, Any] = {**fields, **terms, **nested, **both, "pull_request": requested, **{name: {"type": "array"} for name in LISTS}}
    first = {name: whole.pop(name) for name in ("hook", "event", "status")}
    return {"type": "object", "properties": {**first, **dict(sorted(whole.items())), "sources": {}}, "additionalProperties": False}


def _record(name: str) -> Schema:
    properties: Schema = {}
    for field in RECORDS[name]._fields:
        full = f"{name}.{field}"
        properties[field] = _record(full) if full in RECORDS else {"type": "array"} if full in LISTS else _field(full, full)
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


def _field(field: str, name: str) -> Schema:
    term = TERMS.get(name)
    described = _DESCRIPTIONS.get(name) or (term and (term.selector or term.setting)) or ""
    words = _WORDS.get(name) or (list(term.words) if term and term.words else [])
    if name == "status":
        return {"type": [*TEXT, "null"], "examples": list(STATUSES), "description": described}
    types = ["boolean", "null"] if type_of(field) is bool else [*TEXT, "null"]
    kind: Schema = {"enum": [*words, None]} if words else {"type": types}
    return {**kind, **({"description": described} if described else {})}
