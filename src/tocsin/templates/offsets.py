"""Places in a text: as a person counts them, by line and column from 1, and as Python does, by characters from 0."""

from __future__ import annotations


def line_column(text: str, at: int) -> tuple[int, int]:
    """The line and column of the character at `at`."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def offset(text: str, line: int, column: int) -> int:
    """Where what stands in this line and column begins."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1 or len(text)
    return start + column - 1
