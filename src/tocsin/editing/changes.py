"""The splices by which a text comes to say what its data were changed to: each part that says something else, and no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from tocsin.editing.block_entries import all_gone, block_splices, lines_at
from tocsin.editing.data import MERGE, Origins, merged_names, same
from tocsin.editing.flow_entries import flow_splices
from tocsin.editing.marks import Entry, Marks, Spot, is_block
from tocsin.editing.pairing import Pairing, pair_items
from tocsin.editing.splices import Splice, apply
from tocsin.editing.style import Style, like
from tocsin.policy.scalar_text import scalar_text

if TYPE_CHECKING:
    from tocsin.editing.data import Data

_NOT_IN_BRACKETS = set(",[]{}#:\n")


class Changes:
    """Collects the splices of one text; `splices` has them."""

    def __init__(self, marks: Marks, origins: Origins, style: Style) -> None:
        self._marks, self._origins, self._style = marks, origins, style
        self.splices: list[Splice] = []

    def value(self, entry: Entry, wanted: Data) -> None:
        """Let an entry's value say what is wanted."""
        spot, node = entry.value, entry.value.node
        said = self._origins.said(node)
        if said == wanted:
            return
        if spot.alias:
            if not same(said, wanted):
                self._splice(spot.start, spot.end, self._style.flow(wanted))
        elif isinstance(node, yaml.MappingNode) and isinstance(wanted, dict) and self._has_brackets(spot):
            self._mapping(entry, wanted)
        elif isinstance(node, yaml.SequenceNode) and isinstance(wanted, list):
            self._sequence(entry, wanted)
        elif isinstance(wanted, list):
            self._listed(entry, said, wanted)
        elif not same(said, wanted):
            self._replaced(entry, wanted)

    def _has_brackets(self, spot: Spot) -> bool:
        """Whether it is no mapping in a list that stands without its braces: `[a: 1]`."""
        return is_block(spot.node) or self._marks.text.startswith("{", self._marks.content(spot))

    def _splice(self, start: int, end: int, text: str) -> None:
        self.splices.append(Splice(start, end, text))

    def _mapping(self, entry: Entry, wanted: dict[str, Data]) -> None:
        node = entry.value.node
        entries = self._marks.entries(node)
        own = {below.name: number for number, below in enumerate(entries) if below.name != MERGE}
        said: dict[str, Data] = self._origins.said(node)
        if self._merged(entries) & (said.keys() - wanted.keys()):  # a key that is only merged can't be taken out: all is written out
            self._replaced(entry, wanted)
            return
        names = self._renamed(own, entries, wanted)
        added: dict[int, list[tuple[str, Data]]] = {}
        last = -1
        for name, value in wanted.items():
            if name in names:
                last = names[name]
                if name not in said or said[name] != value:
                    self.value(entries[last], value)
            elif value != [] and (name not in said or said[name] != value):
                added.setdefault(last, []).append((name, value))
        removed = set(own.values()) - set(names.values())
        if len(removed) == len(entries) and added:
            self._replaced(entry, wanted)
        elif removed or added:
            self._entries(entry, entries, removed, {number: self._pairs(pairs, entries, entry) for number, pairs in added.items()})

    def _merged(self, entries: Sequence[Entry]) -> set[str]:
        """The keys that a mapping takes over from anchors."""
        return {name for below in entries if below.name == MERGE for name in merged_names(below.value.node)}

    def _renamed(self, own: Mapping[str, int], entries: Sequence[Entry], wanted: Mapping[str, Data]) -> dict[str, int]:
        """The numbers of the entries that stay, by the names that they have then."""
        names = {name: number for name, number in own.items() if name in wanted}
        gone = [number for name, number in own.items() if name not in wanted]
        for name, value in wanted.items() if gone else ():
            node = None if name in own else self._origins.node(value)
            for number in gone:
                if node is not None and entries[number].value.node is node:
                    names[name] = number
                    key = entries[number].key
                    if key:
                        self._splice(self._marks.content(key), key.end, like(self._marks.text[key.start : key.end], name))
        return names

    def _pairs(self, pairs: Sequence[tuple[str, Data]], entries: Sequence[Entry], entry: Entry) -> list[str]:
        """New keys with their values: in brackets as they are, in a block as indented lines."""
        if not is_block(entry.value.node):
            return [self._style.flow_pair(name, value) for name, value in pairs]
        indent = " " * self._marks.column(entries[0].start)
        return [indent + line for name, value in pairs for line in self._style.pair(name, value, entries)]

    def _sequence(self, entry: Entry, wanted: Sequence[Data]) -> None:
        entries = self._marks.entries(entry.value.node)
        if not entries:
            self._filled(entry, wanted)
            return
        paired = pair_items(entries, wanted, self._origins)
        if not paired.kept and paired.added and not self._marks.is_first(entries[0].start):
            self._replaced(entry, wanted)
            return
        for number, value in paired.kept.items():
            self.value(entries[number], value)
        if paired.removed or paired.added:
            self._entries(entry, entries, paired.removed, self._items(entry, entries, paired))

    def _items(self, entry: Entry, entries: Sequence[Entry], paired: Pairing) -> dict[int, list[str]]:
        by_node = {id(below.value.node): below for below in entries}
        texts: dict[int, list[str]] = {}
        for number, values in paired.added.items():
            for value in values:
                copied = self._origins.copied(value)
                source = by_node.get(id(copied)) if copied is not None else None
                if source and not source.value.alias:
                    texts.setdefault(number, []).extend(self._copy(source, entries, value))
                else:
                    texts.setdefault(number, []).extend(self._item(value, entries, block=is_block(entry.value.node)))
        return texts

    def _item(self, value: Data, entries: Sequence[Entry], *, block: bool) -> list[str]:
        text = self._marks.text
        if not block:
            quotes = {text[below.start] for below in entries}
            return [like(quotes.pop(), value) if isinstance(value, str) and len(quotes) == 1 else self._style.flow(value)]
        as_block = all(is_block(below.value.node) for below in entries if isinstance(below.value.node, yaml.MappingNode))
        lines = self._style.item(value, block=as_block)
        if isinstance(value, str):
            quotes = {text[below.value.start : below.value.start + 1] for below in entries}
            lines = [f"- {like(quotes.pop() if len(quotes) == 1 else '', value)}"]
        indent = " " * self._marks.column(entries[0].start)
        return [*self._gap(entries), *(indent + line for line in lines)]

    def _gap(self, entries: Sequence[Entry]) -> list[str]:
        """An empty line, where one stands above the last of several items."""
        first = self._marks.first_line(entries[-1])
        above = self._marks.text[self._marks.line_start(max(first - 1, 0)) : first]
        return [""] if len(entries) > 1 and not above.strip() else []

    def _copy(self, source: Entry, entries: Sequence[Entry], wanted: Data) -> list[str]:
        """The text of an item, with what is wanted otherwise in the copy, and without the anchors, which stay with the item."""
        marks = self._marks
        inner = Changes(marks, self._origins, self._style)
        inner.value(source, wanted)
        begin, end = (source.start, source.end) if source.flow else (marks.first_line(source), marks.line_end(source.end))
        if not source.flow and not marks.is_first(source.start):
            return self._item(wanted, entries, block=True)
        named = [Splice(*span, "") for span in marks.anchors if begin <= span[0] < end]
        text = apply(marks.text, [*inner.splices, *named], begin, end)
        return [text] if source.flow else [*self._gap(entries), text.rstrip("\r\n")]

    def _entries(self, entry: Entry, entries: Sequence[Entry], removed: Any, added: Mapping[int, Sequence[str]]) -> None:
        """Take entries out of a collection, and put texts into it."""
        marks, node = self._marks, entry.value.node
        if not is_block(node):
            self.splices += flow_splices(marks, entry.value, entries, removed, added)
        elif len(removed) < len(entries) or added:
            self.splices += block_splices(marks, entries, removed, added)
        else:
            empty = "[]" if isinstance(node, yaml.SequenceNode) else "{}"
            self.splices += all_gone(marks, marks.slot(entry), entries, empty)

    def _listed(self, entry: Entry, said: Data, wanted: Sequence[Data]) -> None:
        """Make a list of a value that stood for a list of one."""
        spot = entry.value
        places = [number for number, value in enumerate(wanted) if self._origins.node(value) is spot.node or value == said]
        if said is None:
            self._filled(entry, wanted)
        elif len(wanted) == 1:
            self.value(entry, wanted[0])
        elif not places:
            self._replaced(entry, wanted)
        elif is_block(spot.node):
            self._dashed(entry, wanted, places[0])
        else:
            self._bracketed(entry, wanted, places[0])

    def _bracketed(self, entry: Entry, wanted: Sequence[Data], place: int) -> None:
        """`a` to `[a, b]`."""
        spot, start = entry.value, self._marks.content(entry.value)
        text = self._marks.text[start : spot.end]
        texts = [like(text, value) if isinstance(value, str) else self._style.flow(value) for value in wanted]
        before = "".join(f"{item}, " for item in texts[:place])
        after = "".join(f", {item}" for item in texts[place + 1 :])
        if isinstance(spot.node, yaml.ScalarNode):
            kept = scalar_text(wanted[place]) if _NOT_IN_BRACKETS & set(text) and text[:1] not in ("'", '"') else text
            self._splice(start, spot.end, f"[{before}{kept}{after}]")
            return
        self._splice(start, start, f"[{before}")
        self.value(entry, wanted[place])
        self._splice(spot.end, spot.end, f"{after}]")

    def _dashed(self, entry: Entry, wanted: Sequence[Data], place: int) -> None:
        """A mapping's lines to the first item of a list, two columns further in."""
        marks, spot = self._marks, entry.value
        start = marks.content(spot)
        if place or not marks.is_first(start):
            self._replaced(entry, wanted)
            return
        begin, end = marks.line_start(start), marks.line_end(spot.end)
        inner = Changes(marks, self._origins, self._style)
        inner.value(entry, wanted[0])
        indent = " " * marks.column(start)
        first, *rest = apply(marks.text, inner.splices, begin, end).splitlines()
        lines = [f"{indent}- {first[len(indent) :]}", *(f"  {line}" if line.strip() else line for line in rest)]
        lines += [indent + line for value in wanted[1:] for line in self._style.item(value, block=True)]
        self._splice(begin, end, marks.newline.join(lines) + marks.newline)

    def _filled(self, entry: Entry, wanted: Data) -> None:
        """Give a value to a key that has none, or an empty list."""
        marks, spot = self._marks, entry.value
        if entry.flow or entry.key is None or not self._style.is_block(entry.name, wanted, []):
            self._replaced(entry, wanted)
            return
        slot = marks.slot(entry)
        if spot.end > slot:
            self._splice(slot, spot.end, "")
        indent = " " * marks.column(entry.start)
        lines = [indent + line for line in self._style.below(wanted)]
        self.splices.append(lines_at(marks, marks.line_end(max(slot, spot.end)), marks.newline.join(lines)))

    def _replaced(self, entry: Entry, wanted: Data) -> None:
        """Write a value anew, behind the anchor that it has."""
        marks, spot = self._marks, entry.value
        if is_block(spot.node):
            self.splices += all_gone(marks, marks.slot(entry), marks.entries(spot.node), self._style.flow(wanted))
            return
        start = max(marks.content(spot), marks.slot(entry)) if spot.end > spot.start else marks.slot(entry)
        old = marks.text[start : spot.end]
        new = like(old.lstrip(), wanted) if isinstance(wanted, str) else self._style.flow(wanted)
        self._splice(start, max(spot.end, start), new if start and marks.text[start - 1] in " \t\n[{," else f" {new}")
