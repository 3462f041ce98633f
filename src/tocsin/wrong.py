"""One thing wrong with a policy, in one form for every room that finds some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from tocsin.checks import Check
from tocsin.named_tuple import NamedTuple

DataPath: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a value."""

Severity: TypeAlias = Literal["error", "warning"]
Place: TypeAlias = tuple[int, int]
"""A line and a column, both counted from 1."""


class Wrong(NamedTuple):
    """Something wrong with the value at `path`; the path begins at the value that was looked at.

    The place is in the text of that value, or in the file where the path is empty: from `line` and `column`, counted
    from 1, to just before `end_line` and `end_column`. With line 0 the whole value is meant, with end_line 0 the end is not known.
    """

    check: Check
    message: str
    path: DataPath = ()
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    severity: Severity = "error"
    at_key: bool = False  # not the value is meant but the key that leads to it

    @property
    def start(self) -> Place:
        """Where it begins."""
        return self.line, self.column

    @property
    def end(self) -> Place:
        """Where it ends, or begins where its end is not known."""
        return (self.end_line, self.end_column) if self.end_line else self.start

    def under(self, path: DataPath) -> Wrong:
        """The same, seen from the value that has this one at `path`."""
        return self._replace(path=(*path, *self.path))

    def placed(self, start: Place, end: Place | None = None) -> Wrong:
        """The same at another place."""
        return self._replace(line=start[0], column=start[1], end_line=(end or start)[0], end_column=(end or start)[1])

    def moved(self, convert: Callable[[Place], Place]) -> Wrong:
        """The same with its place converted; where the whole value is meant, as it is."""
        return self.placed(convert(self.start), convert(self.end)) if self.line else self


def check_of(error: ValueError) -> Check:
    """The kind of check that an error speaks of."""
    return error.check if isinstance(error, InvalidValueError) else Check.INVALID_VALUE


class InvalidValueError(ValueError):
    """A value that a field does not take, in words that follow the field's name, and the kind of check that finds it."""

    def __init__(self, message: str, check: Check = Check.INVALID_VALUE) -> None:
        super().__init__(message)
        self.check = check
