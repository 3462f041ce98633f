"""Problems and their places: a path into the policy's data becomes a line and a column, looked up only for errors."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tocsin.channels.literals import suspects
from tocsin.checks import Check
from tocsin.errors import Problem
from tocsin.named_tuple import NamedTuple
from tocsin.policy import words
from tocsin.policy.nodes import MAPPING, PLAIN, QUOTED, SEQUENCE, Node, end, start
from tocsin.policy.plain import Members, members
from tocsin.secrets.redactor import Redactor
from tocsin.wrong import DataPath, Place, Wrong

_COMMENT_FOR_VALUE = re.compile(r"[:,\[-]\s+#\S")
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # what YAML's scanner counts as one

HIDDEN_MAX_CHARS = 100_000  # ours: of all that looks like a credential in one policy; no author writes more into it by mistake


FOUND_MAX = 1000  # ours: nobody mends more at once, and to find and to place each takes its time
SHOWN_MAX = 100  # ours


class TooManyError(Exception):
    """So much is wrong that the rest is not looked for."""


class Target(NamedTuple):
    """What a path leads to: the nodes of the last key and its value, and the part of the path that the file really has."""

    key: Node | None
    value: Node
    path: DataPath


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


class Problems:
    """The problems of one policy, each at its place, and the words that need to know the policy."""

    def __init__(self, file: str, root: Node, text: str) -> None:
        self.file = file
        self.suggest = words.Suggestions()
        self._root = root
        self._text = text
        self._lines: list[str] | None = None
        self._members: dict[int, Members] = {}
        self._aliases: dict[tuple[int, str | int], DataPath] = {}
        self._found: dict[tuple[Place, Problem], None] = {}
        self._hidden = [text]

    def add(self, wrong: Wrong) -> None:
        """Take in what is wrong with the policy's data, or with the text of one of its values."""
        target = self.find(wrong.path)
        if wrong.line:
            self._add(problem(self.file, self._in_file(target.value, wrong)))
        else:
            self._at(target.key if wrong.at_key and target.key else target.value, wrong)

    def at_node(self, node: Node, check: Check, message: str) -> None:
        """An error at a node."""
        self._at(node, Wrong(check, message))

    def elsewhere(self, path: DataPath, file: str, wrong: Wrong) -> None:
        """Take in what is wrong with another file, which the value at `path` names."""
        self._add(problem(file, wrong), start(self.find(path).value))

    def _at(self, node: Node, wrong: Wrong) -> None:
        self._add(problem(self.file, wrong.placed(start(node), self._end(node))))

    def _add(self, found: Problem, place: Place | None = None) -> None:
        if len(self._found) < FOUND_MAX:
            self._found[place or (found.line, found.column), found] = None
        elif found.severity == "error":
            raise TooManyError

    def in_order(self) -> list[Problem]:
        """The problems in the file's order, each once; of many the first, and a last one that says how many more there are."""
        if not self._found:
            return []
        redact = redactor_of(self._hidden)
        shown = {(place, found._replace(message=redact(found.message))): None for place, found in self._found}
        return self._first([found for _, found in sorted(shown, key=lambda item: item[0])])

    def _first(self, found: list[Problem]) -> list[Problem]:
        if len(found) <= SHOWN_MAX:
            return found
        more = found[SHOWN_MAX:]
        count = f"{len(more)} or more" if len(self._found) >= FOUND_MAX else f"{len(more)} more"
        worst = "error" if any(item.severity == "error" for item in more) else "warning"
        last = more[0]._replace(message=f"{count} problems from here on are not shown: mend those above first", severity=worst)
        return [*found[:SHOWN_MAX], last]

    def is_marked(self, path: DataPath, check: Check) -> bool:
        """Whether a problem of a kind stands at the key or the value that a path leads to already."""
        target = self.find(path)
        places = [start(node) for node in (target.key, target.value) if node]
        return any(place in places and found.check is check for place, found in self._found)

    @property
    def has_errors(self) -> bool:
        """Whether an error was found so far."""
        return any(found.severity == "error" for _, found in self._found)

    def hide(self, text: str) -> None:
        """Show nothing that looks like a credential in a text."""
        self._hidden.append(text)

    def holder(self, path: DataPath) -> str:
        """What a path leads to, in words, with the rule's own name."""
        return words.holder(path, self._rule_name(path))

    def where(self, path: DataPath) -> str:
        """Where a key is, in words, with the rule's own name."""
        return words.where(path, self._rule_name(path))

    def _rule_name(self, path: DataPath) -> str | None:
        if path[:1] != ("notifications",) or len(path) < 2:
            return None
        named = (*path[:2], "name")
        target = self.find(named)
        there = target.path == named and target.value.tag in (PLAIN, QUOTED) and (target.value.value or target.value.tag == QUOTED)
        return str(target.value.value) if there else None

    def ends_in_comment(self, path: DataPath) -> bool:
        """Whether a comment stands where the value at a path should be: `channel: #general`."""
        return bool(_COMMENT_FOR_VALUE.search(self._line(self.line_of(path))))

    def _line(self, number: int) -> str:
        if self._lines is None:
            self._lines = _LINE_BREAK.split(self._text)
        return self._lines[number - 1] if number <= len(self._lines) else ""

    def line_of(self, path: DataPath) -> int:
        """The line, counted from 1, of what a path leads to."""
        target = self.find(path)
        return start(target.key or target.value)[0]

    def find(self, path: DataPath) -> Target:
        """Walk as far along a path as the file goes: an index into a single value that stands for a list is that value."""
        target, reached = Target(None, self._root, ()), 0
        for part in path:
            found: Target | None = target
            for step in self._aliases.get((id(target.value), part), (part,)):
                found = found and self._step(found, step)
            if found is None:
                break
            target, reached = found, reached + 1
        return target._replace(path=path[:reached])

    def _step(self, target: Target, part: str | int) -> Target | None:
        node = target.value
        if node.tag == MAPPING and isinstance(part, str):
            pair = self._of(node).get(part)
            return Target(*pair, ()) if pair else None
        if node.tag == SEQUENCE and isinstance(part, int):
            return Target(None, node.value[part], ()) if part < len(node.value) else None
        return target if isinstance(part, int) else None

    def alias(self, path: DataPath, part: str | int, steps: DataPath) -> None:
        """Find `part` of what a path leads to where the file has it, which are these steps from there."""
        self._aliases[id(self.find(path).value), part] = steps

    def _of(self, node: Node) -> Members:
        if id(node) not in self._members:
            self._members[id(node)] = members(node, lambda *_: None)
        return self._members[id(node)]

    def _end(self, node: Node) -> Place:
        """Just behind a node's last character: the end of a block has the space and the comments up to the next token in it."""
        row, column = end(node)
        first, commented = start(node)[0], not _is_block(node)
        while row > first and (not self._line(row)[: column - 1].strip() or (commented and self._line(row).lstrip().startswith("#"))):
            row -= 1
            column = len(self._line(row)) + 1
        return row, len(self._line(row)[: column - 1].rstrip()) + 1

    def _in_file(self, node: Node, wrong: Wrong) -> Wrong:
        """What is wrong in a scalar's text, by its place in the file; at the scalar where that can't be told."""
        begin = self._inside(node, wrong.start)
        return wrong.placed(begin, self._inside(node, wrong.end)) if begin else wrong.placed(start(node), self._end(node))

    def _inside(self, node: Node, place: Place) -> Place | None:
        """The place in the file of a place in a scalar's text."""
        line, column = place
        first, offset = start(node)
        wanted = _LINE_BREAK.split(str(node.value))
        if line < 1 or line > len(wanted):
            return None
        row = first + line if _is_block(node) else first + line - 1
        indent = self._line(row).find(wanted[line - 1], offset - 1 if row == first else 0)
        return (row, indent + max(column, 1)) if indent >= 0 else None


def _is_block(node: Node) -> bool:
    """Whether a scalar's text begins in the line below: `|` or `>`."""
    return getattr(node, "style", None) in ("|", ">")
