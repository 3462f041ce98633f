"""A payload of the policy's own for Google Chat: a text, and cards.

https://developers.google.com/workspace/chat/api/reference/rest/v1/cards
The text of a message has no escape (https://developers.google.com/workspace/chat/format-messages): in a value other signs that look like
its marks stand in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from html import escape
from typing import Any

from tocsin.channels.own_payload import Refusal, Service
from tocsin.channels.payload_shapes import anything, each, part, text, url, wire_bytes
from tocsin.templates.markup import ADDRESS, BAR, PLAIN, SIGNS, Markup, lines, look_alike
from tocsin.wrong import DataPath

PAYLOAD_MAX_BYTES = 32_000  # https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create

_SIGNS = {**SIGNS, "<": "\u2039", ">": "\u203a", "[": "\uff3b", "]": "\uff3d", "\\": "\uff3c"}
_MARKS = re.compile(r"[*~`<>\[\]\\]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|:(?=//)|(?<=\bwww)\.|(?<!\w)@(?=\w)|^#", re.IGNORECASE)

_sign = partial(look_alike, signs=_SIGNS)


def _escaped(line: str) -> str:
    return _MARKS.sub(_sign, re.sub(r"^(\s*)[-+](?=\s)", "\\1\u2212", line))


def _html(line: str) -> str:
    return escape(line, quote=False)


MARKUP = Markup(lines(_escaped), lambda label, address: f"<{address}|{_escaped(label).replace('|', BAR)}>")
MARKDOWN = Markup(lines(_escaped), lambda label, address: f"[{_escaped(label)}]({address.replace('(', '%28').replace(')', '%29')})")
HTML = Markup(lines(_html), lambda label, address: f'<a href="{escape(address)}">{_html(label)}</a>')

_ADDRESSES = ("url", "imageUrl", "iconUrl")
_HTML_KEYS = ("text", "topLabel", "bottomLabel", "content", "header", "subtitle", "title")
_PLAIN_HOLDERS = ("button", "buttons", "chip", "chips", "header")


def reading(path: DataPath, holder: Mapping[str, Any]) -> Markup:
    """How Chat reads the text at a path."""
    names = [part for part in path if isinstance(part, str)]
    key = (names or [""])[-1]
    if key in _ADDRESSES:
        return ADDRESS
    if names == ["text"]:
        return MARKUP
    if key not in _HTML_KEYS or (len(names) > 1 and names[-2] in _PLAIN_HOLDERS):
        return PLAIN
    return MARKDOWN if holder.get("textSyntax") == "MARKDOWN" else HTML


_WIDGETS = (
    "textParagraph", "image", "decoratedText", "buttonList", "textInput", "selectionInput", "dateTimePicker", "divider", "grid", "columns",
    "carousel", "chipList", "horizontalAlignment", "id", "visibility", "eventActions",
)  # fmt: skip
_PARAGRAPH = part({"text": text(30_000, 0), "maxLines": anything, "textSyntax": anything}, ("text",))
_ON_CLICK = part({"openLink": part({"url": url}, ("url",), is_open=True)}, is_open=True)
_BUTTON = part({"text": text(1000, 0), "onClick": _ON_CLICK}, ("onClick",), is_open=True)
_WIDGET = part(
    {
        **dict.fromkeys(_WIDGETS, anything),
        "textParagraph": _PARAGRAPH,
        "decoratedText": part({"text": text(30_000, 0), "button": _BUTTON}, ("text",), is_open=True),
        "buttonList": part({"buttons": each(_BUTTON, 100)}, ("buttons",)),
        "image": part({"imageUrl": url}, ("imageUrl",), is_open=True),
    }
)
_SECTION = part(
    {"widgets": each(_WIDGET, 100), "header": anything, "collapsible": anything, "uncollapsibleWidgetsCount": anything, "id": anything,
     "collapseControl": anything},
)  # fmt: skip
_CARD = part(
    {
        "sections": each(_SECTION, 100, 0),
        **dict.fromkeys(
            ("header", "name", "fixedFooter", "sectionDividerStyle", "cardActions", "displayStyle", "peekCardHeader"), anything
        ),
    }
)
_MESSAGE = part(
    {
        "text": text(30_000, 0),
        "fallbackText": text(30_000, 0),
        "cardsV2": each(part({"cardId": text(100, 0), "card": _CARD}, ("card",)), 100, 0),
        **dict.fromkeys(("thread", "accessoryWidgets", "cards", "quotedMessageMetadata"), anything),
    },
    one_of=("text", "cardsV2", "cards"),
)


def refusals(payload: Any) -> Iterator[Refusal]:
    """What Chat would refuse."""
    yield from _MESSAGE(payload, ())
    yield from wire_bytes(payload, PAYLOAD_MAX_BYTES)


SERVICE = Service(reading, refusals)
