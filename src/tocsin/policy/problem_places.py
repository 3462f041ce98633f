"""Problems and their places: a path into the policy's data becomes a line and a column, looked up only for errors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from tocsin.channels.literals import suspects
from tocsin.checks import Check
from tocsin.errors import Problem
from tocsin.named_tuple import NamedTuple
from tocsin.policy import words
from tocsin.policy.file_places import FilePlaces, Target
from tocsin.policy.nodes import Node, start
from tocsin.secrets.redactor import Redactor
from tocsin.wrong import DataPath, Place, Wrong

HIDDEN_MAX_CHARS = 100_000  # ours: of all that looks like a credential in one policy; no author writes more into it by mistake
FOUND_MAX = 1000  # ours: nobody mends more at once, and to find and to place each takes its time
SHOWN_MAX = 100  # ours
ORIGIN_MAX_KEYS = 3  # the longest path whose part a policy takes from a base: environments.NAME.tier

Spot: TypeAlias = tuple[int, Place]
"""What problems are sorted by: the file's number, the policy's own being 0, and the place in it."""


class Origin(NamedTuple):
    """Where a part of a policy's data stands: a file, and the path in that file's own data."""

    file: FilePlaces
    path: DataPath

    @property
    def place(self) -> tuple[str, int]:
        """The file's name, and the line in it, counted from 1."""
        return self.file.file, self.file.line_of(self.path)


class TooManyError(Exception):
    """So much is wrong that the rest is not looked for."""


def problem(file: str, wrong: Wrong) -> Problem:
    """What is wrong at a place of a file's text."""
    start_, end_ = (wrong.start, wrong.end) if wrong.line else ((1, 1), (1, 1))
    return Problem(file, *start_, wrong.message, wrong.severity, *end_, wrong.check)


def redactor_of(texts: Iterable[str]) -> Redactor:
    """What masks all that looks like a credential in some texts: an author may have written one into a place that an error quotes."""
    redact, left = Redactor(), HIDDEN_MAX_CHARS
    for suspect in dict.fromkeys(suspect for text in texts for suspect in suspects(text)):
        redact.learn_text(suspect[:left])
        left -= len(suspect)
        if left <= 0:
            break
    return redact


class Found:
    """What was found so far in all files of one policy, each once; and the texts of which no credential may be shown."""

    def __init__(self) -> None:
        self.hidden: list[str] = []
        self.files = 0
        self._found: dict[tuple[Spot, Problem], None] = {}

    def add(self, found: Problem, spot: Spot) -> None:
        """Take in a problem, which is sorted by its spot. Raises TooManyError."""
        if len(self._found) < FOUND_MAX:
            self._found[spot, found] = None
        elif found.severity == "error":
            raise TooManyError

    def in_order(self) -> list[Problem]:
        """The problems in the file's order, each once; of many the first, and a last one that says how many more there are."""
        if not self._found:
            return []
        redact = redactor_of(self.hidden)
        shown = {(spot, found._replace(message=redact(found.message))): None for spot, found in self._found}
        return self._first([found for _, found in sorted(shown, key=lambda item: item[0])])

    def _first(self, found: list[Problem]) -> list[Problem]:
        if len(found) <= SHOWN_MAX:
            return found
        more = found[SHOWN_MAX:]
        count = f"{len(more)} or more" if len(self._found) >= FOUND_MAX else f"{len(more)} more"
        worst = "error" if any(item.severity == "error" for item in more) else "warning"
        last = more[0]._replace(message=f"{count} problems from here on are not shown: mend those above first", severity=worst)
        return [*found[:SHOWN_MAX], last]

    def has(self, spots: Collection[Spot], check: Check) -> bool:
        """Whether a problem of a kind stands at one of some spots."""
        return any(spot in spots and found.check is check for spot, found in self._found)

    def has_errors(self) -> bool:
        """Whether one of them is an error."""
        return any(found.severity == "error" for _, found in self._found)


