"""The texts that globs tell apart: for each set of patterns that one text can match at once, the shortest such text.

Globs are regular. All of them are followed side by side, character by character, as one automaton; each state is visited once.
`policy/glob.py` alone says what a pattern matches. Here it is only asked which texts are worth a look.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from string import ascii_lowercase, digits
from typing import NamedTuple, TypeAlias

from tocsin.policy.glob import is_glob, readings

STATES_MAX = 5_000  # ours, beside one for each character: some hundred globs of one key; globs that all overlap make more
_OTHER_SIGNS = frozenset("[\\")
_OTHER_CHAR = "\N{MIDDLE DOT}"
_READABLE = ascii_lowercase + digits
_LETTERS = "x" + _READABLE  # the first one is the most likely to be free


class TooManyError(Exception):
    """The patterns tell more texts apart than can be looked at; in words for the user."""


class Token(NamedTuple):
    """A part of a pattern: `*`, `?`, a class in brackets, or else one character."""

    kind: str  # "*", "?", "[", "" for a character, "end"
    text: str = ""

    def takes(self, char: str) -> bool:
        """Whether a character stands for it; of `*` it is one of many."""
        return self.kind in ("*", "?") or (self.text == char if self.kind == "" else self.kind == "[" and fnmatchcase(char, self.text))


def tokens(reading: str) -> tuple[Token, ...]:
    """The parts of a pattern as `fnmatch` reads it."""
    found: list[Token] = []
    at = 0
    while at < len(reading):
        sign, end = reading[at], at + 1
        if sign == "[":
            end = _class_end(reading, at)
        found.append(Token("[" if end > at + 1 else sign if sign in "*?" else "", reading[at:end]))
        at = end
    return tuple(found)


def _class_end(reading: str, at: int) -> int:
    """Behind the bracket that ends a class; without one the first bracket is a character."""
    start = at + 1 + (reading[at + 1 : at + 2] == "!")
    end = reading.find("]", start + (reading[start : start + 1] == "]"))
    return at + 1 if end < 0 else end + 1


State: TypeAlias = "tuple[int, frozenset[int]]"  # of the tree of words (-1: off it), and the places in the patterns


class Automaton:
    """All patterns at once: the words that stand for themselves as a tree, the globs as places that are alive."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._tokens: list[Token] = []
        self._pattern: dict[int, str] = {}  # by the place of its end
        self._tree: list[dict[str, int]] = [{}]
        self._word: dict[int, str] = {}  # by its node in the tree
        self.states_max = STATES_MAX
        starts = []
        for pattern in dict.fromkeys(patterns):
            self._plant(pattern)
            self.states_max += len(pattern)
            for reading in readings(pattern) if is_glob(pattern) else ():
                starts.append(len(self._tokens))
                self._tokens += tokens(reading)
                self._pattern[len(self._tokens)] = pattern
                self._tokens.append(Token("end"))
        self.start: State = (0, self._closed(starts))

    def _plant(self, word: str) -> None:
        node = 0
        for char in word:
            if char not in self._tree[node]:
                self._tree.append({})
                self._tree[node][char] = len(self._tree) - 1
            node = self._tree[node][char]
        self._word[node] = word

    def matched(self, state: State) -> frozenset[str]:
        """The patterns that match what was read."""
        node, places = state
        found = {self._pattern[place] for place in places if place in self._pattern}
        return frozenset(found | {self._word[node]} if node in self._word else found)

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Each state that one more character leads to, with such a character: a readable one, where there is one."""
        seen: set[State] = set()
        for char in self._characters(state):
            after = self.after(state, char)
            if after not in seen:
                seen.add(after)
                yield char, after

    def after(self, state: State, char: str) -> State:
        """The state that a character leads to."""
        node, places = state
        moved = (place if self._tokens[place].kind == "*" else place + 1 for place in places if self._tokens[place].takes(char))
        return (self._tree[node].get(char, -1) if node >= 0 else -1), self._closed(moved)

    def _closed(self, places: Iterable[int]) -> frozenset[int]:
        found: set[int] = set()
        for place in places:
            after = place
            while self._tokens[after].kind == "*":  # it may stand for nothing
                found.add(after)
                after += 1
            found.add(after)
        return frozenset(found)

    def _characters(self, state: State) -> list[str]:
        """Characters of which any other one leads where one of these does: each that is named, and those beside it."""
        node, places = state
        named = set(self._tree[node]) if node >= 0 else set()
        for place in places:
            if self._tokens[place].kind in ("", "["):
                named |= set(self._tokens[place].text)
        beside = {chr(ord(char) + step) for char in named for step in (-1, 1) if " " < char < "\ud7ff"}
        classed = any(self._tokens[place].kind == "[" for place in places)
        other = next((char for char in _LETTERS if char not in named), _OTHER_CHAR)
        return [other, *sorted(named | (beside | {*_READABLE} if classed else set()), key=_readability)]


def _readability(char: str) -> tuple[int, str]:
    return (0 if char in _READABLE else 1 if char in "-/._" else 2 if char.isprintable() else 3), char


def texts(patterns: Sequence[str]) -> list[str]:
    """For each set of the patterns that one text can match at once, none among them, a shortest text. Raises TooManyError."""
    globs = [pattern for pattern in patterns if is_glob(pattern)]
    if not globs or (len(globs) == 1 and len(patterns) < len(_READABLE) and _is_simple(globs[0])):
        return _simple(patterns, *globs)
    automaton = Automaton(patterns)
    found: dict[frozenset[str], str] = {}
    for text, state in _walk(automaton):
        found.setdefault(automaton.matched(state), text)
    return list(found.values())


def _is_simple(pattern: str) -> bool:
    """Whether a glob has no signs but `*` and `?`, and beside `?` a character."""
    return not _OTHER_SIGNS.intersection(pattern) and (not pattern.strip("*") or bool(pattern.strip("*?")))


def _simple(words: Sequence[str], star: str = "") -> list[str]:
    """The same of words and at most one glob of `*` and `?`: no automaton is needed, which spares most policies its time."""
    named = dict.fromkeys(word for word in words if word != star)
    found = list(named)
    if star:
        head, _, tail = star.partition("*") if "*" in star else ("", "", star)
        made = (f"{head}{letter if '*' in star else ''}{tail.replace('*', '')}".replace("?", letter) for letter in _LETTERS)
        found.append(next(text for text in made if text not in named))
    if star.strip("*") or not star:
        letter = next((char for char in _LETTERS if char not in star), _OTHER_CHAR)
        found.append(next(text for count in range(1, len(named) + 2) if (text := letter * count) not in named))
    return found


def _walk(automaton: Automaton) -> Iterator[tuple[str, State]]:
    """Each state that a text leads to, with a shortest one; the empty text is none."""
    queue: deque[tuple[str, State]] = deque([("", automaton.start)])
    seen: set[State] = set()
    while queue:
        before, state = queue.popleft()
        for char, after in automaton.steps(state):
            if after not in seen:
                seen.add(after)
                _limit(len(seen), automaton)
                yield before + char, after
                queue.append((before + char, after))


def files(patterns: Sequence[str]) -> list[tuple[str, str]]:
    """The same for the two names of a file, without its ending and with it. Raises TooManyError."""
    automaton = Automaton(patterns)
    found: dict[tuple[frozenset[str], frozenset[str]], tuple[str, str]] = {}
    seen: set[tuple[frozenset[str], State]] = set()
    for stem, state in _walk(automaton):
        matched = automaton.matched(state)
        queue = deque([(f"{stem}.", automaton.after(state, "."))])
        while queue:
            before, place = queue.popleft()
            for char, after in automaton.steps(place):
                if char != "." and (matched, after) not in seen:
                    seen.add((matched, after))
                    _limit(len(seen), automaton)
                    found.setdefault((matched, automaton.matched(after)), (stem, before + char))
                    queue.append((before + char, after))
    return list(found.values())


def _limit(states: int, automaton: Automaton) -> None:
    if states > automaton.states_max:
        raise TooManyError("the patterns overlap in too many ways")
