"""Which of many rules can match an event at all: a sieve before the match itself, so that a thousand events meet ten thousand rules fast.

Each selector is filed under the ends of the values of one of its keys: what a pattern takes begins with the text before its first
wildcard, and ends with that behind its last one. The key is the one with the most different ends in the policy, for it leaves the
fewest rules over.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tocsin.policy.match import EventValues, RuleMatch

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.policy.model import Notification, Policy, Selector

_SIGN = re.compile(r"[*?\[\]\\]")  # of a pattern
End: TypeAlias = tuple[bool, str]
"""Whether it is the beginning of a value, and its text."""


class Candidates:
    """The rules of one policy, filed."""

    def __init__(self, policy: Policy) -> None:
        self._rules = policy.notifications
        spread: dict[str, set[End]] = defaultdict(set)
        for rule in self._rules:
            for selector in rule.pipelines:
                for key, patterns in selector.items():
                    spread[key].update(_ends(patterns))
        self._spread = {key: len(found) for key, found in spread.items()}
        self._always: list[int] = []
        self._filed: dict[str, dict[End, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index, rule in enumerate(self._rules):
            for selector in rule.pipelines:
                self._file(index, selector)
        self._lengths = {key: sorted({(len(text), first) for first, text in filed}) for key, filed in self._filed.items()}

    def _file(self, index: int, selector: Selector) -> None:
        usable = [(self._spread[key], key, found) for key, patterns in selector.items() if (found := _ends(patterns))]
        if not usable:
            self._always.append(index)
            return
        _, key, found = max(usable)
        for end in found:
            self._filed[key][end].append(index)

    def matching(self, event: Event) -> list[RuleMatch]:
        """The rules that match, in order: those of `match` that do."""
        values = EventValues(event)
        found = {*self._always, *self._under(values)}
        return [_held(index, self._rules[index], values) for index in sorted(found) if values.fulfil(self._rules[index])]

    def _under(self, values: EventValues) -> Iterator[int]:
        for key, filed in self._filed.items():
            for name in values.by_key[key]:
                for length, first in self._lengths[key]:
                    if length > len(name):
                        break
                    yield from filed.get((first, name[:length] if first else name[-length:]), ())


def _held(index: int, rule: Notification, values: EventValues) -> RuleMatch:
    return RuleMatch(rule.name or f"#{index + 1}", rule, values)


def _ends(patterns: Sequence[str]) -> list[End]:
    """For each pattern an end that a value it takes must have; none where a value may have any, or be absent."""
    plain = [_end(pattern) for pattern in patterns if not pattern.startswith("!")]
    literal = [(True, pattern) for pattern in patterns if pattern.startswith("!")]  # a value that is one letter for letter
    return [*plain, *literal] if plain and all(text for _, text in plain) else []


def _end(pattern: str) -> End:
    parts = _SIGN.split(pattern)
    return (True, parts[0]) if parts[0] else (False, parts[-1])
