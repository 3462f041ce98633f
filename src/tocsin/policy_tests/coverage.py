"""Coverage: the rules that no case touched. A case touches each rule that matches its event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tocsin.explanation.places import RulePlace
    from tocsin.policy_tests.running import CaseResult


class Coverage(NamedTuple):
    """How many rules there are, and those that no case touched."""

    rules: int
    untouched: Sequence[RulePlace]

    @property
    def touched(self) -> int:
        """How many rules a case touched."""
        return self.rules - len(self.untouched)

    @property
    def percent(self) -> float:
        """The share of rules that a case touched, in percent with one decimal, never rounded up; 100 where there is no rule."""
        return self.touched * 1000 // self.rules / 10 if self.rules else 100.0

    def reaches(self, percent: float) -> bool:
        """Whether the share of rules that a case touched is at least so many percent."""
        return self.touched * 100 >= percent * self.rules


def coverage_of(places: Sequence[RulePlace], results: Iterable[CaseResult]) -> Coverage:
    """The coverage of one policy's rules by the results of its cases."""
    touched = {rule.name for result in results for rule in result.matched}
    return Coverage(len(places), [place for place in places if place.name not in touched])


def together(parts: Sequence[Coverage]) -> Coverage:
    """The coverage of several policies."""
    return Coverage(sum(part.rules for part in parts), [place for part in parts for place in part.untouched])
