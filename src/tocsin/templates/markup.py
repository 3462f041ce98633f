"""Markup: how a service reads the texts of a payload, and what keeps a value in them from being more than text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote

from tocsin.templates.links import in_plain, unmarked
from tocsin.text import UNSAFE, safe_url

_BREAKS = re.compile("[\r\n\x85\u2028\u2029]+")


BAR = "\u01c0"  # looks like the | of a link's label
SIGNS = {"*": "\u2217", "~": "\u223c", "`": "\u2019", "_": "\uff3f"}
"""What stands for a mark in a value where a service has no escape: a sign that looks like it."""


def look_alike(found: re.Match[str], signs: Mapping[str, str] = SIGNS) -> str:
    """What stands for a mark: its sign, or itself broken up from what follows."""
    return signs.get(found[0]) or f"{found[0]}\u200b"


class Markup(NamedTuple):
    """How values stand in a text: `escape` makes one text and nothing else, `link` makes a link of a label and an address."""

    escape: Callable[[str], str]
    link: Callable[[str, str], str] = in_plain

    def put(self, value: str) -> str:
        """What stands for a value, with the links in it."""
        return unmarked(value, lambda text, url: self.link(text, url) if url else self.escape(text))


def lines(escape: Callable[[str], str]) -> Callable[[str], str]:
    """The same for each line of a text, without control and direction characters."""
    return lambda text: "\n".join(escape(UNSAFE.sub(" ", line)) for line in _BREAKS.split(text))


def _address(value: str) -> str:
    return value if safe_url(value) else quote(value, safe="")


PLAIN = Markup(str)
"""Where nothing is markup."""

ADDRESS = Markup(_address, lambda _, url: url)
"""An address: what is none by itself is percent-encoded."""

Reading: TypeAlias = Callable[[tuple[str | int, ...], Mapping[str, Any]], Markup]
"""How the text at a path of a payload, in that mapping, is read."""
