"""What of an untrusted log goes into a message: a few lines, or the best one."""

from __future__ import annotations

import re

from tocsin.text import clean, clip

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def excerpt(text: str) -> str | None:
    """At most 4 lines and 300 characters."""
    lines = _lines(text)[-4:]
    return clip("\n".join(lines), 300) or None


def error_line(text: str) -> str | None:
    """The best one line, at most 200 characters."""
    lines = _lines(text)
    return next((clip(line, 200) for line in reversed(lines) if re.search(r"error|fail", line, re.IGNORECASE)), None)


def _lines(text: str) -> list[str]:
    return [line for line in (clean(_ANSI.sub("", raw), 300) for raw in text.splitlines()) if line]
