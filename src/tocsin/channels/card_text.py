"""Text for the TextBlocks of an Adaptive Card, which read markdown.

https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features has bold, italic, lists and links; what clients read differs.
Desktop and web take CommonMark with its backslashes. The phones' own parser takes them before `*`, `_`, `[`, `]` and `)` alone, and no
entities (microsoft/Teams-AdaptiveCards-Mobile, MarkDownBlockParser.cpp); older ones showed them (microsoft/AdaptiveCards#5590).
So only what would be markup has a backslash, and no text becomes a link where backslashes are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tocsin.message import Span
from tocsin.text import URL_MAX_CHARS

_UNDERSCORE = r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])"  # within a word it is no markup
_PUNCTUATION = re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_MARKUP = re.compile(
    rf"[*\[\]]|{_UNDERSCORE}|~(?=~)|(?<=~)~|<(?=[A-Za-z/!?])|&(?=#?\w+;)|\\(?=[{_PUNCTUATION}]|$)"
    "|!$"  # before a link of ours it would make a picture of it
)
_START = re.compile(r" *(?:(?:#{1,6}|[+-]|[0-9]{1,9}[.)])(?=\s|$)|>|-(?=[\s-]+$))")  # of a heading, list, quote or rule
_FUNCTION = re.compile(r"\{(?=\{\s*(?:DATE|TIME))", re.IGNORECASE)  # which show a time; they are read before the markdown
_URL_MARKUP = re.compile(rf"[()*\[\]~]|{_UNDERSCORE}|(?<=&)(#?\w+);")


def escaped(text: str) -> str:
    """A piece of untrusted text. A "`" becomes "'", since no phone takes a backslash before it."""
    text = _FUNCTION.sub("{ ", text.replace("](", "] (").replace("`", "'"))
    start = _START.match(text)
    head = f"{text[: start.end() - 1]}\\{text[start.end() - 1]}" if start else ""
    return head + _MARKUP.sub(r"\\\g<0>", text[start.end() if start else 0 :])


def block(spans: Iterable[Span]) -> str:
    """The text of a TextBlock on one line, with links where the pieces have them."""
    return "".join(map(_piece, spans))


def _piece(span: Span) -> str:
    text = escaped(span.text)
    target = _target(span.url) if span.url and span.text.strip() else None
    return f"[{text}]({target})" if target else text


def _target(url: str) -> str | None:
    """A link's address without what a parser would take for its end or for markup; None where that is no link any more."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    path = _URL_MARKUP.sub(lambda found: f"{found[1]}%3B" if found[1] else f"%{ord(found[0]):02X}", path)
    target = f"{scheme}://{host}{slash}{path}"
    return None if _URL_MARKUP.search(host) or len(target) > URL_MAX_CHARS else target
