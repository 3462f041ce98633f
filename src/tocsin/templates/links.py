"""Links in a template's text: what a helper makes, and what becomes of it in plain text or in a service's own markup.

A link goes through a template as a piece of text that begins and ends with a mark nobody can guess, so that no value is taken for one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

from tocsin.text import clean, safe_url

MARK = f"\ue000{os.urandom(8).hex()}"  # templates run in several threads: it must be one for all
_LINK = re.compile(rf"{MARK}\[(.*?){MARK}\|(.*?){MARK}\]", re.DOTALL)
_BROKEN = re.compile("\ue000[0-9a-f]*[\\[|\\]]?")  # what is left of one that was cut


def marked(label: str, url: str) -> str:
    """A link as a piece of text; the label alone where the address is none."""
    label, address = clean(_BROKEN.sub("", label)), safe_url(url.strip())
    return f"{MARK}[{label}{MARK}|{address}{MARK}]" if label and address else label


def pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """A text in pieces, each with its link's address or None."""
    end = 0
    for found in _LINK.finditer(text):
        if found.start() > end:
            yield _BROKEN.sub("", text[end : found.start()]), None
        yield found[1], found[2]
        end = found.end()
    if end < len(text):
        yield _BROKEN.sub("", text[end:]), None


def unmarked(text: str, piece: Callable[[str, str | None], str]) -> str:
    """A text whose pieces, links among them, are what `piece` makes of each."""
    if MARK not in text:
        return piece(text, None)
    return "".join(piece(part, url) for part, url in pieces(text))


def in_plain(text: str, url: str | None) -> str:
    """A piece where nothing is markup."""
    return f"{text} ({url})" if url else text
