"""Colours by their names or as #rrggbb."""

from __future__ import annotations

import re

from tocsin.message import COLOURS

NAMES = {
    "green": COLOURS["good"],
    "red": COLOURS["bad"],
    "orange": COLOURS["warning"],
    "grey": COLOURS["neutral"],
    "violet": COLOURS["waiting"],
    "blue": COLOURS["started"],
    "teal": COLOURS["test"],
}
NAMES |= {"gray": NAMES["grey"], "yellow": NAMES["orange"], "good": NAMES["green"], "warning": NAMES["orange"], "danger": NAMES["red"]}
_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")


def colour_of(text: str) -> int | None:
    """A colour as 0xRRGGBB, or None where a text is none."""
    if text.casefold() in NAMES:
        return NAMES[text.casefold()]
    found = _HEX.fullmatch(text)
    if not found:
        return None
    digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
    return int(digits, 16)
