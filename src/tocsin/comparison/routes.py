"""The routes of one side, by the values that they need: which of ten thousand could meet another one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tocsin.comparison.reach import Route
from tocsin.comparison.values import Only, Wanted
from tocsin.policy.glob import is_glob, passes
from tocsin.terms import SELECTORS

_SIGN = re.compile(r"[*?\[\\]")


class Index:
    """Some routes, to be asked for those that may take an event which another route takes."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes
        self._under: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        held: dict[str, set[int]] = defaultdict(set)  # by key: the routes that need one of a few values of it
        for number, route in enumerate(routes):
            for key, texts in _needs(route):
                held[key].add(number)
                for text in texts:
                    self._under[key][text].append(number)
        self._free = {key: [number for number in range(len(routes)) if number not in numbers] for key, numbers in held.items()}

    def near(self, route: Route) -> list[Route]:
        """The routes that may meet this one, in order."""
        narrowed: list[list[int]] = [self._at(key, texts) for key, texts in _needs(route) if key in self._free]
        narrowest = min(narrowed, key=len) if narrowed else None
        fewest: Iterable[int] = range(len(self._routes)) if narrowest is None else narrowest
        found = (self._routes[number] for number in sorted(set(fewest)))
        wanted = dict(route.selector)
        return [other for other in found if other.on & route.on and _may_meet(wanted, other)]

    def _at(self, key: str, texts: tuple[str, ...]) -> list[int]:
        under = self._under[key]
        return [*self._free[key], *(number for text in texts if text in under for number in under[text])]


def _needs(route: Route) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each key for which a route takes only a few texts, with these."""
    for key, item in route.selector:
        texts = _few(item)
        if texts and not SELECTORS[key].stem_of:  # of which an event has several names
            yield key, texts


def _few(item: Wanted) -> tuple[str, ...]:
    if isinstance(item, Only):
        return (item.text,)
    return () if any(is_glob(text) or text.startswith("!") for text in item) else item


def _may_meet(wanted: dict[str, Wanted], other: Route) -> bool:
    """False only where a key surely rules it out."""
    return all(key not in wanted or SELECTORS[key].stem_of or _overlap(wanted[key], item) for key, item in other.selector)


def _overlap(one: Wanted, two: Wanted) -> bool:
    for few, item in ((_few(one), two), (_few(two), one)):
        if few:
            return any(text == item.text if isinstance(item, Only) else passes(item, (text,)) for text in few)
    heads = [_heads(item) for item in (one, two)]
    return not all(heads) or any(head.startswith(other) or other.startswith(head) for head in heads[0] for other in heads[1])


def _heads(item: Wanted) -> list[str]:
    """What a text that is taken begins with; none where it may begin with anything."""
    if isinstance(item, Only):
        return [item.text]
    found = [_SIGN.split(text, maxsplit=1)[0] for text in item if not text.startswith("!")]
    return found if all(found) else []
