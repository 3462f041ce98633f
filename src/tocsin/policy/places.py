"""Problems and their places: a path into the policy's data becomes a line and a column, looked up only for errors."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from tocsin.errors import Problem
from tocsin.policy.nodes import MAPPING, SEQUENCE, Node, start
from tocsin.policy.plain import Members, members

Path: TypeAlias = tuple[str | int, ...]

_COMMENT_FOR_VALUE = re.compile(r"[:,\[-]\s+#\S")
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # what YAML's scanner counts as one


class Found(NamedTuple):
    """What a path leads to: the nodes of the last key and its value, and the part of the path that the file really has."""

    key: Node | None
    value: Node
    path: Path


class Problems:
    """The problems of one policy, and where they are."""

    def __init__(self, file: str, root: Node, text: str) -> None:
        self.file = file
        self._root = root
        self._text = text
        self._lines: list[str] | None = None
        self._members: dict[int, Members] = {}
        self._found: dict[tuple[int, int, Problem], None] = {}

    def at_node(self, node: Node, message: str) -> None:
        """An error at a node."""
        self._add(start(node), message, "error")

    def at_key(self, path: Path, message: str, severity: str = "error") -> None:
        """A problem at the key that a path ends with (for an item of a list, at the item)."""
        found = self.find(path)
        self._add(start(found.key or found.value), message, severity)

    def at_value(self, path: Path, message: str, severity: str = "error") -> None:
        """A problem at the value that a path leads to."""
        self._add(start(self.find(path).value), message, severity)

    def inside(self, path: Path, line: int, column: int, message: str, severity: str = "error") -> None:
        """A problem at a line and column, counted from 1, of the text that a path leads to."""
        self._add(self._inside(self.find(path).value, line, column), message, severity)

    def elsewhere(self, path: Path, problem: Problem) -> None:
        """A problem of another file, which the value at `path` names."""
        line, column = start(self.find(path).value)
        self._found[line, column, problem] = None

    def _add(self, place: tuple[int, int], message: str, severity: str) -> None:
        line, column = place
        self._found[line, column, Problem(self.file, line, column, message, severity)] = None

    def in_order(self) -> list[Problem]:
        """All problems in the file's order, each once."""
        return [problem for _, _, problem in sorted(self._found, key=lambda item: item[:2])]

    def ends_in_comment(self, path: Path) -> bool:
        """Whether a comment stands where the value at a path should be: `channel: #general`."""
        found = self.find(path)
        line = start(found.key or found.value)[0]
        return bool(_COMMENT_FOR_VALUE.search(self._line(line)))

    def _line(self, number: int) -> str:
        if self._lines is None:
            self._lines = _LINE_BREAK.split(self._text)
        return self._lines[number - 1] if number <= len(self._lines) else ""

    def line_of(self, path: Path) -> int:
        """The line, counted from 1, of what a path leads to."""
        found = self.find(path)
        return start(found.key or found.value)[0]

    def find(self, path: Path) -> Found:
        """Walk as far along a path as the file goes: an index into a single value that stands for a list is that value."""
        key, node, reached = None, self._root, 0
        for part in path:
            if node.tag == MAPPING and isinstance(part, str):
                pair = self._of(node).get(part)
                if pair is None:
                    break
                key, node = pair
            elif node.tag == SEQUENCE and isinstance(part, int):
                if part >= len(node.value):
                    break
                key, node = None, node.value[part]
            elif not isinstance(part, int):
                break
            reached += 1
        return Found(key, node, path[:reached])

    def _of(self, node: Node) -> Members:
        if id(node) not in self._members:
            self._members[id(node)] = members(node, lambda _, __: None)
        return self._members[id(node)]

    def _inside(self, node: Node, line: int, column: int) -> tuple[int, int]:
        """The place in the file of a place in a scalar's text; the scalar's beginning where that can't be told."""
        first, offset = start(node)
        style = getattr(node, "style", None)
        wanted = _LINE_BREAK.split(str(node.value))
        if line < 1 or line > len(wanted):
            return first, offset
        row = first + line if style in ("|", ">") else first + line - 1
        source = self._line(row)
        indent = source.find(wanted[line - 1], offset - 1 if row == first else 0)
        return (row, indent + max(column, 1)) if indent >= 0 else (first, offset)
