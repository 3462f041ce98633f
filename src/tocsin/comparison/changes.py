"""What a change of the policy means: who newly hears of what, and who no longer does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from tocsin.comparison.boxes import ON, Box, Point, Space
from tocsin.comparison.languages import TooManyError
from tocsin.comparison.mentioned import distinct, mention_reaches, role_reaches
from tocsin.comparison.patterns import lists_of
from tocsin.comparison.reach import Key, Reach, Route, reaches
from tocsin.comparison.routes import Index
from tocsin.comparison.values import Only, Patterns, Wanted
from tocsin.terms import SELECTORS

if TYPE_CHECKING:
    from tocsin.policy.load import PolicyDocument

TOLD, NO_LONGER = "told", "no longer told"
COMPARED_MAX = 200  # ours: routes that may hold a route as a whole; with more it is listed by itself


class Change(NamedTuple):
    """Events of which a recipient newly hears, or no longer: at some moments, of the runs that a selector takes.

    `rules` are the indexes of the rules that say so, of the new policy where it is `told`, else of the old one. `example` is one
    such event; None where none was made. `sampled` is whether it was found by asking for sample runs, and not decided by the selectors.
    With a `mention` it is about whom the messages to the recipient mention; with a `role` it holds only for runs that are the recipient's.
    """

    recipient: str
    channel: str
    change: str
    on: int
    pipelines: tuple[tuple[str, Patterns], ...]
    rules: tuple[int, ...]
    example: Point | None = None
    sampled: bool = False
    mention: str = ""
    role: str = ""


class Found(NamedTuple):
    """The changes, and in words what could not be decided by the selectors alone."""

    changes: list[Change]
    undecided: list[str]


def changes(base: PolicyDocument | None, head: PolicyDocument | None) -> Found:
    """Every change in who is told between two policies, decided by their selectors, for events that are the same by both."""
    undecided: dict[str, None] = {}
    before, after = reaches(base), reaches(head)
    found = [*_differences(before, after, undecided)]
    found += _differences(role_reaches(base), role_reaches(head), undecided, (before, after))
    return Found(found, list(undecided))


def mention_changes(base: PolicyDocument | None, head: PolicyDocument | None) -> Found:
    """The same, of whom the messages mention."""
    undecided: dict[str, None] = {}
    return Found([*_differences(*distinct(mention_reaches(base), mention_reaches(head)), undecided)], list(undecided))


_Reaches = Mapping[Key, Reach]


def _differences(
    before: _Reaches, after: _Reaches, undecided: dict[str, None], anyway: tuple[_Reaches, _Reaches] = ({}, {})
) -> Iterator[Change]:
    """What two sides differ in, but for what a side tells the recipient `anyway`."""
    for key in dict.fromkeys([*after, *before]):
        old, new = before.get(key), after.get(key)
        for word, mine, theirs, told in ((TOLD, new, old, anyway[1]), (NO_LONGER, old, new, anyway[0])):
            if mine:
                others = [other for other in (theirs, told.get(key[:2])) if other]
                known = mine._replace(routes=[route for other in others for route in other.routes]) if others else None
                yield from _joined(_only_in(mine, known, word, undecided))


def _only_in(mine: Reach, theirs: Reach | None, word: str, undecided: dict[str, None]) -> Iterator[Change]:
    """What one side tells a recipient and the other does not."""
    known = {route.meaning for route in theirs.routes} if theirs else set()
    fresh: dict[object, list[Route]] = {}
    for route in mine.routes:
        meaning = route.meaning
        if meaning not in known:
            fresh.setdefault(meaning, []).append(route)
    firsts = [routes[0] for routes in fresh.values()]
    index = Index(theirs.routes) if theirs and firsts else None
    among = Index(firsts)
    for route, same in zip(firsts, fresh.values(), strict=True):
        rules = tuple(sorted({other.rule for other in same}))
        try:
            if not (index and index.takes(route)) and not _is_part(route, among.near(route)):
                yield from (change._replace(rules=rules) for change in _of_route(route, index.near(route) if index else (), mine, word))
        except TooManyError as error:
            undecided[f"{mine.recipient}: {error}"] = None
            yield _change(mine, route.channel, word, route.on, _own(route), rules)._replace(sampled=True)


def _is_part(route: Route, others: Sequence[Route]) -> bool:
    """Whether another route takes all that this one takes."""
    if len(others) > COMPARED_MAX:
        return False
    keys = {key for key, _ in route.selector}
    wider = [
        other for other in others if other is not route and not route.on & ~other.on and keys.issuperset(key for key, _ in other.selector)
    ]
    return any(_holds(other, route) and not (_holds(route, other) and others.index(route) < others.index(other)) for other in wider)


def _holds(wide: Route, narrow: Route) -> bool:
    space = Space([wide.selector, narrow.selector])
    return not space.without(space.box(narrow.on, narrow.selector), [space.box(wide.on, wide.selector)])


def _of_route(route: Route, others: Sequence[Route], mine: Reach, word: str) -> Iterator[Change]:
    space = Space([route.selector, *(other.selector for other in others)])
    whole = space.box(route.on, route.selector)
    for piece in space.without(whole, [space.box(other.on, other.selector) for other in others]):
        for pipelines in _said(space, piece, route):
            example = space.point({**piece, **{key: piece[key] & space.values[key].set_of(item) for key, item in pipelines}})
            if example:
                yield _change(mine, route.channel, word, piece[ON], pipelines, (route.rule,))._replace(example=example)


def _change(mine: Reach, channel: str, word: str, on: int, pipelines: tuple[tuple[str, Patterns], ...], rules: tuple[int, ...]) -> Change:
    return Change(mine.recipient, channel, word, on, pipelines, rules, mention=mine.mention, role=mine.role)


def _own(route: Route) -> tuple[tuple[str, Patterns], ...]:
    return tuple((key, item) for key, item in route.selector if not isinstance(item, Only))


def _said(space: Space, piece: Box, route: Route) -> Iterator[tuple[tuple[str, Patterns], ...]]:
    """A piece as selectors: one, where each key's values can be said by one list."""
    given: dict[str, list[Wanted]] = {}
    for key, item in route.selector:
        given.setdefault(key, []).append(item)
    values = {key: wanted for key, wanted in piece.items() if key != ON and wanted != space.values[key].all}
    order = [key for key in given if key in values] + [key for key in values if key not in given]
    for lists in product(*(lists_of(space.values[key], values[key], given.get(key, ())) for key in order)):
        yield tuple(zip(order, lists, strict=True))


