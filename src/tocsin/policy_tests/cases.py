"""What a test file says: its cases, each a run and who must be told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.wrong import Place

RecipientKey: TypeAlias = tuple[str, str]
"""What makes a recipient one: a channel by its name, or an email address without regard to case."""


class Case(NamedTuple):
    """A run, and who must be told of it: `told` are names by their keys, `rules` those that must match, None where any may.

    `event` derives the run's event at a time of ISO 8601 in UTC, and raises ContextError. `place` is in the test file `file`.
    """

    name: str
    file: str
    place: Place
    event: Callable[[str], Event]
    told: Mapping[RecipientKey, str]
    rules: frozenset[str] | None = None


def recipient_key(name: str) -> RecipientKey:
    """The key of a recipient: no channel's name has an @, and every address has one."""
    return ("email", name.casefold()) if "@" in name else ("channel", name)
