"""Tables in Markdown, and the values in them."""

from __future__ import annotations

import json
from collections.abc import Sequence


def table(*rows: Sequence[str]) -> str:
    """A table; the first row is its head."""
    head, *rest = rows
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rest)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(value: object) -> str:
    """A value as the policy writes it."""
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"
