"""`--facts FILE`: JSON in the event's own fields, by which a plug-in says what only it can know."""

from __future__ import annotations

import json
from typing import Any

from tocsin.errors import ContextError
from tocsin.event import LISTS, Event, Fact, Facts, dotted

FACTS_MAX_BYTES = 4 * 1024 * 1024  # ours: a thousand changes with their titles are far below
LIST_MAX_ITEMS = 1000  # ours
_COMPUTED = ("hook", "event", "sources")
_NUMBERS = ("run.number", "run.attempt", "pull_request.number")


def read_facts(text: str) -> Facts:
    """The facts in a JSON object of the event's fields. Raises ContextError that names the field and what it must be."""
    if len(text) > FACTS_MAX_BYTES:
        raise ContextError(f"--facts: the file is larger than {FACTS_MAX_BYTES} bytes")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ContextError(f"--facts: the file is not JSON ({error}); write an object of the event's fields") from None
    if not isinstance(data, dict):
        raise ContextError("--facts: the file must hold a JSON object of the event's fields")
    known = {name for name, _ in dotted(Event())}
    facts: Facts = {}
    for name, value in _flatten(data):
        if name in _COMPUTED or value is None or value == "":
            continue
        if name in LISTS:
            facts[name] = Fact(_items(name, value), "facts")
        elif name in known:
            facts[name] = Fact(_scalar(name, value), "facts")
        else:
            raise ContextError(f"--facts: unknown field {name!r}{_suggestion(name, known)}; `tocsin context --json` shows the fields")
    return facts


def _flatten(data: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows = []
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name != "sources" and name.count(".") < 3:
            rows += _flatten(value, f"{name}.")
        else:
            rows.append((name, value))
    return rows


def _scalar(name: str, value: Any) -> Any:
    if name in _NUMBERS:
        try:
            return int(str(value))
        except ValueError:
            raise ContextError(f"--facts: {name} must be a whole number") from None
    if name == "pull_request.fork":
        if not isinstance(value, bool):
            raise ContextError(f"--facts: {name} must be true or false")
        return value
    if isinstance(value, (dict, list, bool)):
        raise ContextError(f"--facts: {name} must be text")
    return str(value)


def _items(name: str, value: Any) -> list[dict[str, Any]]:
    fields = LISTS[name]._fields
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ContextError(f"--facts: {name} must be a list of objects with {', '.join(fields)}")
    return [_item(name, item, fields) for item in value[:LIST_MAX_ITEMS]]


def _item(name: str, item: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    unknown = set(item) - set(fields)
    if unknown:
        raise ContextError(f"--facts: unknown field {min(unknown)!r} in {name}: known are {', '.join(fields)}")
    values = {}
    for key, value in item.items():
        if key == "author":
            values[key] = _author(name, value)
        elif isinstance(value, (dict, list)):
            raise ContextError(f"--facts: {key} in {name} must be text")
        elif value not in (None, ""):
            values[key] = str(value)
    return values


def _author(name: str, value: Any) -> dict[str, str] | None:
    if value in (None, "", {}):
        return None
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value, dict) or set(value) - {"name", "email"} or not all(isinstance(v, (str, type(None))) for v in value.values()):
        raise ContextError(f"--facts: author in {name} must be an object with name and email")
    return {key: text for key, text in value.items() if text}


def _suggestion(name: str, known: set[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, [*known, *LISTS], 1)
    return f" (do you mean {close[0]}?)" if close else ""
