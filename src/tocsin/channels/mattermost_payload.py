"""A payload of the policy's own for Mattermost: a webhook's body, or with a token a post of the API.

https://developers.mattermost.com/integrate/reference/message-attachments/
Names behind an @ are looked for after the Markdown is read: nothing that a value says can name anyone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from tocsin.channels.mattermost_text import broken, escape, linked
from tocsin.channels.own_payload import Refusal, Service
from tocsin.channels.payload_shapes import Shape, anything, each, ours, part, text, url, wire_bytes
from tocsin.templates import Template, compile_text
from tocsin.templates.markup import ADDRESS, BAR, PLAIN, SIGNS, Markup, lines, look_alike
from tocsin.wrong import DataPath

TEXT_MAX_CHARS = 16_383  # https://github.com/mattermost/mattermost/blob/master/server/public/model/post.go, PostMessageMaxRunesV2
PAYLOAD_MAX_BYTES = 800_000  # the same, PostPropsMaxRunes

_SIGNS = {**SIGNS, "<": "\u2039", ">": "\u203a", "[": "\uff3b", "]": "\uff3d", "\\": "\uff3c", "|": BAR}
_MARKS = re.compile(r"[*~`<>\[\]\\|]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|^#")


def _markdown(line: str) -> str:
    """One line, whose indentation would make a block of it."""
    return " " * line[:1].isspace() + escape(line.lstrip())


def _quiet(line: str) -> str:
    """One line where Mattermost reads Markdown in some places and none in others, so that an escape would be seen."""
    return broken(_MARKS.sub(partial(look_alike, signs=_SIGNS), line))


MARKDOWN = Markup(lines(_markdown), linked)
QUIET = Markup(lines(_quiet), lambda label, address: f"{_quiet(label)} ({broken(address)})")

_MARKDOWN_KEYS = ("text", "message", "pretext", "value", "card")
_QUIET_KEYS = ("title", "fallback", "footer", "author_name", "name")
_ADDRESSES = ("title_link", "author_link", "author_icon", "image_url", "thumb_url", "footer_icon", "icon_url", "override_icon_url", "url")
_BEHIND_AT = re.compile(r"@(?=[\w.-]*\{[{%#])")


def reading(path: DataPath, holder: Mapping[str, Any]) -> Markup:
    """How Mattermost reads the text at a path."""
    del holder
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    if key in _ADDRESSES:
        return ADDRESS
    return MARKDOWN if key in _MARKDOWN_KEYS or not path else QUIET if key in _QUIET_KEYS else PLAIN


def guarded(node: Any) -> Any:
    """The payload in which no value ends a name behind an @ that is written out: it could name anyone."""
    if isinstance(node, dict):
        return {key: guarded(item) for key, item in node.items()}
    if isinstance(node, list):
        return [guarded(item) for item in node]
    if isinstance(node, Template) and _BEHIND_AT.search(node.source):
        return compile_text(_BEHIND_AT.sub("@\u200b", node.source))
    return node


_FIELD = part({"title": text(TEXT_MAX_CHARS, 0), "value": anything, "short": anything})
_ATTACHMENT = part(
    {
        **dict.fromkeys(("fallback", "pretext", "author_name", "title", "text", "footer"), text(TEXT_MAX_CHARS, 0)),
        **dict.fromkeys(("author_link", "author_icon", "title_link", "image_url", "thumb_url", "footer_icon"), url),
        "fields": each(_FIELD, 100, 0),
        **dict.fromkeys(("color", "actions", "ts", "id"), anything),
    }
)
_ATTACHMENTS = each(_ATTACHMENT, 100, 0)
_PROPS = part({"attachments": _ATTACHMENTS}, is_open=True)
_ELSEWHERE = ours("is no key of a payload: the messages go to the policy's channel alone")
_GUARDED: dict[str, Shape] = {
    **dict.fromkeys(("channel", "channel_id", "team", "team_id"), _ELSEWHERE),
    "root_id": ours("is no key of a payload: conversation: thread puts it in"),
}
_WEBHOOK = part(
    {
        "text": text(TEXT_MAX_CHARS, 0),
        "attachments": _ATTACHMENTS,
        "props": _PROPS,
        "icon_url": url,
        **dict.fromkeys(("username", "icon_emoji", "type", "priority"), anything),
        "message": ours("is a key of the API, which needs a token: a webhook takes text"),
        **_GUARDED,
    },
    one_of=("text", "attachments"),
)
_POST = part(
    {
        "message": text(TEXT_MAX_CHARS, 0),
        "props": _PROPS,
        **dict.fromkeys(("metadata", "file_ids", "type"), anything),
        "text": ours("is a key of a webhook: with a token it is message"),
        "attachments": ours("is a key of a webhook: with a token it stands below props"),
        **_GUARDED,
    },
    one_of=("message", "props", "file_ids"),
)


def _refusals(shape: Shape, payload: Any) -> Iterator[Refusal]:
    """What Mattermost would refuse, or what would lead elsewhere."""
    yield from shape(payload, ())
    yield from wire_bytes(payload, PAYLOAD_MAX_BYTES)


WEBHOOK = Service(reading, partial(_refusals, _WEBHOOK), guarded)
POST = Service(reading, partial(_refusals, _POST), guarded)
