"""What a message looks like in Mattermost: a text and an attachment, both in Markdown.

Mentions, links to channels, tags and emoji are looked for after the Markdown is read, so that no backslash prevents them: an invisible
character breaks up what would be one. https://docs.mattermost.com/end-user-guide/collaborate/format-messages.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tocsin.channels.chat import DOT, below_headline, below_push, code_block, label_and_rest, within
from tocsin.message import Message, Reason, Sentence
from tocsin.message.mention import addressed
from tocsin.text import URL_MAX_CHARS

URLS_MAX_BYTES = 3000  # ours: of the links below the message


def payload(message: Message) -> dict[str, Any]:
    """The message as a webhook takes it."""
    rest = below_headline(message)
    mentions = " ".join(f"@{id_.lstrip('@')}" for _, id_ in addressed(message.mentions, "mattermost"))
    text = "\n".join(filter(None, (f"**{escape(message.headline)}**", escape(rest), mentions)))
    lines = "\n".join(filter(None, _lines(below_push(message))))
    return {"text": text, **({"attachments": [_attachment(message, lines)]} if lines else {})}


def _attachment(message: Message, text: str) -> dict[str, Any]:
    return {"fallback": escape(message.push), "color": f"#{message.colour:06x}", "text": text}


def _lines(message: Message) -> Iterator[str]:
    yield from map(_reason, message.reasons)
    if message.more:
        yield linked(message.more.label, message.more.url)
    yield from map(_sentence, message.sentences)
    yield DOT.join(linked(link.label, link.url) for link in within(message.links, URLS_MAX_BYTES))
    yield _sentence(message.notes)


def _reason(reason: Reason) -> str:
    label, rest = label_and_rest(reason)
    line = linked(label, reason.url) + (f": {escape(rest)}" if rest else "")
    return "\n".join(filter(None, (line, code_block(reason.excerpt))))


def _sentence(sentence: Sentence) -> str:
    return "".join(linked(span.text, span.url) for span in sentence)


def linked(text: str, url: str | None) -> str:
    """A text, on a link where there is an address."""
    url = (url or "").replace("(", "%28").replace(")", "%29")
    return f"[{escape(text)}]({url})" if url and len(url) <= URL_MAX_CHARS and text.strip() else escape(text)


# An @name, a ~channel, a #tag, an :emoji:, an address with a scheme or of the web
_BEFORE = re.compile(r"(?<=[@~])|(?<=#)(?=[^\W\d_])|(?<=:)(?=//|[\w+-]+:)|(?<=[wW]{3})(?=\.)")
_MARKUP = re.compile(r"[\\*_`|$\[\]<>!]|^[-+>#=]|(?<=\d)\.(?= )")


def escape(text: str) -> str:
    """One line of text and nothing else."""
    return broken(_MARKUP.sub(r"\\\g<0>", text))


def broken(text: str) -> str:
    """A text in which Mattermost finds no name, channel, tag, emoji or address."""
    return _BEFORE.sub("\u200b", text)
