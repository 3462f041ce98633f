"""A payload of the policy's own for Telegram: the fields of https://core.telegram.org/bots/api#sendmessage.

Whom it mentions is written out in it. Values are escaped as `parse_mode` asks, and broken up where Telegram would make links or mentions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from tocsin.channels.own_payload import Refusal, Service
from tocsin.channels.payload_places import HOLE, HOST, Unsafe, safe, without
from tocsin.channels.payload_shapes import Shape, anything, each, ours, part, switch, text, url, wire_bytes, word
from tocsin.channels.telegram_markup import html_problems, markdown_problems, markdown_text
from tocsin.channels.telegram_text import PAYLOAD_MAX_BYTES, TEXT_MAX_CHARS, broken, shown_units
from tocsin.templates import Template
from tocsin.templates.links import in_plain
from tocsin.templates.markup import ADDRESS, PLAIN, Markup, lines
from tocsin.text import units
from tocsin.wrong import DataPath

_DOT = re.compile(r"(?<=\w\.)(?=[^\W\d_]{2})")  # of what Telegram takes for a host
_MARKS = re.compile(r"[\\_*\[\]()~`>#+\-=|{}.!]")
_IN_ADDRESS = re.compile(r"[)\\]")
_BACKSLASH = r"\\\g<0>"


def _quiet(line: str) -> str:
    return _DOT.sub("\u200b", broken(line))


def _html(line: str) -> str:
    return escape(_quiet(line), quote=False)


def _markdown(line: str) -> str:
    return _MARKS.sub(_BACKSLASH, _quiet(line))


def _linked(label: str, address: str) -> str:
    return f"[{_markdown(label)}]({_IN_ADDRESS.sub(_BACKSLASH, address)})"


TEXT = Markup(lines(_quiet), lambda label, address: in_plain(_quiet(label), address))
HTML = Markup(lines(_html), lambda label, address: f'<a href="{escape(address)}">{_html(label)}</a>')
MARKDOWN = Markup(lines(_markdown), _linked)
_MODES = {"HTML": HTML, "MarkdownV2": MARKDOWN}

_LEADS = "has a value in an address, which could lead elsewhere or mention somebody: use link()"
_PLACES = {
    rf"@\w*{HOLE}": "has a value right behind an @, and it could mention anybody: write the whole name out",
    rf"\btg:\S*{HOLE}": _LEADS,
    **HOST,
}
_PLACES_OF = {"HTML": {rf"<[^<>]*{HOLE}": _LEADS, **_PLACES}, "MarkdownV2": {rf"\]\([^()]*{HOLE}": _LEADS, **_PLACES}}


def reading(path: DataPath, holder: Mapping[str, Any]) -> Markup:
    """How Telegram reads the text at a path."""
    if path == ("text",):
        return _MODES.get(str(holder.get("parse_mode")), TEXT)
    return ADDRESS if path[-1:] == ("url",) else PLAIN


def guarded(tree: Any) -> Any:
    """The payload without a text in which a value could mention somebody, or lead elsewhere; how it is read no value decides."""
    if not isinstance(tree, dict):
        return tree
    mode = tree.get("parse_mode")
    if isinstance(mode, Template):
        return {**tree, "parse_mode": Unsafe("holds a value, and says how the text is read: write it out")}
    return {key: without(value, _PLACES_OF.get(str(mode), _PLACES)) if key == "text" else value for key, value in tree.items()}


_BUTTON = part(
    {
        "text": text(1000),
        "url": url,
        **dict.fromkeys(
            (
                "copy_text", "callback_data", "login_url", "web_app", "switch_inline_query", "switch_inline_query_current_chat", "style",
                "icon_custom_emoji_id",
            ),
            anything,
        ),
    },
    ("text",),
)  # fmt: skip
_KEYBOARD = part({"inline_keyboard": each(each(_BUTTON, 8), 100)}, ("inline_keyboard",))
_PREVIEW = part(
    {"url": url, **dict.fromkeys(("is_disabled", "prefer_small_media", "prefer_large_media", "show_above_text"), switch)},
)
_PLACE = ours("is no part of a payload: the channel has the chat in chat_id and the topic in thread_id, and tocsin answers by itself")
_KEYS: dict[str, Shape] = {
    "text": safe(text(PAYLOAD_MAX_BYTES)),
    "parse_mode": safe(word(*_MODES)),
    "link_preview_options": _PREVIEW,
    "reply_markup": _KEYBOARD,
    **dict.fromkeys(("disable_notification", "protect_content", "allow_paid_broadcast"), switch),
    "message_effect_id": text(100),
    "entities": ours("are not taken, because a value moves their places: write parse_mode, and marks into the text"),
    **dict.fromkeys(
        ("chat_id", "message_thread_id", "direct_messages_topic_id", "business_connection_id", "reply_parameters", "message_id"), _PLACE
    ),
}
_PAYLOAD = part(_KEYS, ("text",))


def refusals(payload: Any) -> Iterator[Refusal]:
    """What Telegram would refuse."""
    found = list(_PAYLOAD(payload, ()))
    yield from found
    if not found:
        yield from (Refusal(("text",), problem) for problem in _text_problems(payload["text"], payload.get("parse_mode")))
        yield from wire_bytes(payload, PAYLOAD_MAX_BYTES)


def _text_problems(markup: str, mode: str | None) -> Iterator[str]:
    if mode == "HTML":
        yield from html_problems(markup)
        shown = shown_units(markup)
    elif mode == "MarkdownV2":
        yield from markdown_problems(markup)
        shown = units(markdown_text(markup))
    else:
        shown = units(markup)
    if not shown:
        yield "is an empty text, which the service refuses"
    if shown > TEXT_MAX_CHARS:
        yield f"has {shown:,} characters, and the service takes {TEXT_MAX_CHARS:,}"


SERVICE = Service(reading, refusals, guarded)
