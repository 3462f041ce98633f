"""The console: the answer on standard output, the talk on standard error, in colour only on a terminal.

All text that goes out here is made fit for a CI's log: one line, no control characters, no log command.
A stream that is closed, full or no longer read never ends the work: what it lost is remembered in `Console.lost`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from tocsin.text import UNSAFE, clean, clip

LINE_MAX_CHARS = 2000
COLUMN_MAX_CHARS = 50  # ours: a longer cell runs over its column, so that one long name does not move all rows apart
LEVELS = ("debug", "notice", "warning", "error")  # of talk, the least important first
_GREEN, _RED, _YELLOW = "32", "31", "33"
_COLOURS = {
    **dict.fromkeys(("delivered", "would send", "yes"), _GREEN),
    **dict.fromkeys(("failed", "error", "no"), _RED),
    **dict.fromkeys(("skipped", "warning"), _YELLOW),
    "notice": "36",
    "debug": "2",
    "dim": "2",
    "bold": "1",
}
_CLEAR_LINE = "\r\x1b[K"


def log_safe(text: str) -> str:
    """`text` as one line that no CI's log reads as a command: neither "::error::" at its start nor "##[" anywhere."""
    line = clean(text, LINE_MAX_CHARS).replace("##[", "# #[")
    return f": {line[1:]}" if line.startswith("::") else line


class Console:
    """Two streams, each None where it is closed.

    `interactive` is whether the talk goes to a terminal, where it may rewrite its last line.
    `least` is the lowest of LEVELS that is printed: "error" under `--quiet`, "debug" under `--verbose`.
    """

    least: str = "notice"

    def __init__(
        self, out: TextIO | None, err: TextIO | None, *, colour: bool = False, interactive: bool = False, terminal: bool = False
    ) -> None:
        self._out, self._err, self._colour, self._interactive = out, err, colour, interactive
        self.terminal = terminal  # whether the answer goes to one
        self.lost: OSError | None = None  # why a part of the answer did not go out
        self._status = ""

    @property
    def quiet(self) -> bool:
        """Whether only errors are wanted."""
        return self.least == "error"

    def answer(self, text: str) -> None:
        """A line of the answer."""
        self._write_answer(f"{log_safe(text)}\n")

    def command(self, text: str) -> None:
        """A log command of GitHub's, whose values the caller has encoded."""
        self._write_answer(f"{text}\n")

    def script(self, text: str) -> None:
        """The answer as a program's text, which is ours alone and goes out as it is."""
        self._write_answer(text if text.endswith("\n") else f"{text}\n")

    def data(self, data: Any) -> None:
        """The answer as JSON. Escaped in it is what a terminal or a log would obey, and what the stream cannot take."""
        unicode = "utf" in (getattr(self._out, "encoding", None) or "utf-8").lower()
        text = json.dumps(data, indent=2, ensure_ascii=not unicode).replace("##[", "#\\u0023[")
        self._write_answer(UNSAFE.sub(lambda unsafe: "\n".join(json.dumps(part)[1:-1] for part in unsafe[0].split("\n")), text) + "\n")

    def talk(self, text: str, level: str = "notice") -> None:
        """A line of talk with its level in front, one of LEVELS: nothing where that is below `least`."""
        if LEVELS.index(level) < LEVELS.index(self.least):
            return
        self._clear()
        self._write_talk(f"tocsin: {self._paint(level, level)}: {log_safe(text)}\n")
        self._show()

    def status(self, text: str) -> None:
        """What is under way; on a terminal only, and overwritten by what comes next. An empty text ends it."""
        if self._interactive and not self.quiet:
            self._clear()
            self._status = text
            self._show()

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[int] | None = None, *, header: bool = False) -> None:
        """Rows in columns; the first column's words have their colours. With `header`, the first row names the columns."""
        cells = [[log_safe(str(cell)) for cell in row] for row in rows]
        widths = widths or column_widths(cells)
        for number, row in enumerate(cells):
            padded = [cell + " " * (width - display_width(cell)) for cell, width in zip(row, [*widths[: len(row) - 1], 0], strict=False)]
            padded[0] = self._paint("dim" if header and not number else row[0].partition(" (")[0], padded[0])
            self._write_answer("  ".join(padded).rstrip() + "\n")

    def lines(self, lines: Iterable[str]) -> None:
        """Lines of one part of the answer, two spaces in; what they are indented further is kept."""
        for line in lines:
            bare = line.lstrip(" ")
            self._write_answer(f"  {' ' * (len(line) - len(bare))}{log_safe(bare)}\n")

    def file_line(self, line: str) -> None:
        """A line of a file, or of a difference between two, with its spaces; what a log would obey is taken out of it."""
        text = UNSAFE.sub(" ", clip(line, LINE_MAX_CHARS)).replace("##[", "# #[").rstrip()
        bare = text.lstrip()
        safe = f": {bare[1:]}" if bare.startswith("::") else bare
        self._write_answer(f"{text[: len(text) - len(bare)]}{safe}\n")

    def heading(self, text: str) -> None:
        """A line above a part of the answer."""
        self._write_answer(f"{self._paint('bold', log_safe(text))}\n")

    def gap(self) -> None:
        """An empty line between two parts of the answer."""
        self._write_answer("\n")

    def _paint(self, word: str, text: str) -> str:
        return f"\x1b[{_COLOURS[word]}m{text}\x1b[0m" if self._colour and word in _COLOURS else text

    def _clear(self) -> None:
        if self._status:
            self._write_talk(_CLEAR_LINE)

    def _show(self) -> None:
        if self._status:
            self._write_talk(self._paint("dim", self._status))

    def _write_answer(self, text: str) -> None:
        self._clear()
        if self._out and not self.lost:
            try:
                self._out.write(text)
                self._out.flush()
            except OSError as error:
                self.lost = error
        self._show()

    def _write_talk(self, text: str) -> None:
        try:
            if self._err:
                self._err.write(text)
                self._err.flush()
        except OSError:
            self._err = None  # there is nobody to tell


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """The width of each column in a terminal's cells, COLUMN_MAX_CHARS at most."""
    columns = range(max(map(len, rows), default=0))
    return [min(COLUMN_MAX_CHARS, max(display_width(row[column]) for row in rows if len(row) > column)) for column in columns]


def display_width(text: str) -> int:
    """How many cells of a terminal `text` takes: an ideograph or an emoji takes two, a combining mark none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) or char == "\ufe0f" else 2 if east_asian_width(char) in "WF" else 1 for char in text)
