"""What differs from a case, in words: which key kept which rule away, and which rule told whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tocsin.explanation.places import rule_places
from tocsin.policy.match import EventValues, RuleMatch
from tocsin.policy_tests.cases import RecipientKey, recipient_key
from tocsin.report import why_not
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.explanation.places import RulePlace
    from tocsin.policy.load import PolicyDocument
    from tocsin.policy_tests.running import CaseResult

NEAREST_MAX = 5  # ours: of the rules that name a recipient, those that come nearest
HELD_MAX = 100_000  # ours: rules held against events to say why they do not match; where all cases fail, the first ones say enough
NAME_MAX_CHARS = 100  # ours


class Differences:
    """The words of one policy's differences."""

    def __init__(self, document: PolicyDocument) -> None:
        self._document = document
        self._left = HELD_MAX

    @cached_property
    def places(self) -> list[RulePlace]:
        """The rules with their places."""
        return rule_places(self._document)

    @cached_property
    def _by_name(self) -> dict[str, RulePlace]:
        return {place.name: place for place in self.places}

    @cached_property
    def _naming(self) -> dict[RecipientKey, list[RulePlace]]:
        """The rules that name a recipient, by its key."""
        found: dict[RecipientKey, list[RulePlace]] = defaultdict(list)
        for place in self.places:
            for to in place.rule.send_to:
                for name in [to.channel] if to.channel is not None else to.email or ():
                    if place not in found[key := recipient_key(name)][-1:]:
                        found[key].append(place)
        return found

    def lines(self, result: CaseResult) -> Iterator[str]:
        """A line a difference, those that belong to it two spaces further in."""
        if result.problem is not None or result.event is None:
            yield f"the run cannot be worked out: {result.problem}"
            return
        for name in result.missing:
            yield f"missing: {_short(name)}"
            yield from (f"  {line}" for line in self._why_missing(name, result, result.event))
        for name in result.unexpected:
            yield f"unexpected: {_short(name)}"
            row = next(row for row in result.destinations if row.recipient == name)
            yield from (f"  told by {self._rule(rule)}" for rule in row.rules)
        for name in result.missing_rules:
            yield f"missing: {self._rule(name)}"
            if (place := self._by_name.get(name)) is not None:
                yield f"  {_why_not(place, result.event)}"
        for name in result.unexpected_rules:
            yield f"unexpected: {self._rule(name)}"

    def _rule(self, name: str) -> str:
        place = self._by_name.get(name)
        return f"rule '{_short(name)}'{f' ({place.file}:{place.line})' if place else ''}"

    def _why_missing(self, name: str, result: CaseResult, event: Event) -> Iterator[str]:
        skipped = next((row for row in result.destinations if recipient_key(row.recipient) == recipient_key(name)), None)
        if event.event is None:
            yield f"the run was {event.status}: that is no event, so nothing is sent"
        elif skipped and skipped.skip:
            by = ", ".join(map(self._rule, skipped.rules))
            yield f"by {by}, but {skipped.skip.reason}"
        else:
            yield from self._nearest(self._naming.get(recipient_key(name), []), event)

    def _nearest(self, naming: Sequence[RulePlace], event: Event) -> Iterator[str]:
        if not naming:
            yield "no rule sends to it"
            return
        self._left -= len(naming)
        if self._left < 0:
            yield f"{len(naming)} rules send to it, and none matches (mend the cases above first, to see why)"
            return
        values = EventValues(event)
        held = sorted(((len(values.mismatches(place.rule)), place.number, place) for place in naming), key=lambda row: row[:2])
        for _, _, place in held[:NEAREST_MAX]:
            yield f"{self._rule(place.name)}: {_why_not(place, event)}"
        if len(held) > NEAREST_MAX:
            yield f"and {len(held) - NEAREST_MAX} more rules that send to it, further away"


def _why_not(place: RulePlace, event: Event) -> str:
    if event.event is None:
        return f"the run was {event.status}: that is no event"
    return why_not(RuleMatch(place.name, place.rule, EventValues(event)))


def _short(name: str) -> str:
    return clean(name, NAME_MAX_CHARS)
