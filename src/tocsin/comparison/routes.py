"""The routes of one side, by the values that they need: which of ten thousand could meet another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tocsin.comparison.reach import Route
from tocsin.comparison.values import Only, Wanted
from tocsin.policy.glob import is_glob


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
        narrowed = [self._at(key, texts) for key, texts in _needs(route) if key in self._free]
        numbers = sorted(set(min(narrowed, key=len))) if narrowed else range(len(self._routes))
        return [self._routes[number] for number in numbers if self._routes[number].on & route.on]

    def _at(self, key: str, texts: tuple[str, ...]) -> list[int]:
        under = self._under[key]
        return [*self._free[key], *(number for text in texts if text in under for number in under[text])]


def _needs(route: Route) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each key for which a route takes only a few texts, with these."""
    for key, item in route.selector:
        texts = _few(item)
        if texts and key != "pipeline":  # of which an event has several names
            yield key, texts


def _few(item: Wanted) -> tuple[str, ...]:
    if isinstance(item, Only):
        return (item.text,)
    return () if any(is_glob(text) or text.startswith("!") for text in item) else item
