"""The routes of one side, by the values that they need: which of ten thousand could meet another one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tocsin.comparison.reach import Route
from tocsin.comparison.values import Only, Wanted
from tocsin.policy.glob import is_glob, passes
from tocsin.terms import SELECTORS

_SIGN = re.compile(r"[*?\[\\]")


class Part(NamedTuple):
    """What a route wants of a key: the few texts that it takes (none: others too), and what these begin with (none: anything)."""

    wanted: Wanted
    texts: frozenset[str]
    heads: tuple[str, ...]

    def may_meet(self, other: Part) -> bool:
        """False only where no text is surely taken by both."""
        if self.texts and other.texts:
            return not self.texts.isdisjoint(other.texts)
        if self.texts or other.texts:
            few, many = (self, other) if self.texts else (other, self)
            return isinstance(many.wanted, Only) or any(passes(many.wanted, (text,)) for text in few.texts)
        heads = [(head, other_head) for head in self.heads for other_head in other.heads]
        return not heads or any(head.startswith(other_head) or other_head.startswith(head) for head, other_head in heads)


def _part(wanted: Wanted) -> Part:
    if isinstance(wanted, Only):
        return Part(wanted, frozenset([wanted.text]), (wanted.text,))
    few = not any(is_glob(text) or text.startswith("!") for text in wanted)
    heads = tuple(_SIGN.split(text, maxsplit=1)[0] for text in wanted if not text.startswith("!"))
    return Part(wanted, frozenset(wanted if few else ()), heads if all(heads) else ())


def _holds(wide: Part, narrow: Part | None) -> bool:
    """Whether all the few texts of one part are surely taken by another."""
    if narrow is None or not narrow.texts:
        return False
    if wide.texts:
        return narrow.texts <= wide.texts
    return all(passes(wide.wanted, (text,)) for text in narrow.texts) if not isinstance(wide.wanted, Only) else False


def _parts(route: Route) -> list[tuple[str, Part]]:
    """What a route wants of each key; an event has several names of a pipeline or a person, for which this does not hold."""
    return [(key, _part(wanted)) for key, wanted in route.selector if not SELECTORS[key].several]


class Index:
    """Some routes, to be asked for those that may take an event which another route takes."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(route, _parts(route)) for route in routes]
        self._under: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        held: dict[str, set[int]] = defaultdict(set)  # by key: the routes that need one of a few values of it
        for number, (_, parts) in enumerate(self._routes):
            for key, part in parts:
                if part.texts:
                    held[key].add(number)
                for text in part.texts:
                    self._under[key][text].append(number)
        self._free = {key: [number for number in range(len(routes)) if number not in numbers] for key, numbers in held.items()}

    def near(self, route: Route) -> list[Route]:
        """The routes that may meet this one, in order."""
        return [other for other, _ in self._near(route, dict(_parts(route)))]

    def takes(self, route: Route) -> bool:
        """Whether one of the routes takes all that this one takes, as far as that is seen without looking closer."""
        parts = dict(_parts(route))
        return any(
            not route.on & ~other.on and len(theirs) == len(other.selector) and all(_holds(part, parts.get(key)) for key, part in theirs)
            for other, theirs in self._near(route, parts)
        )

    def _near(self, route: Route, parts: dict[str, Part]) -> Iterator[tuple[Route, list[tuple[str, Part]]]]:
        narrowed = [self._at(key, part.texts) for key, part in parts.items() if part.texts and key in self._free]
        narrowest = min(narrowed, key=len) if narrowed else None
        fewest: Iterable[int] = range(len(self._routes)) if narrowest is None else narrowest
        for other, theirs in (self._routes[number] for number in sorted(set(fewest))):
            if other.on & route.on and all(key not in parts or parts[key].may_meet(part) for key, part in theirs):
                yield other, theirs

    def _at(self, key: str, texts: Iterable[str]) -> list[int]:
        under = self._under[key]
        return [*self._free[key], *(number for text in texts if text in under for number in under[text])]
