"""The comparison of two policies: all that a change of the policy means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from tocsin.comparison.changes import TOLD, Change, changes, mention_changes
from tocsin.comparison.sampling import differing_keys, sampled_changes
from tocsin.comparison.settings import (
    ChannelChange,
    PersonChange,
    Setting,
    Way,
    channel_changes,
    delivery_changes,
    people_changes,
    way_changes,
)
from tocsin.comparison.tested_runs import tested_runs
from tocsin.explanation.places import RulePlace, rule_place
from tocsin.policy.mentions import ROLES

if TYPE_CHECKING:
    from tocsin.comparison.sides import Side


class Comparison(NamedTuple):
    """What differs between two policies.

    `sampled` says in words what the selectors alone could not decide, () where they decided all. `mentions` are changes in whom the
    messages mention. `people` matter to who is told where a rule of either `asks_people`, by a role.
    """

    base: Side
    head: Side
    changes: list[Change]
    sampled: tuple[str, ...]
    channels: list[ChannelChange]
    ways: list[Way]
    delivery: list[Setting]
    mentions: list[Change]
    people: list[PersonChange]
    asks_people: bool
    mute: bool = False  # whether it differs, and with it who is told at which time

    @property
    def moved(self) -> bool:
        """Whether anybody hears of more or less, is mentioned more or less, or hears by another way."""
        people = self.asks_people and bool(self.people)
        channels = any(channel.change == "changed" for channel in self.channels)
        return bool(self.changes or self.mentions or self.ways or self.mute or people or channels)

    def __bool__(self) -> bool:
        return bool(self.moved or self.channels or self.people or self.delivery)

    def rules_of(self, change: Change) -> list[RulePlace]:
        """The rules that make a change, with their places: of the new policy where it is told, else of the old one."""
        document = (self.head if change.change == TOLD else self.base).document
        return [rule_place(document, index) for index in change.rules] if document else []


def compare(base: Side, head: Side) -> Comparison:
    """Compare two policies."""
    old, new = base.document, head.document
    found, mentions = changes(old, new), mention_changes(old, new)
    keys = differing_keys(old, new)
    samples = sampled_changes(old, new, keys, tested_runs([base, head])) if old and new and keys else []
    why = [f"the policies' own context or environments differ, and with them what a run's {_listed(keys)} is"] if keys else []
    return Comparison(
        base,
        head,
        [*found.changes, *(change for change in samples if not change.mention)],
        tuple(dict.fromkeys((*why, *found.undecided, *mentions.undecided))),
        channel_changes(old, new),
        way_changes(old, new),
        delivery_changes(old, new),
        [*mentions.changes, *(change for change in samples if change.mention)],
        people_changes(old, new),
        any(word in ROLES for side in (old, new) if side for rule in side.policy.notifications for word in rule.mention),
        mute=bool(old and new and old.policy.mute != new.policy.mute),
    )


def _listed(keys: Iterable[str]) -> str:
    *first, last = sorted(keys)
    return f"{', '.join(first)} or {last}" if first else last