class Problems:
    """The problems of one file of a policy, each at its place, and the words that need to know the policy.

    The data may have parts from other files: `origins` says of each where it stands. `beside` are the problems of another file of the
    same policy.
    """

    def __init__(self, file: str, root: Node, text: str, beside: Problems | None = None) -> None:
        self.suggest: words.Suggestions = beside.suggest if beside else words.Suggestions()
        self.origins: Mapping[DataPath, Origin] = {}
        self._found: Found = beside._found if beside else Found()  # noqa: SLF001  of the same class
        self.own = FilePlaces(file, root, text, self._found.files)
        self._found.files += 1
        self._found.hidden.append(text)

    def add(self, wrong: Wrong) -> None:
        """Take in what is wrong with the policy's data, or with the text of one of its values; of another file's parts errors alone.

        A warning of such a part is for that file's author, who gets it where the file itself is checked.
        """
        target = self.find(wrong.path)
        if wrong.severity == "warning" and target.file is not self.own:
            return
        if wrong.line:
            self._add(target.file, target.file.inside(target.value, wrong))
        else:
            self._at(target.file, target.key if wrong.at_key and target.key else target.value, wrong)

    def at_node(self, node: Node, check: Check, message: str) -> None:
        """An error at a node of this file."""
        self._at(self.own, node, Wrong(check, message))

    def elsewhere(self, path: DataPath, file: str, wrong: Wrong) -> None:
        """Take in what is wrong with another file, which the value at `path` names."""
        target = self.find(path)
        if wrong.severity == "error" or target.file is self.own:
            self._found.add(problem(file, wrong), (target.file.order, start(target.value)))

    def _at(self, file: FilePlaces, node: Node, wrong: Wrong) -> None:
        self._add(file, wrong.placed(start(node), file.end_of(node)))

    def _add(self, file: FilePlaces, wrong: Wrong) -> None:
        found = problem(file.file, wrong)
        self._found.add(found, (file.order, (found.line, found.column)))

    def in_order(self) -> list[Problem]:
        """The problems in the files' order; of many the first."""
        return self._found.in_order()

    def is_marked(self, path: DataPath, check: Check) -> bool:
        """Whether a problem of a kind stands at the key or the value that a path leads to already."""
        target = self.find(path)
        return self._found.has([(target.file.order, start(node)) for node in (target.key, target.value) if node], check)

    @property
    def has_errors(self) -> bool:
        """Whether an error was found so far."""
        return self._found.has_errors()

    def hide(self, text: str) -> None:
        """Show nothing that looks like a credential in a text."""
        self._found.hidden.append(text)

    def holder(self, path: DataPath) -> str:
        """What a path leads to, in words, with the rule's own name."""
        return words.holder(path, self._rule_name(path))

    def where(self, path: DataPath) -> str:
        """Where a key is, in words, with the rule's own name."""
        return words.where(path, self._rule_name(path))

    def _rule_name(self, path: DataPath) -> str | None:
        if path[:1] != ("notifications",) or len(path) < 2:
            return None
        origin = self.origin(path[:2])
        return origin.file.text_of((*origin.path, "name"))

    def ends_in_comment(self, path: DataPath) -> bool:
        """Whether a comment stands where the value at a path should be: `channel: #general`."""
        origin = self.origin(path)
        return origin.file.ends_in_comment(origin.path)

    def on_line(self, path: DataPath) -> str:
        """Where something stands, in words: its line, and the file where there are several."""
        file, line = self.origin(path).place
        return f"on line {line} of {file}" if self.origins else f"on line {line}"

    def origin(self, path: DataPath) -> Origin:
        """The file that a part of the data comes from, and its path there."""
        for length in range(min(len(path), ORIGIN_MAX_KEYS), 0, -1) if self.origins else ():
            found = self.origins.get(path[:length])
            if found:
                return Origin(found.file, (*found.path, *path[length:]))
        return Origin(self.own, path)

    def find(self, path: DataPath) -> Target:
        """Walk as far along a path as the file goes that it leads into."""
        origin = self.origin(path)
        target = origin.file.find(origin.path)
        return target._replace(path=path[: len(target.path)])

    def alias(self, path: DataPath, part: str | int, steps: DataPath) -> None:
        """Find `part` of what a path leads to where the file has it, which are these steps from there."""
        origin = self.origin(path)
        origin.file.alias(origin.path, part, steps)
