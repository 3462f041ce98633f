"""Shell globs over text, case-sensitive, where `*` crosses `/`; a leading `!` excludes.

`glob` gives what `fnmatch.fnmatchcase` gives; it only spares ten thousand patterns their compilation.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def glob(pattern: str, text: str) -> bool:
    """Whether a pattern (without `!`) matches the whole text."""
    head, star, rest = pattern.partition("*")
    if "?" in pattern or "[" in pattern:
        literal = head.partition("?")[0].partition("[")[0]
        return text.startswith(literal) and fnmatchcase(text, pattern)
    if not star:
        return pattern == text
    *middle, tail = rest.split("*")
    end = len(text) - len(tail)
    if not text.startswith(head) or not text.endswith(tail) or len(head) > end:
        return False
    position = len(head)
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def is_glob(pattern: str) -> bool:
    """Whether a pattern could match more than itself."""
    return "*" in pattern or "?" in pattern or "[" in pattern


def passes(patterns: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a list of patterns takes what has these names (none: what the event does not have).

    It does if any plain pattern matches, or there is no plain one, and no pattern with `!` matches.
    """
    plain = hit = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if any(glob(pattern[1:], name) for name in names):
                return False
        else:
            plain = True
            hit = hit or any(glob(pattern, name) for name in names)
    return hit or not plain
