"""A merge that is not finished."""

from __future__ import annotations

import re

from tocsin.errors import PolicyError

_MARKER = re.compile(r"^(?:<{7}|>{7})(?: |\r?$)", re.MULTILINE)


def require_merged(text: str, file: str) -> None:
    """Raise PolicyError where git's conflict markers stand in a text."""
    found = _MARKER.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise PolicyError(f"{file}:{line}: the marker of a merge conflict stands here: resolve it first; nothing was written")
