"""Why an anchor keeps a part of a policy from being changed alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.editing.marks import Marks
    from tocsin.editing.splices import Splice


def anchor_in_the_way(marks: Marks, splices: Sequence[Splice]) -> str:
    """The line and the words about an anchor in what changes that is used in what does not; empty where there is none."""
    for alias in sorted(marks.aliases.values(), key=lambda alias: alias.start):
        start, end = alias.node.start_mark.index, marks.end(alias.node)
        touched = any((splice.start < end and splice.end > start) or start < splice.start <= end == splice.end for splice in splices)
        if touched and not any(splice.start <= alias.start < splice.end for splice in splices):
            return (
                f"{marks.line(start)}: the anchor &{alias.alias} stands in what would change, and *{alias.alias} on line "
                f"{marks.line(alias.start)} uses it: write the value out there first; nothing was written"
            )
    return ""
