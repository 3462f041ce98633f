"""Untrusted text in Markdown: shown as it is."""

from __future__ import annotations

import re

from tocsin.text import clean

CELL_MAX_CHARS = 200  # ours
_MARKUP = re.compile(r"[&<>|*~`\[\]\\:@!$#{}^]|(?<=www)\.|(?<![^\W_])_|_(?![^\W_])", re.IGNORECASE)


def escaped(text: object, max_chars: int = CELL_MAX_CHARS) -> str:
    """Text that Markdown and HTML show as it is: no table cell ends, no link, no mention, no tag."""
    return _MARKUP.sub(lambda mark: f"&#{ord(mark[0])};", clean(text, max_chars))
