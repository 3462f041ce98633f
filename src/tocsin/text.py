"""Untrusted text made fit for one line: no control or direction characters, no link that is not one, no forged log command."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

VALUE_MAX_CHARS = 300  # ours: a value is read at a glance; the run's page has the rest
URL_MAX_CHARS = 2048  # ours: below every channel's limit for a link

# C0 and C1 controls, line and paragraph separators, zero-width and direction marks: they hide or reorder what a reader sees.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb]+")
_NOT_IN_URL = re.compile(r"[\s<>\"'`|\\^{}\x00-\x1f\x7f-\x9f]")


def clean(text: object, max_chars: int = VALUE_MAX_CHARS) -> str:
    """`text` on one line without control or direction characters, at most `max_chars` long ("…" marks a cut)."""
    line = str(text)[: max_chars * 4]
    if not line.isprintable():  # nothing that is printed is unsafe
        line = UNSAFE.sub(" ", line)
    return clip(" ".join(line.split()), max_chars)


def clip(text: str, max_chars: int) -> str:
    """The first `max_chars` characters of `text`; the last is "…" where something was cut."""
    return text if len(text) <= max_chars else text[: max_chars - 1].rstrip() + "…"


def clip_measured(text: str, maximum: int, measure: Callable[[str], int]) -> str:
    """`text`, cut as by `clip` where what `measure` makes of it is more than `maximum`."""
    length = len(text)
    while measure(text) > maximum:
        length -= 1
        text = clip(text, length)
    return text


def units(text: str) -> int:
    """The length in UTF-16 code units, the most that any count of characters gives."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 rule`, `2 rules`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def safe_url(url: str | None) -> str | None:
    """`url` if it is a plain http or https address that can stand in a link, else None."""
    if not url or len(url) > URL_MAX_CHARS or _NOT_IN_URL.search(url) or UNSAFE.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc else None
