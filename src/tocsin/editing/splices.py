"""Changes to a text by positions, collected in any order and applied at once."""

from __future__ import annotations

from typing import NamedTuple


class Splice(NamedTuple):
    """What stands from `start` up to before `end` becomes `text`."""

    start: int
    end: int
    text: str


class OverlapError(ValueError):
    """Two changes want the same place."""


def apply(text: str, splices: list[Splice], begin: int = 0, end: int | None = None) -> str:
    """A text, or a part of it, with its changes. Of what is put in at one place, the first stands first. Raises OverlapError."""
    parts, at, stop = [], begin, len(text) if end is None else end
    for splice in sorted(splices, key=lambda splice: splice[:2]):
        if splice.start < at or splice.end > stop:
            raise OverlapError
        parts += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, text[at:stop]])