def _joined(found: Iterator[Change]) -> list[Change]:
    """The changes of a recipient, those as one that say the same by several rules, and those of a rule that differ in one part alone."""
    by_words: dict[object, Change] = {}
    for change in found:
        words = change.on, frozenset(change.pipelines)
        first = by_words.setdefault(words, change)
        by_words[words] = first._replace(rules=tuple(sorted({*first.rules, *change.rules})))
    by_moment: dict[object, Change] = {}
    for change in by_words.values():
        rest_of_it = frozenset(change.pipelines), change.rules
        first = by_moment.setdefault(rest_of_it, change)
        by_moment[rest_of_it] = first._replace(on=first.on | change.on)
    rest = list(by_moment.values())
    for key in SELECTORS:
        rest = _joined_by(key, rest)
    return rest


def _joined_by(key: str, found: list[Change]) -> list[Change]:
    """Those as one that differ in a few plain values of a key."""
    joined: dict[object, Change] = {}
    for change in found:
        own = dict(change.pipelines)
        patterns = own.pop(key, ())
        if not patterns or any(pattern.startswith("!") for pattern in patterns):
            joined[id(change)] = change
            continue
        same = change.on, frozenset(own.items()), change.rules
        if same in joined:
            more = tuple(dict.fromkeys([*dict(joined[same].pipelines)[key], *patterns]))
            pipelines = tuple((name, more if name == key else item) for name, item in joined[same].pipelines)
            joined[same] = joined[same]._replace(pipelines=pipelines)
        else:
            joined[same] = change
    return list(joined.values())
