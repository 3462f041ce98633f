"""A message as a text for Telegram, in a small part of HTML: https://core.telegram.org/bots/api#html-style.

Telegram makes links and mentions of plain text by itself, which no escape prevents: an invisible character breaks up what it would take
for one. Within code it finds none.
"""

from __future__ import annotations

import re
from html import escape, unescape

from tocsin.channels.chat import DOT, fitted, label_and_rest, size
from tocsin.message import Message, Reason, Sentence
from tocsin.message.mention import addressed
from tocsin.text import units

TEXT_MAX_CHARS = 4096  # after the markup is read, counted here in UTF-16, the most that any count gives
PAYLOAD_MAX_BYTES = 30_000  # ours: with the links' addresses, which count to no limit that is documented

# What Telegram takes for an address without a scheme: a file, a host.
_NAME = re.compile(r"((?:[\w/-]+\.)+[^\W\d_]{2}[\w/-]*(?:\.[\w/-]+)*)")
# An @name or an address of mail, a #tag, a $TAG, a /command, an address with a scheme.
_BEFORE = re.compile(r"(?<=@)|(?<=[#$])(?=\w*[^\W\d_])|(?<![\w/]/)(?<=/)(?=\w)|(?<=:)(?=//)")


def text_of(message: Message) -> str:
    """The message, within Telegram's limits."""
    text: str = fitted(message, _html, _size, TEXT_MAX_CHARS)
    return text


def _html(message: Message) -> str:
    mentions = " ".join(_mention(name, id_) for name, id_ in addressed(message.mentions, "telegram"))
    lines = [f"<b>{_text(message.headline)}</b>", mentions, *map(_reason, message.reasons)]
    if message.more:
        lines.append(_linked(message.more.label, message.more.url))
    lines += map(_sentence, message.sentences)
    lines.append(DOT.join(_linked(link.label, link.url) for link in message.links))
    lines.append(f"<i>{_sentence(message.notes)}</i>" if message.notes else "")
    return "\n".join(filter(None, lines))


def _mention(name: str, id_: str) -> str:
    """Somebody by their number, who need not have a name on Telegram, or by that: https://core.telegram.org/bots/api#html-style."""
    return f'<a href="tg://user?id={id_}">{html(name)}</a>' if id_.isdecimal() else f"@{id_.lstrip('@')}"


def _reason(reason: Reason) -> str:
    """A line, and below it the lines of the log, in which Telegram looks for neither links nor mentions."""
    label, rest = label_and_rest(reason)
    line = f"• {_linked(label, reason.url)}{f': {_text(rest)}' if rest else ''}" if label else ""
    code = escape("\n".join(reason.excerpt), quote=False)
    return "\n".join(filter(None, (line, f"<pre>{code}</pre>" if code else "")))


def _sentence(sentence: Sentence) -> str:
    return "".join(_linked(span.text, span.url) for span in sentence)


def _linked(text: str, url: str | None) -> str:
    return f'<a href="{escape(url)}">{html(text)}</a>' if url else _text(text)


def _text(text: str) -> str:
    """Names of files and hosts as code, in which Telegram finds no address; the rest broken up."""
    return "".join(f"<code>{piece}</code>" if _NAME.fullmatch(piece) else html(piece) for piece in _NAME.split(text))


def _size(markup: str) -> int:
    """The characters that are shown; more than the limit where the HTML with its addresses is too large."""
    return TEXT_MAX_CHARS + 1 if size(markup) > PAYLOAD_MAX_BYTES else shown_units(markup)


def broken(text: str) -> str:
    """A text in which Telegram finds nobody to mention, no tag, no command, and no address with a scheme."""
    return _BEFORE.sub("\u200b", text)


def html(text: str) -> str:
    """The same as HTML."""
    return escape(broken(text), quote=False)


def shown_units(markup: str) -> int:
    """The characters that are shown of a text of HTML."""
    return units(unescape(re.sub("<[^<>]*>", "", markup)))
