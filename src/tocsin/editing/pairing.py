"""Which items of a list stay, which go, and which are new."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tocsin.editing.data import Data, Origins
    from tocsin.editing.marks import Entry


class Pairing(NamedTuple):
    """By the numbers of the items in the text: what those that stay shall say, those that go, and what is new behind which (-1: none)."""

    kept: dict[int, Data]
    removed: set[int]
    added: dict[int, list[Data]]


def pair_items(entries: Sequence[Entry], wanted: Sequence[Data], origins: Origins) -> Pairing:
    """Find each wanted item among those in the text: a list or a dict by where it came from, else by what it says."""
    places: dict[str | int, deque[int]] = {}
    for number, entry in enumerate(entries):
        said = origins.said(entry.value.node)
        places.setdefault(said if isinstance(said, str) else id(entry.value.node), deque()).append(number)
    kept: dict[int, Data] = {}
    added: dict[int, list[Data]] = {}
    last = -1
    for value in wanted:
        number = _found(value, last, places, origins)
        if number < 0:
            added.setdefault(last, []).append(value)
        else:
            kept[number] = value
            last = number
    return Pairing(kept, set(range(len(entries))) - kept.keys(), added)


def _found(value: Data, last: int, places: dict[str | int, deque[int]], origins: Origins) -> int:
    """The number of an item behind the last one that was found; -1 where there is none."""
    node = origins.node(value)
    numbers = places.get(value if isinstance(value, str) else id(node), deque())
    while numbers and numbers[0] <= last:
        numbers.popleft()
    return numbers.popleft() if numbers else -1
