"""Which of many rules can match an event at all: a sieve before the match itself, so that a thousand events meet ten thousand rules fast.

Each selector is filed under the beginnings of the values of one of its keys: what a pattern takes begins with the text before its
first wildcard. The key is the one with the most different beginnings in the policy, for it leaves the fewest rules over.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tocsin.policy.match import EventValues, RuleMatch

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.policy.model import Notification, Policy, Selector

_WILDCARD = re.compile(r"[*?\[\\]")


class Candidates:
    """The rules of one policy, filed."""

    def __init__(self, policy: Policy) -> None:
        self._rules = policy.notifications
        beginnings: dict[str, set[str]] = defaultdict(set)
        for rule in self._rules:
            for selector in rule.pipelines:
                for key, patterns in selector.items():
                    beginnings[key].update(_beginnings(patterns))
        self._spread = {key: len(found) for key, found in beginnings.items()}
        self._always: list[int] = []
        self._filed: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index, rule in enumerate(self._rules):
            for selector in rule.pipelines:
                self._file(index, selector)
        self._lengths = {key: sorted({len(text) for text in filed}) for key, filed in self._filed.items()}

    def _file(self, index: int, selector: Selector) -> None:
        usable = [(self._spread[key], key, found) for key, patterns in selector.items() if (found := _beginnings(patterns))]
        if not usable:
            self._always.append(index)
            return
        _, key, found = max(usable)
        for text in found:
            self._filed[key][text].append(index)

    def matching(self, event: Event) -> list[RuleMatch]:
        """The rules that match, in order: those of `match` that do."""
        values = EventValues(event)
        found = {*self._always, *self._under(values)}
        rules = ((index, self._rules[index]) for index in sorted(found))
        return [rule for rule in (_held(index, rule, values) for index, rule in rules) if rule.matches]

    def _under(self, values: EventValues) -> Iterator[int]:
        for key, filed in self._filed.items():
            for name in values.by_key[key]:
                for length in self._lengths[key]:
                    if length > len(name):
                        break
                    yield from filed.get(name[:length], ())

    def held(self, numbers: Sequence[int], event: Event) -> list[RuleMatch]:
        """The rules of these numbers, counted from 1, held against an event."""
        values = EventValues(event)
        return [_held(number - 1, self._rules[number - 1], values) for number in numbers]


def _held(index: int, rule: Notification, values: EventValues) -> RuleMatch:
    return RuleMatch(rule.name or f"#{index + 1}", rule, values)


def _beginnings(patterns: Sequence[str]) -> list[str]:
    """What a value that the patterns take begins with; none where it may begin with anything, or be absent."""
    plain = [pattern for pattern in patterns if not pattern.startswith("!")]
    found = [_WILDCARD.split(pattern, maxsplit=1)[0] for pattern in plain]
    literal = [pattern for pattern in patterns if pattern.startswith("!")]  # a value that is one letter for letter
    return [*found, *literal] if found and all(found) else []
