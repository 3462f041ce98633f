"""Entries put into and taken out of a block: whole lines, with the comments right above them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tocsin.editing.splices import Splice

if TYPE_CHECKING:
    from tocsin.editing.marks import Entry, Marks


def block_splices(marks: Marks, entries: Sequence[Entry], removed: Collection[int], added: Mapping[int, Sequence[str]]) -> Iterator[Splice]:
    """Without the entries of the numbers in `removed`, some of which stay; `added` has indented lines by the entry that they follow."""
    inline = 0  # entries that go from a line on which something stands before them: `- name: x`
    while inline in removed and not marks.is_first(entries[0].start):
        inline += 1
    if inline:
        yield Splice(entries[0].start, _next(marks, entries[inline - 1], entries[inline]), "")
    for number in sorted(removed):
        if number >= inline:
            yield _removal(marks, entries[number])
    for number, texts in sorted(added.items()):
        text = marks.newline.join(texts)
        if number >= inline:
            gone = number in removed
            yield lines_at(marks, marks.first_line(entries[number]) if gone else marks.line_end(entries[number].end), text)
        else:
            yield _before(marks, entries[0], text)


def _next(marks: Marks, gone: Entry, entry: Entry) -> int:
    """Where an entry begins, or the comment above it."""
    line = marks.line_end(gone.end)
    between = marks.text[line : entry.start]
    return line + len(between) - len(between.lstrip()) if "#" in between else entry.start


def _removal(marks: Marks, entry: Entry) -> Splice:
    return Splice(marks.first_line(entry), marks.line_end(entry.end), "")


def lines_at(marks: Marks, place: int, text: str) -> Splice:
    """Lines put in where a line begins, or where the text ends without a line break."""
    ended = place < len(marks.text) or marks.text.endswith("\n")
    return Splice(place, place, text + marks.newline if ended else marks.newline + text)


def _before(marks: Marks, entry: Entry, text: str) -> Splice:
    """Lines put in before the first entry."""
    if marks.is_first(entry.start):
        return lines_at(marks, marks.first_line(entry), text)
    return Splice(entry.start, entry.start, text.lstrip(" ") + marks.newline + " " * marks.column(entry.start))


def all_gone(marks: Marks, slot: int, entries: Sequence[Entry], text: str) -> Iterator[Splice]:
    """A block whose every entry goes; `text` stands in its place, such as `[]`."""
    if not marks.is_first(entries[0].start):
        yield Splice(entries[0].start, entries[-1].end, text)
        return
    yield Splice(slot, slot, f" {text}")
    for entry in entries:
        yield _removal(marks, entry)
