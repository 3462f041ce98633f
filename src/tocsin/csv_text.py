"""A table as CSV, of which no cell is a formula to a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from tocsin.console import log_safe

_FORMULA = ("=", "+", "-", "@")  # https://owasp.org/www-community/attacks/CSV_Injection


def csv_text(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """The table (RFC 4180, with line feeds). A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = log_safe(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
