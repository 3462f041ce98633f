r"""Shell globs over text, case-sensitive, where `*` crosses `/`; a leading `!` excludes.

`glob` gives what `fnmatch.fnmatchcase` gives, and spares ten thousand patterns their compilation. Brackets stand for one of the
characters in them, and for themselves as well: services make names that have some. A backslash before one of `*?[]!\` makes
that character plain, as in a shell. A pattern that is the text itself, letter for letter, always matches it.
`[bot]` is never one of three characters: it is how a bot's login ends, and `!*[bot]` must not leave out everybody called Scott.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

_ESCAPED = r"\\(?P<plain>[*?\[\]!\\])"
_BOT = "[bot]"
_SIGNS = rf"{_ESCAPED}|\[!?\]?[^\]]*\]"  # a class of characters is left as it is
_SIGNS_AND_BRACKETS = rf"{_ESCAPED}|\["


def glob(pattern: str, text: str) -> bool:
    """Whether a pattern (without `!`) matches the whole text."""
    if pattern == text:
        return True
    if not is_glob(pattern):
        return False
    if "\\" in pattern or _BOT in pattern:
        return any(fnmatchcase(text, reading) for reading in readings(pattern))
    head, _, rest = pattern.partition("*")
    if "?" in pattern or "[" in pattern:
        literal = head.partition("?")[0].partition("[")[0]
        return text.startswith(literal) and (fnmatchcase(text, pattern) or _as_written(pattern, text))
    return text.startswith(head) and _pieces(rest.split("*"), text, len(head))


def readings(pattern: str) -> tuple[str, ...]:
    """What `fnmatch` is asked for a glob: any of these patterns of its own matches what the glob matches, beside the glob's own text."""
    escaped = "\\" in pattern
    first = re.sub(_SIGNS, _plain, pattern) if escaped or _BOT in pattern else pattern
    if "[" not in pattern:
        return (first,)
    return first, re.sub(_SIGNS_AND_BRACKETS, _plain, pattern) if escaped else pattern.replace("[", "[[]")


def _as_written(pattern: str, text: str) -> bool:
    """Whether a pattern matches whose brackets are those of a name: GitLab calls a job "deploy: [aws, monitoring]"."""
    return "[" in pattern and fnmatchcase(text, readings(pattern)[-1])


def _plain(sign: re.Match[str]) -> str:
    """What `fnmatch` takes for a character that stands for itself."""
    if sign[0] == _BOT:
        return "[[]bot]"
    plain = sign["plain"] or (sign[0] if len(sign[0]) == 1 else "")
    return (f"[{plain}]" if plain in "*?[" else plain) if plain else sign[0]


def _pieces(pieces: list[str], text: str, position: int) -> bool:
    """Whether the text from `position` on has the pieces in order, the last one at its end."""
    tail = pieces.pop()
    end = len(text) - len(tail)
    if position > end or not text.endswith(tail):
        return False
    for piece in pieces:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def is_glob(pattern: str) -> bool:
    """Whether a pattern could match other than itself."""
    return "*" in pattern or "?" in pattern or "[" in pattern or "\\" in pattern


def passes(patterns: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a list of patterns takes what has these names (none: what the event does not have).

    It does if any plain pattern matches, or there is no plain one, and no pattern with `!` matches. A pattern with `!` that is
    a name letter for letter matches it.
    """
    plain = hit = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if _any(pattern[1:], names):
                return False
            hit = hit or pattern in names
        else:
            plain = True
            hit = hit or _any(pattern, names)
    return hit or not plain


def _any(pattern: str, names: Sequence[str]) -> bool:
    for name in names:  # noqa: SIM110  any() takes twice as long, and this is the innermost step of ten thousand rules
        if glob(pattern, name):
            return True
    return False
