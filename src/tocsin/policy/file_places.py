"""The places in one file: a path into its data becomes a key and a value in the text, with their lines and columns."""

from __future__ import annotations

import re

from tocsin.named_tuple import NamedTuple
from tocsin.policy.nodes import MAPPING, PLAIN, QUOTED, SEQUENCE, Node, end, start
from tocsin.policy.plain import Members, members
from tocsin.wrong import DataPath, Place, Wrong

_COMMENT_FOR_VALUE = r"[:,\[-]\s+#\S"
_LINE_BREAK = "\r\n|[\r\n\x85\u2028\u2029]"  # what YAML's scanner counts as one


class Target(NamedTuple):
    """What a path leads to: the nodes of the last key and its value, the part of the path that the file really has, and the file."""

    key: Node | None
    value: Node
    path: DataPath
    file: FilePlaces


class FilePlaces:
    """The places in one file of YAML. `order` sorts the problems of several files."""

    def __init__(self, file: str, root: Node, text: str, order: int = 0) -> None:
        self.file = file
        self.text = text
        self.order = order
        self._root = root
        self._lines: list[str] | None = None
        self._members: dict[int, Members] = {}
        self._aliases: dict[tuple[int, str | int], DataPath] = {}

    def text_of(self, path: DataPath) -> str | None:
        """The scalar at a path; None where there is none."""
        target = self.find(path)
        there = target.path == path and target.value.tag in (PLAIN, QUOTED) and (target.value.value or target.value.tag == QUOTED)
        return str(target.value.value) if there else None

    def ends_in_comment(self, path: DataPath) -> bool:
        """Whether a comment stands where the value at a path should be: `channel: #general`."""
        return bool(re.search(_COMMENT_FOR_VALUE, self._line(self.line_of(path))))

    def line_of(self, path: DataPath) -> int:
        """The line, counted from 1, of what a path leads to."""
        target = self.find(path)
        return start(target.key or target.value)[0]

    def find(self, path: DataPath) -> Target:
        """Walk as far along a path as the file goes: an index into a single value that stands for a list is that value."""
        target, reached = Target(None, self._root, (), self), 0
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
            return Target(*pair, (), self) if pair else None
        if node.tag == SEQUENCE and isinstance(part, int):
            return Target(None, node.value[part], (), self) if part < len(node.value) else None
        return target if isinstance(part, int) else None

    def alias(self, path: DataPath, part: str | int, steps: DataPath) -> None:
        """Find `part` of what a path leads to where the file has it, which are these steps from there."""
        self._aliases[id(self.find(path).value), part] = steps

    def _of(self, node: Node) -> Members:
        if id(node) not in self._members:
            self._members[id(node)] = members(node, lambda *_: None)
        return self._members[id(node)]

    def end_of(self, node: Node) -> Place:
        """Just behind a node's last character: the end of a block has the space and the comments up to the next token in it."""
        row, column = end(node)
        first, commented = start(node)[0], not _is_block(node)
        while row > first and (not self._line(row)[: column - 1].strip() or (commented and self._line(row).lstrip().startswith("#"))):
            row -= 1
            column = len(self._line(row)) + 1
        return row, len(self._line(row)[: column - 1].rstrip()) + 1

    def inside(self, node: Node, wrong: Wrong) -> Wrong:
        """What is wrong in a scalar's text, by its place in the file; at the scalar where that can't be told."""
        begin = self._inside(node, wrong.start)
        return wrong.placed(begin, self._inside(node, wrong.end)) if begin else wrong.placed(start(node), self.end_of(node))

    def _inside(self, node: Node, place: Place) -> Place | None:
        """The place in the file of a place in a scalar's text."""
        line, column = place
        first, offset = start(node)
        wanted = re.split(_LINE_BREAK, str(node.value))
        if line < 1 or line > len(wanted):
            return None
        row = first + line if _is_block(node) else first + line - 1
        indent = self._line(row).find(wanted[line - 1], offset - 1 if row == first else 0)
        return (row, indent + max(column, 1)) if indent >= 0 else None

    def _line(self, number: int) -> str:
        if self._lines is None:
            self._lines = re.split(_LINE_BREAK, self.text)
        return self._lines[number - 1] if number <= len(self._lines) else ""


def _is_block(node: Node) -> bool:
    """Whether a scalar's text begins in the line below: `|` or `>`."""
    return getattr(node, "style", None) in ("|", ">")
