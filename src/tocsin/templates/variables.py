"""What a template may name: the event's fields, the message's title and text, the rules, and Devtron's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tocsin.event import Change, Event, Failure, TestFailure, as_dict
from tocsin.named_tuple import NamedTuple
from tocsin.templates import devtron
from tocsin.text import URL_MAX_CHARS, clip

if TYPE_CHECKING:
    from tocsin.message import Message


class Limit(NamedTuple):
    """How much of an event is taken: characters of one text, items of one list."""

    chars: int
    items: int


LIMITS = (Limit(16384, 100), Limit(2048, 50), Limit(256, 20), Limit(64, 10))
"""From all that a person can want to the least that still says something: the next is taken where the text does not fit."""

SHAPES: Mapping[str, Mapping[str, Any]] = {
    "failures": as_dict(Failure()),
    "changes": as_dict(Change()),
    "tests.failures": as_dict(TestFailure()),
    "ciMaterials": devtron.MATERIAL,
}
"""The items of each list of records, with everything absent."""


def event_data(event: Event, limit: Limit = LIMITS[0]) -> dict[str, Any]:
    """The event as plain data without its sources, within `limit`."""
    data = {name: value for name, value in as_dict(event).items() if name != "sources"}
    return {name: _limited(name, value, limit) for name, value in data.items()}


def variables(event: Event, message: Message | None = None, rules: Sequence[str] = (), limit: Limit = LIMITS[0]) -> dict[str, Any]:
    """The variables of a template, as plain data. Without a message its title and text are absent."""
    named = {
        "title": message.title if message else None,
        "text": message.text if message else None,
        "rules": list(rules or (message.rules if message else ())),
        **devtron.devtron_variables(event),
    }
    return {**event_data(event, limit), **{name: _limited(name, value, limit) for name, value in named.items()}}


def _limited(name: str, value: Any, limit: Limit) -> Any:
    if isinstance(value, str):
        return _limited_text(name, value, limit)
    if isinstance(value, Mapping):
        return {key: _limited(key, item, limit) for key, item in value.items()}
    return [_limited(name, item, limit) for item in value[: limit.items]] if isinstance(value, list) else value


def _limited_text(name: str, text: str, limit: Limit) -> str | None:
    """A text cut to its limit; an address is whole or absent, since a part of it leads elsewhere."""
    if name.lower().endswith(("url", "link")):
        return text if len(text) <= URL_MAX_CHARS else None
    return clip(text, limit.chars)
