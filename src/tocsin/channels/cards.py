"""A message as an Adaptive Card, for the services that show such cards: https://adaptivecards.io/explorer.

All text stands in TextBlocks: they break a long word, where a RichTextBlock ends at the card's edge, and their links stay in the line
(Teams breaks it before a text run with a link: microsoft/AdaptiveCards#9100). There is no picture: Teams on the desktop shows none that a
card brings along (MicrosoftDocs/msteams-docs#5355), and one from elsewhere would tell who reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.channels.card_text import block
from tocsin.message import Message, Reason, Sentence, Span, Tone

STYLES: dict[Tone, str] = {
    "started": "accent",
    "good": "good",
    "bad": "attention",
    "warning": "warning",
    "neutral": "emphasis",
    "waiting": "accent",
    "test": "accent",
}
COLOURS: dict[Tone, str] = {"good": "Good", "bad": "Attention", "warning": "Warning", "neutral": "Default"}  # of text; else Accent
BUTTONS_MAX = 2  # ours: on a row; a third would end beyond a phone's edge
HEADING_VERSION = "1.4"  # a heading's style is of 1.5, which a service that goes by the schema of 1.3 refuses; the clients of 1.4 read it


def card(message: Message, version: str, heading: Sentence | None = None) -> dict[str, Any]:
    """The card's content; `version` is the newest that the service shows. `heading` stands in the place of the headline; () is none."""
    heading = (Span(message.headline),) if heading is None else heading
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": version,
        "fallbackText": unlinked(message.push),
        "body": [*([_band(heading, message.shade, version)] if heading else []), *_parts(message)],
    }


def unlinked(text: str) -> str:
    """`text` for where a client may read it as markdown: without the pair of brackets that makes a link or a mention."""
    return text.replace("](", "] (")


def _parts(message: Message) -> Iterator[dict[str, Any]]:
    reasons = [part for reason in message.reasons for part in _reason(reason)]
    if message.more:
        reasons.append(_text(Span(message.more.label, message.more.url), spacing="Small"))
    if reasons:
        yield {"type": "Container", "items": reasons}
    if message.sentences:
        yield {"type": "Container", "items": [_text(*sentence, spacing="Small") for sentence in message.sentences]}
    for links in filter(None, (message.links[:BUTTONS_MAX], message.links[BUTTONS_MAX:])):
        actions = [{"type": "Action.OpenUrl", "title": link.label, "url": link.url} for link in links]
        yield {"type": "ActionSet", "actions": actions}
    if message.notes:
        yield _text(*message.notes, size="Small", isSubtle=True)


def _band(heading: Sentence, tone: Tone, version: str) -> dict[str, Any]:
    """The heading in the tone's colour, beside a stripe of it.

    The heading itself stands on the card's own ground: in the dark a whole band would be pastel, or as good as none.
    """
    style = {"style": "heading"} if version >= HEADING_VERSION else {}
    text = _text(*heading, size="Medium", weight="Bolder", color=COLOURS.get(tone, "Accent"), **style)
    stripe = {"type": "Column", "style": STYLES[tone], "bleed": True, "width": "4px", "items": []}
    return {"type": "ColumnSet", "columns": [stripe, {"type": "Column", "width": "stretch", "spacing": "Small", "items": [text]}]}


def _reason(reason: Reason) -> Iterator[dict[str, Any]]:
    where = Span(reason.where or reason.text, reason.url)
    text = [Span(f": {reason.text}")] if reason.where and reason.text else []
    if where.text:
        yield _text(Span("• "), where, *text, spacing="Small")
    if reason.excerpt:
        lines = [_text(Span(_indented(line)), fontType="Monospace", size="Small", spacing="None") for line in reason.excerpt]
        yield {"type": "Container", "style": "emphasis", "spacing": "Small", "items": lines}


def _indented(line: str) -> str:
    """A line of a log: a fourth space at its start would make it a block of code. Phones show the three, elsewhere markdown drops them."""
    text = line.lstrip(" ")
    return " " * min(3, len(line) - len(text)) + text


def _text(*spans: Span, **look: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": block(spans), "wrap": True, **look}
