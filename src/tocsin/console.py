"""The console: the answer on standard output, the talk on standard error, in colour only on a terminal.

All text that goes out here is made fit for a CI's log: one line, no control characters, no log command.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from tocsin.text import clean

LINE_MAX_CHARS = 2000
_GREEN, _RED, _YELLOW = "32", "31", "33"
_COLOURS = {
    **dict.fromkeys(("delivered", "would send", "yes"), _GREEN),
    **dict.fromkeys(("failed", "error", "no"), _RED),
    **dict.fromkeys(("skipped", "warning"), _YELLOW),
    "notice": "36",
    "dim": "2",
}
_CLEAR_LINE = "\r\x1b[K"


def log_safe(text: str) -> str:
    """`text` as one line that no CI's log reads as a command: neither "::error::" at its start nor "##[" anywhere."""
    line = clean(text, LINE_MAX_CHARS).replace("##[", "# #[")
    return f" {line}".replace(" ::", " : :", 1)[1:] if line.startswith("::") else line


class Console:
    """Two streams. `interactive` is whether the talk goes to a terminal, where it may rewrite its last line."""

    def __init__(self, out: TextIO, err: TextIO, *, colour: bool = False, interactive: bool = False, terminal: bool = False) -> None:
        self._out, self._err, self._colour, self._interactive = out, err, colour, interactive
        self.terminal = terminal  # whether the answer goes to one
        self._status = ""

    def answer(self, text: str) -> None:
        """A line of the answer."""
        self._clear()
        self._out.write(f"{log_safe(text)}\n")
        self._out.flush()
        self._show()

    def command(self, text: str) -> None:
        """A log command of GitHub's, whose values the caller has encoded."""
        self._out.write(f"{text}\n")

    def data(self, data: Any) -> None:
        """The answer as JSON; "##[" is written so that no log reads it as a command."""
        self._clear()
        self._out.write(json.dumps(data, indent=2, ensure_ascii=False).replace("##[", "#\\u0023[") + "\n")
        self._out.flush()

    def talk(self, text: str, level: str = "notice") -> None:
        """A line of talk: a notice, a warning or an error, with its word in front."""
        self._clear()
        self._err.write(f"tocsin: {self._paint(level, level)}: {log_safe(text)}\n")
        self._err.flush()
        self._show()

    def status(self, text: str) -> None:
        """What is under way; on a terminal only, and overwritten by what comes next. An empty text ends it."""
        if self._interactive:
            self._clear()
            self._status = text
            self._show()

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[int] | None = None) -> None:
        """Rows in columns; the first column's words have their colours."""
        cells = [[log_safe(str(cell)) for cell in row] for row in rows]
        widths = widths or column_widths(cells)
        for row in cells:
            padded = [cell.ljust(width) for cell, width in zip(row, [*widths[: len(row) - 1], 0], strict=False)]
            padded[0] = self._paint(row[0], padded[0])
            self._clear()
            self._out.write("  ".join(padded).rstrip() + "\n")
            self._out.flush()
            self._show()

    def heading(self, text: str) -> None:
        """A line above a part of the answer."""
        self._out.write(f"\x1b[1m{log_safe(text)}\x1b[0m\n" if self._colour else f"{log_safe(text)}\n")

    def _paint(self, word: str, text: str) -> str:
        return f"\x1b[{_COLOURS[word]}m{text}\x1b[0m" if self._colour and word in _COLOURS else text

    def _clear(self) -> None:
        if self._status:
            self._err.write(_CLEAR_LINE)
            self._err.flush()

    def _show(self) -> None:
        if self._status:
            self._err.write(self._paint("dim", self._status))
            self._err.flush()


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """The width of each column, in characters."""
    return [max(len(row[column]) for row in rows if len(row) > column) for column in range(max(map(len, rows), default=0))]
