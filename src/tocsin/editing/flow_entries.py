"""Entries put into and taken out of brackets: `[a, b]`, `{a: 1, b: 2}`, on one line or on several."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tocsin.editing.splices import Splice

if TYPE_CHECKING:
    from tocsin.editing.marks import Entry, Marks, Spot

_REST = re.compile(r"[ \t]*(,?)[ \t]*(?:#[^\r\n]*)?(?=\r?\n)")  # of a line, where nothing but a comma and a comment follows


def flow_splices(
    marks: Marks, spot: Spot, entries: Sequence[Entry], removed: Collection[int], added: Mapping[int, Sequence[str]]
) -> Iterator[Splice]:
    """Without the entries of the numbers in `removed`; `added` has texts by the number of the entry that they follow, -1 for none."""
    kept = [number for number in range(len(entries)) if number not in removed]
    if not kept:
        every = ", ".join(text for number in sorted(added) for text in added[number])
        yield Splice(marks.content(spot) + 1, spot.end - 1, every)
        return
    for run in _runs(removed):
        yield from _removal(marks, entries, run)
        if not added and run.stop == len(entries):
            yield from _last_comma(marks, entries, run)
    for number, texts in sorted(added.items()):
        before = [other for other in kept if other <= number]
        if before:
            yield from _behind(marks, entries[before[-1]], texts)
        else:
            place = entries[kept[0]].start
            yield Splice(place, place, "".join(f"{text}, " for text in texts))


def _runs(removed: Collection[int]) -> Iterator[range]:
    """The numbers as ranges without gaps."""
    begin = last = None
    for number in sorted(removed):
        if last is not None and begin is not None and number != last + 1:
            yield range(begin, last + 1)
            begin = number
        begin, last = number if begin is None else begin, number
    if begin is not None and last is not None:
        yield range(begin, last + 1)


def _removal(marks: Marks, entries: Sequence[Entry], run: range) -> Iterator[Splice]:
    gone = [entries[number] for number in run]
    if all(marks.is_first(entry.start) and _REST.match(marks.text, entry.end) for entry in gone):
        for entry in gone:
            yield Splice(marks.first_line(entry), marks.line_end(entry.end), "")
    elif run.stop < len(entries):
        yield Splice(gone[0].start, _next(marks, gone[-1].end, entries[run.stop].start), "")
    else:
        begin = entries[run.start - 1].end
        commented = "#" in marks.text[begin : gone[0].start]
        yield Splice(gone[0].start if commented else begin, gone[-1].end, "")


def _last_comma(marks: Marks, entries: Sequence[Entry], run: range) -> Iterator[Splice]:
    """The comma of the entry that is then the last one, where it has lines of its own and the last one had none."""
    last, before = _REST.match(marks.text, entries[-1].end), _REST.match(marks.text, entries[run.start - 1].end)
    if marks.is_first(entries[run.start].start) and last and not last[1] and before and before[1]:
        yield Splice(before.start(1), before.end(1), "")


def _next(marks: Marks, end: int, begin: int) -> int:
    """Where what belongs to the next entry begins: itself, or a comment on a line of its own above it."""
    line = marks.line_end(end)
    comment = marks.text.find("#", line, begin)
    return comment if comment >= 0 else begin


def _behind(marks: Marks, entry: Entry, texts: Sequence[str]) -> Iterator[Splice]:
    rest = _REST.match(marks.text, entry.end)
    if not rest or not marks.is_first(entry.start):
        yield Splice(entry.end, entry.end, "".join(f", {text}" for text in texts))
        return
    break_ = marks.newline + marks.text[marks.line_start(entry.start) : entry.start]
    if rest[1]:
        yield Splice(rest.end(), rest.end(), "".join(f"{break_}{text}," for text in texts))
    else:
        yield Splice(entry.end, entry.end, ",")
        yield Splice(rest.end(), rest.end(), break_ + f",{break_}".join(texts))
