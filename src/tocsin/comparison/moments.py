"""The moments of a run that rules can ask for: a base event, alone or with a transition; sets of them as whole numbers, a bit each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from tocsin.event import Event
from tocsin.policy.match import ENDED
from tocsin.policy.mentions import mentions_on
from tocsin.policy.model import EVENTS

if TYPE_CHECKING:
    from tocsin.policy.model import Notification

MOMENTS: tuple[tuple[str, str | None], ...] = (
    ("trigger", None),
    ("success", None),
    ("success", "fixed"),
    ("failure", None),
    ("failure", "broken"),
    ("failure", "still_failing"),
    ("cancelled", None),
    ("unstable", None),
    ("waiting", None),
)
ALL = (1 << len(MOMENTS)) - 1


def _of(word: str) -> int:
    return sum(
        1 << number
        for number, (event, transition) in enumerate(MOMENTS)
        if word in (event, transition) or (word == "always" and event in ENDED)
    )


_SETS = {word: _of(word) for word in EVENTS}


def moments(on: Iterable[str]) -> int:
    """The moments that some words of `on` ask for."""
    found = 0
    for word in on:
        found |= _SETS[word]
    return found


def mention_moments(rule: Notification) -> int:
    """The moments that a rule asks for, and at which it mentions somebody."""
    return moments(rule.on) & sum(1 << number for number, seen in enumerate(_EVENTS) if mentions_on(rule, seen))


_EVENTS = tuple(Event(event=event, transition=transition) for event, transition in MOMENTS)


class Words(NamedTuple):
    """Moments in words of `on`, and the transitions at which they do not hold."""

    on: tuple[str, ...]
    but_not: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In words: "success or failure, but not fixed"."""
        return _listed(self.on) + (f" (but not {_listed(self.but_not)})" if self.but_not else "")


def _listed(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def words(asked: int) -> Words:
    """Moments in the fewest words."""
    on: list[str] = []
    but_not: list[str] = []
    for event in dict.fromkeys(event for event, _ in MOMENTS):
        transitions = [word for base, word in MOMENTS if base == event and word]
        there = [word for word in transitions if _SETS[word] & asked]
        if asked & ~sum(_SETS[word] for word in transitions) & _SETS[event]:
            on.append(event)
            but_not += [word for word in transitions if word not in there]
        else:
            on += there
    return Words(tuple(on), tuple(but_not))
