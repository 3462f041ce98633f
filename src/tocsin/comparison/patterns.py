"""A set of a key's values as lists of patterns, as a selector would say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from tocsin.comparison.languages import Token, tokens
from tocsin.comparison.values import Only, Patterns, Values, Wanted
from tocsin.policy.glob import is_glob, readings
from tocsin.terms import TERMS

TRIMMED_MAX = 200  # ours: a longer list is not looked through for what it could do without
COMMON_MAX = 50  # ours: patterns for what two patterns both match
NOTHING: Patterns = ("!*",)  # what the event does not have


class Said(NamedTuple):
    """Some patterns, without `!`, and the values that any of them matches."""

    texts: Patterns
    values: int


def lists_of(values: Values, wanted: int, given: Sequence[Wanted]) -> list[Patterns]:
    """Lists of patterns that together take the values in `wanted`, and no others: one, wherever one can say it.

    `given` are lists of which `wanted` is a part, in the policy's own words. Where no list can say it, they are all there is.
    """
    for item in given:
        if values.set_of(item) == wanted:
            return [_listed(item)]
    if wanted == values.none:
        return [NOTHING]
    if TERMS[values.key].words:
        return [_of_words(values, wanted)]
    return _Search(values, wanted).lists() or [_listed(item) for item in given] or [("*",)]


def _listed(item: Wanted) -> Patterns:
    return (escaped(item.text),) if isinstance(item, Only) else item


def escaped(text: str) -> str:
    """A pattern that is the text alone."""
    return "".join(f"\\{char}" if char in "*?[]\\" or (char == "!" and not at) else char for at, char in enumerate(text))


def _plain(text: str) -> str:
    """A pattern that excludes nothing."""
    return f"\\{text}" if text.startswith("!") else text


def _of_words(values: Values, wanted: int) -> Patterns:
    if wanted & values.none:
        return tuple(f"!{names[0]}" for number, names in enumerate(values.names) if names and not wanted >> number & 1)
    return tuple(names[0] for number, names in enumerate(values.names) if wanted >> number & 1)


class _Search:
    """Looks for lists that say a set, in the patterns that there are and in what is common to some of them."""

    def __init__(self, values: Values, wanted: int) -> None:
        self.values, self.wanted = values, wanted
        texts = dict.fromkeys([*map(_plain, values.patterns), "*"])
        self.pool = [Said((text,), values.matching(text)) for text in texts]

    def lists(self) -> list[Patterns]:
        """The lists; none where no selector can say the set."""
        found: list[Patterns] = []
        left = self.wanted
        while left:
            if left & self.values.none:
                best: Said | None = self._without_plain() or Said(NOTHING, self.values.none)
            else:
                best = self._with_plain(left) or self._with_common(left)
            if best is None or not best.values & left:
                return []
            found.append(best.texts)
            left &= ~best.values
        return found

    def _without_plain(self) -> Said | None:
        """A list of `!` alone, which takes what the event does not have and every value that is not excluded."""
        excluded = self._excluding(self.values.all)
        return None if excluded is None else self._trimmed([], excluded)

    def _with_plain(self, left: int) -> Said | None:
        """The list that says the most of what is left."""
        seeds = [(said, excluded) for said in self.pool if said.values & left and (excluded := self._excluding(said.values)) is not None]
        if not seeds:
            return None
        first, excluded = max(seeds, key=lambda seed: (seed[0].values & left & ~_values(seed[1])).bit_count())
        plain, region, out = [first], first.values, _values(excluded)
        taken = region & ~out
        for said, more in seeds:
            wider = (region | said.values) & ~(out | _values(more))
            if (wider & left & ~taken) and not taken & ~wider and not wider & ~self.wanted:
                plain.append(said)
                excluded += [item for item in more if item not in excluded]
                region, out, taken = region | said.values, out | _values(more), wider
        return self._trimmed(plain, excluded) if taken & left else None

    def _excluding(self, region: int) -> list[Said] | None:
        """Patterns to exclude of a region what is not wanted, with as little as can be of what is; None where none do."""
        chosen: list[Said] = []
        bad = region & ~self.wanted
        free = [said for said in self.pool if said.values & bad and not said.values & region & self.wanted] if bad else []
        for said in sorted(free, key=lambda said: -said.values.bit_count()):
            if said.values & bad:
                chosen.append(said)
                bad &= ~said.values
        while bad:
            useful = [said for said in self.pool if said.values & bad]
            if not useful:
                return None
            best = min(useful, key=lambda said: ((said.values & region & self.wanted).bit_count(), -(said.values & bad).bit_count()))
            chosen.append(best)
            bad &= ~best.values
        return chosen

    def _with_common(self, left: int) -> Said | None:
        """A list with what is common to all patterns that match one value."""
        value = left & -left
        matching = [said for said in self.pool if said.values & value and len(said.texts) == 1]
        if len(matching) < 2 or len(self.values.names[value.bit_length() - 1]) > 1:
            return None
        texts: Iterable[str] = matching[0].texts
        values = matching[0].values
        for said in matching[1:]:
            texts, values = [common for text in texts for common in in_common(text, said.texts[0])], values & said.values
        common = Said(tuple(dict.fromkeys(texts)), values)
        excluded = self._excluding(values) if common.texts else None
        return None if excluded is None else self._trimmed([common], excluded)

    def _trimmed(self, plain: list[Said], excluded: list[Said]) -> Said:
        """A list without the patterns that it can do without."""
        taken = (_values(plain) if plain else self.values.all) & ~_values(excluded)
        if len(plain) + len(excluded) <= TRIMMED_MAX:
            for part in (plain, excluded):
                for said in reversed(list(part)):
                    part.remove(said)
                    if (not plain and part is plain) or (_values(plain) if plain else self.values.all) & ~_values(excluded) != taken:
                        part.append(said)
        order = {said.texts: number for number, said in enumerate(self.pool)}
        for part in (plain, excluded):
            part.sort(key=lambda said: order.get(said.texts, len(order)))
        texts = (*(text for said in plain for text in said.texts), *(f"!{text}" for said in excluded for text in said.texts))
        return Said(texts, taken)


def _values(said: Iterable[Said]) -> int:
    found = 0
    for item in said:
        found |= item.values
    return found


def in_common(pattern: str, other: str) -> list[str]:
    """Patterns that together match what both of two patterns match; none where they are too many."""
    pairs = product(_readings(pattern), _readings(other))
    found = dict.fromkeys(text for one, two in pairs for text in _common(one, two))
    return list(found) if len(found) <= COMMON_MAX else []


def _readings(pattern: str) -> Iterator[tuple[Token, ...]]:
    yield from (tokens(reading) for reading in readings(pattern)) if is_glob(pattern) else [tuple(Token("", char) for char in pattern)]


def _common(one: Sequence[Token], two: Sequence[Token]) -> set[str]:
    """In the patterns' own words, by following both: a star takes what the other has, or ends."""
    known: dict[tuple[int, int], set[str]] = {}

    def rest(at: int, there: int) -> set[str]:
        if (at, there) not in known:
            known[at, there] = set(parts(at, there))
            if len(known[at, there]) > COMMON_MAX:
                known[at, there] = set(list(known[at, there])[: COMMON_MAX + 1])
        return known[at, there]

    def parts(at: int, there: int) -> Iterator[str]:
        if at == len(one) and there == len(two):
            yield ""
        stars = at < len(one) and one[at].kind == "*", there < len(two) and two[there].kind == "*"
        if all(stars):
            yield from (
                text if text.startswith("*") else f"*{text}" for after in (rest(at + 1, there), rest(at, there + 1)) for text in after
            )
            return
        if stars[0]:
            yield from rest(at + 1, there)
            yield from (_sign(two[there]) + text for text in rest(at, there + 1)) if there < len(two) else ()
        elif stars[1]:
            yield from rest(at, there + 1)
            yield from (_sign(one[at]) + text for text in rest(at + 1, there)) if at < len(one) else ()
        elif at < len(one) and there < len(two):
            sign = _both(one[at], two[there])
            yield from (sign + text for text in rest(at + 1, there + 1)) if sign else ()

    return rest(0, 0)


def _sign(token: Token) -> str:
    return escaped(token.text) if token.kind == "" else token.text


def _both(one: Token, two: Token) -> str:
    """What two parts have in common, each of one character; "" where that is nothing, or more than a pattern says."""
    for token, other in ((one, two), (two, one)):
        if token.kind == "" and other.takes(token.text):
            return _sign(token)
        if token.kind == "?" or token == other:
            return _sign(other)
    return ""
