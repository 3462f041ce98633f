"""The words in which the command line speaks of rules: lists, events, and KEY=VALUE. Each raises UsageError with the flag in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tocsin.errors import UsageError
from tocsin.policy.model import EVENTS
from tocsin.policy.words import Suggestions, quoted
from tocsin.terms import SELECTORS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

CHOOSING = ("name", "on", "send_to", *SELECTORS)
"""What a rule can be chosen by."""


class Condition(NamedTuple):
    """A key of a rule or of its selectors, and the texts of which one must stand there."""

    key: str
    values: tuple[str, ...]


def words_of(flag: str, texts: Iterable[str]) -> list[str]:
    """The words of a list, which is written with commas or by repeating its flag. Raises UsageError for an empty one."""
    words = [word.strip() for text in texts for word in text.split(",")]
    if not all(words):
        raise UsageError(f"{flag}: a value is empty (write them with commas between them, and none at the end)")
    return list(dict.fromkeys(words))


def condition(flag: str, text: str, known: Collection[str]) -> Condition:
    """KEY=VALUE[,VALUE]. Raises UsageError."""
    name, equals, value = text.partition("=")
    key = name.strip().replace("-", "_")
    if not equals:
        raise UsageError(f"{flag}: {quoted(text)} has no '=': write KEY=VALUE")
    require_key(flag, key, known)
    return Condition(key, tuple(words_of(f"{flag} {key}", [value])))


def require_key(flag: str, key: str, known: Collection[str]) -> None:
    """Raise UsageError for a key that is none of those known."""
    if key not in known:
        raise UsageError(f"{flag}: unknown key {quoted(key)}{Suggestions()(key, known, listed='known keys')}")


def conditions(flag: str, texts: Iterable[str]) -> list[Condition]:
    """What chooses rules."""
    return [condition(flag, text, CHOOSING) for text in texts]


def selector_values(flag: str, texts: Iterable[str]) -> dict[str, list[str]]:
    """A selector's keys with their values; a key that is repeated has all of them."""
    found: dict[str, list[str]] = {}
    for key, values in (condition(flag, text, SELECTORS) for text in texts):
        found[key] = list(dict.fromkeys([*found.get(key, ()), *values]))
    return found


def selector_keys(flag: str, texts: Iterable[str]) -> list[str]:
    """Keys of a selector."""
    keys = [key.replace("-", "_") for key in words_of(flag, texts)]
    for key in keys:
        require_key(flag, key, SELECTORS)
    return keys


def events(flag: str, texts: Iterable[str]) -> list[str]:
    """Events that a rule may have."""
    found = words_of(flag, texts)
    for word in found:
        if word not in EVENTS:
            raise UsageError(f"{flag}: unknown event {quoted(word)}{Suggestions()(word, EVENTS, listed='known')}")
    return found
