"""The values of one key of selectors, as far as the patterns of some selectors tell them apart, and sets of them.

A set is a whole number, a bit a value. Each value stands for all that the same patterns match; the last one, no name, is what the
event does not have.

Of a pattern like `!main` the program says that it also takes the text "!main" itself. Such a text is looked at where another pattern
speaks of it, and nowhere else: nobody means it, and every `!` that is taken away would be told as a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from tocsin.comparison.languages import TooManyError, files, texts
from tocsin.policy.glob import glob, is_glob
from tocsin.terms import TERMS

Patterns: TypeAlias = "tuple[str, ...]"
Names: TypeAlias = "tuple[str, ...]"  # as `policy.match.selector_values` gives them

VALUES_MAX = 50_000  # ours: of one key
ALWAYS_THERE = ("kind",)  # keys that every event has


class Only(NamedTuple):
    """The one text that a key must be, whatever signs it holds: a channel's project."""

    text: str


Wanted: TypeAlias = "Patterns | Only"


class Values:
    """The values of a key that the patterns in `wanted` tell apart. Raises TooManyError."""

    def __init__(self, key: str, wanted: Iterable[Wanted]) -> None:
        self.key = key
        self.patterns = list(dict.fromkeys(pattern for item in wanted for pattern in _texts(item)))
        self.names = [*_names(key, self.patterns), *([] if key in ALWAYS_THERE else [()])]
        if len(self.names) > VALUES_MAX:
            raise TooManyError("the patterns tell too many values apart")
        self.all = (1 << len(self.names)) - 1
        self.none = 0 if key in ALWAYS_THERE else 1 << len(self.names) - 1
        self._sets: dict[Wanted, int] = {}
        self._of_pattern: dict[str, int] = {}
        self._called: dict[str, int] = {}
        for number, names in enumerate(self.names):
            for name in names:
                self._called[name] = self._called.get(name, 0) | 1 << number

    def set_of(self, wanted: Wanted) -> int:
        """The values that a list of patterns takes, as `policy.glob.passes` has it."""
        if wanted not in self._sets:
            self._sets[wanted] = self._called.get(wanted.text, 0) if isinstance(wanted, Only) else self._passing(wanted)
        return self._sets[wanted]

    def _passing(self, patterns: Patterns) -> int:
        hit = excluded = 0
        plain = False
        for pattern in patterns:
            if pattern.startswith("!"):
                excluded |= self.matching(pattern[1:])
                hit |= self._called.get(pattern, 0)
            else:
                plain = True
                hit |= self.matching(pattern)
        return (hit if plain else self.all) & ~excluded

    def matching(self, pattern: str) -> int:
        """The values that have a name which a pattern without `!` matches."""
        if pattern not in self._of_pattern:
            found = self._called.get(pattern, 0)
            if is_glob(pattern):
                for name, values in self._called.items():
                    if glob(pattern, name):
                        found |= values
            self._of_pattern[pattern] = found
        return self._of_pattern[pattern]

    def first(self, values: int) -> Names:
        """The names of one of the values: none, where that is one of them."""
        return () if values & self.none else self.names[(values & -values).bit_length() - 1]


@lru_cache(maxsize=4096)
def values_of(key: str, wanted: tuple[Wanted, ...]) -> Values:
    """The values of a key; ten thousand rules ask for the same again and again. Raises TooManyError."""
    return Values(key, wanted)


def _texts(wanted: Wanted) -> Iterator[str]:
    if isinstance(wanted, Only):
        yield wanted.text
        return
    for pattern in wanted:
        text = pattern.removeprefix("!")
        if text:
            yield text


def _names(key: str, patterns: Sequence[str]) -> list[Names]:
    words = TERMS[key].words
    if words:
        return [(word,) for word in words]
    single: list[Names] = [(text,) for text in texts(patterns)]
    return single if not TERMS[key].stem_of else [*single, *_pipelines(single, patterns)]


def _pipelines(single: Sequence[Names], patterns: Sequence[str]) -> Iterator[Names]:
    """What a pipeline with a file is called, by its own name or without one."""
    told: set[int] = set()
    kept = [*[((), names) for names in single], *((names, file) for file in files(patterns) for names in ((), *single))]
    if len(kept) > VALUES_MAX:
        raise TooManyError("the patterns tell too many pipelines apart")
    matched = {names: _matched(names, patterns) for pair in kept for names in pair}
    for own, file in kept:
        both = matched[own] | matched[file]
        if both not in told:
            told.add(both)
            if len(file) > 1:
                yield own + file


def _matched(names: Names, patterns: Sequence[str]) -> int:
    return sum(1 << number for number, pattern in enumerate(patterns) if any(glob(pattern, name) for name in names))
