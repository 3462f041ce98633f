"""A change as a unified diff, made of its splices: ten thousand rules are not compared line by line to find those that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tocsin.editing.splices import Splice, apply

if TYPE_CHECKING:
    from tocsin.editing.marks import Marks

CONTEXT_LINES = 3  # as diff and git have
_NO_BREAK = "\n\\ No newline at end of file"


class _Change(NamedTuple):
    """Lines that become others; `line` is the first one's number from 0."""

    line: int
    old: list[str]
    new: list[str]

    @property
    def end(self) -> int:
        """The number of the line behind the last one."""
        return self.line + len(self.old)


def difference(marks: Marks, splices: Sequence[Splice], file: str) -> list[str]:
    """The lines, without line ends."""
    whole = _lines(marks.text, ended=marks.text.endswith("\n"))
    lines: list[str] = []
    moved = 0  # how many lines the new text has more, up to here
    for hunk in _hunks(list(_changes(marks, sorted(splices)))):
        start, end = max(hunk[0].line - CONTEXT_LINES, 0), min(hunk[-1].end + CONTEXT_LINES, len(whole))
        more = sum(len(change.new) - len(change.old) for change in hunk)
        lines.append(f"@@ -{_range(start, end - start)} +{_range(start + moved, end - start + more)} @@")
        lines += _shown(whole, hunk, start, end)
        moved += more
    return [f"--- a/{file}", f"+++ b/{file}", *lines] if lines else []


def _range(start: int, count: int) -> str:
    return f"{start + (count > 0)},{count}"


def _shown(whole: Sequence[str], hunk: Sequence[_Change], start: int, end: int) -> Iterator[str]:
    for change in hunk:
        yield from _marked(" ", whole[start : change.line])
        yield from _marked("-", change.old)
        yield from _marked("+", change.new)
        start = change.end
    yield from _marked(" ", whole[start:end])


def _marked(sign: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from f"{sign}{line}".split("\n")


def _hunks(changes: Sequence[_Change]) -> Iterator[list[_Change]]:
    """The changes, those together whose context would overlap."""
    found: list[_Change] = []
    for change in changes:
        if found and change.line - found[-1].end > 2 * CONTEXT_LINES:
            yield found
            found = []
        found.append(change)
    if found:
        yield found


def _changes(marks: Marks, splices: Sequence[Splice]) -> Iterator[_Change]:
    """The lines that each splice is about, those together that share one; without those that stay."""
    counted = line = 0
    for begin, end, near in _parts(marks, splices):
        start = begin
        ended = end < len(marks.text) or marks.text.endswith("\n")
        while start and not ended and not apply(marks.text, near, start, end).strip("\r\n"):
            start = marks.line_start(start - 1)  # this line is then the last one, and loses its line break
        line += marks.text.count("\n", counted, start)
        counted = start
        old = _lines(marks.text[start:end], ended=ended)
        new = _lines(apply(marks.text, near, start, end), ended=ended)
        first = _same(old, new)
        last = _same(old[first:][::-1], new[first:][::-1])
        if old != new:
            yield _Change(line + first, old[first : len(old) - last], new[first : len(new) - last])


def _parts(marks: Marks, splices: Sequence[Splice]) -> Iterator[tuple[int, int, list[Splice]]]:
    near: list[Splice] = []
    start = end = 0
    for splice in splices:
        whole = splice.end > splice.start and marks.text[splice.end - 1] == "\n" and not splice.text
        to = splice.end if whole else marks.line_end(splice.end)
        if near and marks.line_start(splice.start) <= end:
            near, end = [*near, splice], max(end, to)
            continue
        if near:
            yield start, end, near
        near, start, end = [splice], marks.line_start(splice.start), to
    if near:
        yield start, end, near


def _same(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines at the beginning are the same."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((number for number, (one, other) in pairs if one != other), min(len(old), len(new)))


def _lines(text: str, *, ended: bool) -> list[str]:
    """The lines of a text; the last one says it where no line break ends the file."""
    lines = (text.removesuffix("\n") if ended else text.rstrip("\r\n")).split("\n") if text else []
    lines = [line.removesuffix("\r") for line in lines]
    return lines if ended or not lines else [*lines[:-1], lines[-1] + _NO_BREAK]
