"""The comparison of two policies: all that a change of the policy means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from tocsin.comparison.changes import TOLD, Change, changes
from tocsin.comparison.sampling import differing_keys, sampled_changes
from tocsin.comparison.settings import ChannelChange, Setting, Way, channel_changes, delivery_changes, way_changes
from tocsin.comparison.tested_runs import tested_runs
from tocsin.explanation.places import RulePlace, rule_place

if TYPE_CHECKING:
    from tocsin.comparison.sides import Side


class Comparison(NamedTuple):
    """What differs between two policies.

    `sampled` says in words what the selectors alone could not decide, () where they decided all.
    """

    base: Side
    head: Side
    changes: list[Change]
    sampled: tuple[str, ...]
    channels: list[ChannelChange]
    ways: list[Way]
    delivery: list[Setting]
    mute: bool = False  # whether it differs, and with it who is told at which time

    @property
    def moved(self) -> bool:
        """Whether anybody hears of more or less, or by another way."""
        return bool(self.changes or self.ways or self.mute or any(channel.change == "changed" for channel in self.channels))

    def __bool__(self) -> bool:
        return bool(self.moved or self.channels or self.delivery)

    def rules_of(self, change: Change) -> list[RulePlace]:
        """The rules that make a change, with their places: of the new policy where it is told, else of the old one."""
        document = (self.head if change.change == TOLD else self.base).document
        return [rule_place(document, index) for index in change.rules] if document else []


def compare(base: Side, head: Side) -> Comparison:
    """Compare two policies."""
    old, new = base.document, head.document
    found = changes(old, new)
    keys = differing_keys(old, new)
    samples = sampled_changes(old, new, keys, tested_runs([base, head])) if old and new and keys else []
    why = [f"the policies' own context or environments differ, and with them what a run's {_listed(keys)} is"] if keys else []
    return Comparison(
        base,
        head,
        [*found.changes, *samples],
        (*why, *found.undecided),
        channel_changes(old, new),
        way_changes(old, new),
        delivery_changes(old, new),
        mute=bool(old and new and old.policy.mute != new.policy.mute),
    )


def _listed(keys: Iterable[str]) -> str:
    *first, last = sorted(keys)
    return f"{', '.join(first)} or {last}" if first else last
