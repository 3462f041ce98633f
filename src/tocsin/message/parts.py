"""What a message is made of, and how text gets into it: cleaned, on one line, and never longer than a reader can take in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from tocsin.named_tuple import NamedTuple
from tocsin.text import clean, safe_url


class Span(NamedTuple):
    """A piece of a sentence, with its link.

    `at` is the instant that `text` tells (ISO 8601 in UTC), for services that show a reader's own time.
    """

    text: str
    url: str | None = None
    at: str | None = None


Sentence: TypeAlias = tuple[Span, ...]


class Reason(NamedTuple):
    """What failed and why. Where only one of the two is known, the other is "". `excerpt` has lines of the log."""

    where: str
    text: str
    url: str | None = None
    excerpt: tuple[str, ...] = ()


class Detail(NamedTuple):
    """One labelled value of the whole table, with a link where there is a page for it."""

    label: str
    value: str
    url: str | None = None


class Link(NamedTuple):
    """A button, or a link, to a page."""

    label: str
    url: str


def first(*candidates: str | None, max_chars: int) -> str:
    """The first candidate of which something is left when it is cleaned, or an empty text."""
    return next((text for candidate in candidates if candidate and (text := clean(candidate, max_chars))), "")


def joined(separator: str, *parts: str | None) -> str:
    """The parts that are there."""
    return separator.join(part for part in parts if part)


def shortened(text: str, max_chars: int) -> str:
    """`text` with "…" in the place of its middle where it is too long: both ends of a name tell it apart."""
    if len(text) <= max_chars:
        return text
    tail = (max_chars - 1) // 2
    return f"{text[: max_chars - 1 - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"


def span(text: object, url: str | None = None, max_chars: int = 100) -> Span:
    """A piece of untrusted text, cleaned, with its link if that is one."""
    return Span(clean(text, max_chars), safe_url(url))


def plain(sentence: Iterable[Span]) -> str:
    """A sentence without its links."""
    return "".join(part.text for part in sentence)
