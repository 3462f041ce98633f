"""A payload of the policy's own with an Adaptive Card, for Teams and RingCentral: https://adaptivecards.io/explorer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.channels.card_text import block, escaped
from tocsin.channels.own_payload import Refusal, Service
from tocsin.channels.payload_shapes import Shape, anything, each, part, text, typed, url, wire_bytes, word
from tocsin.message import Span
from tocsin.templates.markup import ADDRESS, PLAIN, Markup, lines
from tocsin.wrong import DataPath

TEAMS_MAX_BYTES = 28 * 1024  # https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
RINGCENTRAL_MAX_BYTES = 1024 * 1024  # ours: below the 1.5 MB of all attachments
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MARKDOWN = Markup(lines(escaped), lambda label, address: block([Span(label, address)]))

_RAW_TYPES = ("TextRun", "Input.Text", "Input.Toggle", "Action.OpenUrl", "Action.Submit", "Action.Execute")
_ADDRESSES = ("url", "iconUrl", "contentUrl", "image_url", "author_icon", "title_link", "thumbnailUri", "imageUri", "iconUri", "authorUri")
_MARKDOWN_KEYS = ("text", "summary", "value", "title", "subtitle", "fallback", "pretext", "intro", "footnote")


def reading(path: DataPath, holder: Mapping[str, Any]) -> Markup:
    """How a card's client reads the text at a path."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    if key in _ADDRESSES:
        return ADDRESS
    return MARKDOWN if key in _MARKDOWN_KEYS and holder.get("type") not in _RAW_TYPES else PLAIN


def _elements(value: Any, path: DataPath) -> Iterator[Refusal]:
    yield from each(_ELEMENT, 1000, 0)(value, path)


def _actions(value: Any, path: DataPath) -> Iterator[Refusal]:
    yield from each(_ACTION, 100, 0)(value, path)


_OPEN = part({}, is_open=True)
_ACTION = typed(
    {
        "Action.OpenUrl": part({"url": url}, ("url",), is_open=True),
        **dict.fromkeys(("Action.ShowCard", "Action.Submit", "Action.ToggleVisibility", "Action.Execute"), _OPEN),
    },
    "an action",
)
_FACT = part({"title": text(10_000, 0), "value": text(10_000, 0)}, ("title", "value"), is_open=True)
_COLUMN = part({"items": _elements}, is_open=True)
_BODY: dict[str, Shape] = {
    "TextBlock": part({"text": text(30_000, 0)}, ("text",), is_open=True),
    "RichTextBlock": part({"inlines": anything}, ("inlines",), is_open=True),
    "Image": part({"url": url}, ("url",), is_open=True),
    "ImageSet": part({"images": anything}, ("images",), is_open=True),
    "Container": part({"items": _elements}, ("items",), is_open=True),
    "ColumnSet": part({"columns": each(_COLUMN, 100, 0)}, is_open=True),
    "FactSet": part({"facts": each(_FACT, 100)}, ("facts",), is_open=True),
    "ActionSet": part({"actions": _actions}, ("actions",), is_open=True),
    "Table": part({"columns": anything, "rows": anything}, is_open=True),
    **dict.fromkeys(("Media", "Input.Text", "Input.Number", "Input.Date", "Input.Time", "Input.Toggle", "Input.ChoiceSet"), _OPEN),
    **dict.fromkeys(("CodeBlock", "Icon", "Badge", "ProgressBar", "ProgressRing", "Rating", "CompoundButton", "Carousel"), _OPEN),
}
_ELEMENT = typed(_BODY, "an element")
_VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")
_CARD = part(
    {"type": word("AdaptiveCard"), "version": word(*_VERSIONS), "body": _elements, "actions": _actions},
    ("type", "version"),
    ("body", "actions"),
    is_open=True,
)
_TEAMS = part(
    {
        "type": word("message"),
        "attachments": each(part({"contentType": word(CARD_TYPE), "content": _CARD}, ("contentType", "content"), is_open=True), 10),
        "summary": text(30_000, 0),
        "text": text(30_000, 0),
    },
    ("type", "attachments"),
    is_open=True,
)
_GLIP = part({}, is_open=True)
_RINGCENTRAL = part(
    {
        "text": text(10_000, 0),
        "attachments": each(typed({"AdaptiveCard": _CARD, "Card": _GLIP, "Event": _GLIP, "Note": _GLIP}, "an attachment"), 20),
        **dict.fromkeys(("activity", "icon", "iconEmoji", "iconUri", "title", "body", "recordId"), anything),
    },
    one_of=("text", "attachments", "body"),
)


def teams_refusals(payload: Any) -> Iterator[Refusal]:
    """What Teams would refuse."""
    if isinstance(payload, dict) and payload.get("type") == "AdaptiveCard":
        yield Refusal(("type",), f"is a card by itself: write {{type: message, attachments: [{{contentType: {CARD_TYPE}, content: …}}]}}")
        return
    yield from _TEAMS(payload, ())
    yield from wire_bytes(payload, TEAMS_MAX_BYTES)


def ringcentral_refusals(payload: Any) -> Iterator[Refusal]:
    """What RingCentral would refuse."""
    yield from _RINGCENTRAL(payload, ())
    yield from wire_bytes(payload, RINGCENTRAL_MAX_BYTES)


TEAMS = Service(reading, teams_refusals)
RINGCENTRAL = Service(reading, ringcentral_refusals)
