"""A policy's text with the places of its parts: where an entry, a key, a value, a comment and an alias stand, as indices into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import yaml

from tocsin.policy.nodes import Node, root_node

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_PROPERTY = re.compile(r"[ \t]*(?:[&!][^\s,\[\]{}]*[ \t]*)+")
_ANCHOR = re.compile(r"(?:!\S*\s+)?(&[^\s,\[\]{}]+[ \t]*)")
_COLON = re.compile(r"\s*:")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Spot(NamedTuple):
    """A node where it stands, from `start` up to before `end`. With `alias`, its alias stands there, and the node elsewhere."""

    node: Node
    start: int
    end: int
    alias: str = ""


class Entry(NamedTuple):
    """An item of a list, or a key with its value; `start` is that of its dash in a block list, `flow` whether it is in brackets."""

    start: int
    end: int
    value: Spot
    key: Spot | None = None
    flow: bool = False

    @property
    def name(self) -> str:
        """The key's text; of an item nothing."""
        return str(self.key.node.value) if self.key else ""


class Marks:
    """A text and its nodes. Raises nodes.BadFileError where it is no YAML."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.tree = root_node(text)

    def line(self, index: int) -> int:
        """The number of a line, from 1."""
        return self.text.count("\n", 0, index) + 1

    def line_start(self, index: int) -> int:
        """Where the line of a place begins."""
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Where the next line begins, or the text ends."""
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found + 1

    def column(self, index: int) -> int:
        """The characters before a place in its line."""
        return index - self.line_start(index)

    def is_first(self, index: int) -> bool:
        """Whether nothing but spaces stands before a place in its line."""
        return not self.text[self.line_start(index) : index].strip()

    def content(self, spot: Spot) -> int:
        """Where a node's own text begins, behind its anchor; of a block it is its first entry."""
        found = _PROPERTY.match(self.text, spot.start)
        if not found or spot.alias:
            return spot.start
        return self._blank_end(found.end()) if is_block(spot.node) else min(found.end(), spot.end)

    def slot(self, entry: Entry) -> int:
        """Just behind the colon or the dash and the anchor there, where a value is written."""
        if entry.key is None:
            slot = entry.start + (not entry.flow)
        else:
            colon = _COLON.match(self.text, entry.key.end)
            slot = colon.end() if colon else entry.key.end
        found = None if entry.value.alias else _PROPERTY.match(self.text, slot)
        return slot + len(found[0].rstrip()) if found else slot

    def first_line(self, entry: Entry) -> int:
        """Where the lines of an entry begin, with the comments right above it at its own column."""
        begin, column = self.line_start(entry.start), self.column(entry.start)
        while begin:
            above = self.line_start(begin - 1)
            line = self.text[above:begin]
            if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) != column:
                break
            begin = above
        return begin

    def spot(self, parent: Node, number: int, node: Node) -> Spot:
        """Where a node stands, or the alias in its place; `number` is its place in the parent, keys and values counted alike."""
        return self.aliases.get((id(parent), number)) or Spot(node, node.start_mark.index, self.end(node))

    def end(self, node: Node) -> int:
        """Just behind a node. A block's own mark is where the next token begins: its last entry says where it ends."""
        if is_block(node) and node.value:
            return self._last(node).end
        end = int(node.end_mark.index)
        if getattr(node, "style", None) not in ("|", ">"):
            return end
        text = self.text[node.start_mark.index : end]
        head = text.partition("\n")[0].partition("#")[0]
        return end if "+" in head else int(node.start_mark.index) + len(text.rstrip())

    def _last(self, node: Node) -> Entry:
        if isinstance(node, yaml.MappingNode):
            return self._pair(node, len(node.value) - 1)
        spot = self.spot(node, len(node.value) - 1, node.value[-1])
        return Entry(spot.start, spot.end, spot)

    def entries(self, node: Node) -> list[Entry]:
        """The items of a list, the keys and values of a mapping, as they stand in the text; of a scalar none."""
        if isinstance(node, yaml.MappingNode):
            return [self._pair(node, number) for number in range(len(node.value))]
        return list(self._items(node)) if isinstance(node, yaml.SequenceNode) else []

    def _items(self, node: Node) -> Iterator[Entry]:
        at = self.content(Spot(node, node.start_mark.index, node.start_mark.index))
        for number, item in enumerate(node.value):
            spot = self.spot(node, number, item)
            if not is_block(node):
                yield Entry(spot.start, spot.end, spot, flow=True)
            else:
                dash = self._blank_end(at)
                at = max(spot.end, dash + 1)
                yield Entry(dash, at, spot)

    def _pair(self, node: Node, number: int) -> Entry:
        key, value = node.value[number]
        name, spot = self.spot(node, 2 * number, key), self.spot(node, 2 * number + 1, value)
        colon = _COLON.match(self.text, name.end)
        before = self.text[self.line_start(name.start) : name.start].rstrip(" ")
        start = self.line_start(name.start) + len(before) - 1 if before.endswith("?") and is_block(node) else name.start
        return Entry(start, max(colon.end() if colon else name.end, spot.end), spot, name, not is_block(node))

    def _blank_end(self, index: int) -> int:
        """Where spaces, line breaks and comments end that begin at a place."""
        found = _BLANK.match(self.text, index)
        return found.end() if found else index

    @cached_property
    def anchors(self) -> list[tuple[int, int]]:
        """Where each anchor's name stands, with the spaces behind it, or those before it at a line's end."""
        places = [start for kind, start, _, _ in self._named if kind is not yaml.AliasEvent]
        found = [match.span(1) for place in places if (match := _ANCHOR.match(self.text, place))]
        return [(start, end) if self.text[end : end + 1].strip() else (len(self.text[:start].rstrip(" ")), end) for start, end in found]

    @cached_property
    def _named(self) -> list[tuple[type[Any], int, int, str]]:
        """Every event with an anchor's name: its type, start, end and the name."""
        events: Iterator[Any] = iter(yaml.parse(self.text, Loader=_LOADER) if "&" in self.text else ())
        named = (event for event in events if getattr(event, "anchor", None))
        return [(type(event), event.start_mark.index, event.end_mark.index, event.anchor) for event in named]

    @cached_property
    def aliases(self) -> dict[tuple[int, int], Spot]:
        """Each alias, by its parent and its place there: a node that is met once more is an alias of it."""
        found: dict[tuple[int, int], Spot] = {}
        places = iter([place[1:] for place in self._named if place[0] is yaml.AliasEvent])
        seen: set[int] = set()

        def walk(node: Node) -> None:
            seen.add(id(node))
            for number, child in enumerate(_children(node)):
                if id(child) in seen:
                    found[id(node), number] = Spot(child, *next(places))
                else:
                    walk(child)

        if "*" in self.text and self._named and self.tree is not None:
            walk(self.tree)
        return found


def is_block(node: Node) -> bool:
    """Whether a node is a list or a mapping without brackets."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _children(node: Node) -> list[Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
