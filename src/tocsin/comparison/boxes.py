"""Boxes: sets of events, a set of values a key. What of one box lies in none of some others.

An event is a point: its moment (a base event, perhaps with a transition) under `on`, its names under each key of selectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple, TypeAlias

from tocsin.comparison.languages import TooManyError
from tocsin.comparison.moments import ALL
from tocsin.comparison.values import Names, Wanted, values_of
from tocsin.derive.policy_facts import guess_tier
from tocsin.policy.selectors import REF_OF
from tocsin.terms import REF_TYPES, SELECTORS

PIECES_MAX = 2_000  # ours: of one box
ON = "on"
# In this order boxes are cut. What has several names is last: two sets of them have a common part that no selector says.
KEYS = (ON, *(key for key, term in SELECTORS.items() if not term.several), *(key for key, term in SELECTORS.items() if term.several))

Box: TypeAlias = "dict[str, int]"  # a key that is not there may be anything
Selector: TypeAlias = "tuple[tuple[str, Wanted], ...]"


class Point(NamedTuple):
    """An event, by its number among the moments and its names by key; keys that do not matter are left out."""

    moment: int
    names: Mapping[str, Names]


class Space:
    """The values of every key that some selectors speak of. Raises TooManyError."""

    def __init__(self, selectors: Sequence[Selector]) -> None:
        wanted: dict[str, list[Wanted]] = {}
        for selector in selectors:
            for key, item in selector:
                wanted.setdefault(key, []).append(item)
        self.values = {key: values_of(key, tuple(wanted[key])) for key in KEYS if key in wanted}
        self._all = {ON: ALL, **{key: values.all for key, values in self.values.items()}}

    def box(self, on: int, selector: Selector) -> Box:
        """The events that a selector takes at some moments."""
        box: Box = {ON: on}
        for key, item in selector:
            box[key] = box.get(key, self._all[key]) & self.values[key].set_of(item)
        return box

    def _meet(self, box: Box, other: Box) -> Box:
        return {**box, **{key: box.get(key, self._all[key]) & values for key, values in other.items()}}

    def point(self, box: Box) -> Point | None:
        """An event in a box; None where no event can be there, for what some keys say rules out what others say."""
        if not all(box.values()):
            return None
        moment = (box[ON] & -box[ON]).bit_length() - 1
        if "tier" in box and not self._allows_none(box, "environment"):  # every environment has a tier
            box = {**box, "tier": box["tier"] & ~self.values["tier"].none}
            if not box["tier"]:
                return None
        names = {key: self.values[key].first(values) for key, values in box.items() if key != ON}
        for type_ in ("", *REF_TYPES):
            if self._is_of(type_, box):
                given = {key: names[key] if REF_OF[key] == type_ else () for key in REF_OF if key in names}
                tier = {"tier": (guess_tier(names["environment"][0]) or "",)} if names.get("environment") and "tier" not in names else {}
                return Point(moment, {**names, **tier, "ref_type": (type_,) if type_ else (), **given})
        return None

    def _is_of(self, type_: str, box: Box) -> bool:
        """Whether a box has an event of a type of ref, or of none: what is known of one type only, no other has."""
        if "ref_type" in box:
            values = self.values["ref_type"]
            if not box["ref_type"] & (values.set_of((type_,)) if type_ else values.none):
                return False
        return all(self._allows_none(box, key) for key, of in REF_OF.items() if of != type_)

    def _allows_none(self, box: Box, key: str) -> bool:
        return key not in box or bool(box[key] & self.values[key].none)

    def without(self, box: Box, others: Iterable[Box]) -> list[Box]:
        """The events of a box that lie in none of the others, as boxes that may overlap. Raises TooManyError."""
        pieces = [box] if self.point(box) else []
        near = [other for other in others if self.point(self._meet(box, other))]
        if not near:
            return pieces
        for other in sorted(near, key=len):
            pieces = [part for piece in pieces for part in self._cut(piece, other)]
            if len(pieces) > PIECES_MAX:
                raise TooManyError("the rules overlap in too many ways")
        return self._distinct([self._widened(piece, box, near) for piece in pieces])

    def _cut(self, piece: Box, other: Box) -> list[Box]:
        """What of a piece lies outside of another box, in parts that do not overlap."""
        if not self.point(self._meet(piece, other)):
            return [piece]
        parts, rest = [], dict(piece)
        for key in KEYS:
            if key in other:
                mine = rest.get(key, self._all[key])
                parts.append({**rest, key: mine & ~other[key]})
                rest[key] = mine & other[key]
        return [part for part in parts if self.point(part)]

    def _widened(self, piece: Box, whole: Box, others: Sequence[Box]) -> Box:
        """A piece with as few conditions as the whole allows, still outside of the others."""
        for key in [key for key in reversed(KEYS) if key in piece]:
            wide = {name: values for name, values in piece.items() if name != key} | ({key: whole[key]} if key in whole else {})
            if not any(self.point(self._meet(wide, other)) for other in others):
                piece = wide
        return piece

    def _distinct(self, pieces: Sequence[Box]) -> list[Box]:
        """The pieces without those that lie in another one, those joined that differ in one key alone."""
        kept: list[Box] = []
        for piece in pieces:
            if not any(self._within(piece, other) for other in kept):
                kept = [other for other in kept if not self._within(other, piece)] + [piece]
        return reduce(_joined, KEYS, kept) if len(kept) > 1 else kept

    def _within(self, piece: Box, other: Box) -> bool:
        return all(not piece.get(key, self._all[key]) & ~values for key, values in other.items())


def _joined(boxes: list[Box], key: str) -> list[Box]:
    found: dict[tuple[tuple[str, int], ...], Box] = {}
    for box in boxes:
        rest = tuple(sorted((name, values) for name, values in box.items() if name != key))
        if (key in box) and rest in found and key in found[rest]:
            found[rest] = {**box, key: box[key] | found[rest][key]}
        else:
            found[(*rest, (key, -1)) if key not in box else rest] = box
    return list(found.values())
