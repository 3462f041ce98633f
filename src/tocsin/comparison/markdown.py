"""A comparison in Markdown, for a comment on a pull or merge request. No text of a policy is more than text in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin.comparison.changes import TOLD, Change
from tocsin.comparison.moments import words
from tocsin.comparison.wording import NOTHING_CHANGES, as_role, change_word, pipelines, rules, setting_lines
from tocsin.markdown import escaped

if TYPE_CHECKING:
    from tocsin.comparison.compare import Comparison

MAX_CHARS = 60_000  # ours: GitHub takes a comment of 65,536 characters, and a marker stands beside it
_ROOM_CHARS = 2_000  # ours: for the heading, the notes and "and N more"
_CELL_MAX_CHARS = 1_000  # ours
_HEADER = "| who | | of | on | rules |\n|---|---|---|---|---|\n"


def markdown(comparison: Comparison) -> str:
    """The comparison, of at most MAX_CHARS characters; "" where nothing changes."""
    if not comparison:
        return ""
    changes = [*comparison.changes, *comparison.mentions]
    heading = "Who is told what changes" if comparison.changes else f"The policy changes: {NOTHING_CHANGES}"
    parts = [f"### {heading}\n"]
    notes = [f"{escaped(note, _CELL_MAX_CHARS)}\n" for note in _notes(comparison)]
    left = MAX_CHARS - _ROOM_CHARS - sum(map(len, notes))
    table = _fitting([_row(comparison, change) for change in changes], left - len(_HEADER))
    if changes:
        parts.append(_HEADER + table)
    other = _fitting([f"- {escaped(line, _CELL_MAX_CHARS)}\n" for line in setting_lines(comparison)], left - sum(map(len, parts)))
    return "\n".join([*parts, *([other] if other else []), *notes])


def _notes(comparison: Comparison) -> Iterator[str]:
    for side in (comparison.base, comparison.head):
        if side.document is None:
            yield f"{side.name} has no policy."
    if comparison.sampled:
        yield f"Not all could be decided by the selectors alone; samples were asked: {'; '.join(comparison.sampled)[:500]}."


def _row(comparison: Comparison, change: Change) -> str:
    sign = "🔔" if change.change == TOLD else "🔕"
    sampled = " (a sample)" if change.sampled else ""
    where, who = rules(comparison.rules_of(change), change.change), change.recipient
    cells = (who, f"{sign} {change_word(change)}{sampled}", str(words(change.on)), f"{pipelines(change.pipelines)}{as_role(change)}", where)
    return f"| {' | '.join(escaped(cell, _CELL_MAX_CHARS) for cell in cells)} |\n"


def _fitting(rows: list[str], max_chars: int) -> str:
    """As many rows as there is room for, and how many there are besides."""
    size = 0
    for number, row in enumerate(rows):
        size += len(row)
        if size > max_chars:
            return f"{''.join(rows[:number])}\nand {len(rows) - number} more\n"
    return "".join(rows)
