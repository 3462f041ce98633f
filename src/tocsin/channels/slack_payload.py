"""A payload of the policy's own for Slack: Block Kit, or a text.

https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/messaging/formatting-message-text
mrkdwn has no escape for its * _ ~ and backtick, so in a value other signs that look like them stand in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.channels.own_payload import Refusal, Service
from tocsin.channels.payload_shapes import Shape, anything, each, part, text, typed, url
from tocsin.channels.slack_blocks import escape
from tocsin.templates import Template
from tocsin.templates.markup import ADDRESS, BAR, PLAIN, Markup, lines, look_alike
from tocsin.wrong import DataPath

TEXT_MAX_CHARS = 40_000  # https://docs.slack.dev/reference/methods/chat.postMessage
BLOCKS_MAX = 50
SECTION_MAX_CHARS = 3000
FIELD_MAX_CHARS = 2000
FIELDS_MAX = 10
HEADER_MAX_CHARS = 150
BUTTON_MAX_CHARS = 75
ACTIONS_MAX = 25
CONTEXT_MAX = 10
ATTACHMENTS_MAX = 100  # https://docs.slack.dev/messaging/formatting-message-text
ALT_MAX_CHARS = 2000
TITLE_MAX_CHARS = 2000

_RAW_TYPES = ("plain_text", "text", "link", "date", "emoji", "user", "channel", "raw_text")  # their text is no markup
_ADDRESSES = ("url", "image_url", "thumb_url", "title_link", "author_link", "author_icon", "footer_icon", "icon_url")
_OLD_MARKUP = ("text", "pretext", "title", "value", "fallback", "footer", "author_name", "text_fallback")
_MARKS = re.compile(r"[*~`]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|(?<!\w)[@#](?=\w)|:(?=//)|:(?=[\w+-]+:)|(?<=\bwww)\.", re.IGNORECASE)


def _escaped(line: str) -> str:
    """A value in mrkdwn: no format, link, mention, emoji or quote."""
    head = line.lstrip()
    line = "\u203a" + head[1:] if head.startswith(">") else line
    return escape(_MARKS.sub(look_alike, line))


def _link(label: str, address: str) -> str:
    return f"<{escape(address)}|{_escaped(label).replace('|', BAR)}>"


MRKDWN = Markup(lines(_escaped), _link)


def reading(path: DataPath, holder: Mapping[str, Any]) -> Markup:
    """How Slack reads the text at a path."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    if key in _ADDRESSES:
        return ADDRESS
    if key == "text" and holder.get("type") in _RAW_TYPES:
        return PLAIN
    return MRKDWN if key in _OLD_MARKUP or key == "mrkdwn_in" or not path else PLAIN


def guarded(tree: Any) -> Any:
    """The payload in which Slack looks for no names and addresses where a value stands: it would make mentions and links of them."""
    if not isinstance(tree, dict):
        return tree
    return {**_verbatim(tree), **({"parse": "none", "link_names": False} if isinstance(tree.get("text"), Template) else {})}


def _verbatim(node: Any) -> Any:
    if isinstance(node, list):
        return [_verbatim(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _verbatim(value) for key, value in node.items()}
    return {**kept, "verbatim": True} if node.get("type") == "mrkdwn" and isinstance(node.get("text"), Template) else kept


def _text_of(kinds: tuple[str, ...], maximum: int) -> Shape:
    keys: dict[str, Shape] = {"type": anything, "text": text(maximum), "emoji": anything, "verbatim": anything}
    return typed({kind: part(keys, ("text",)) for kind in kinds}, "a text object")


_PLAIN_TEXT, _ANY_TEXT = ("plain_text",), ("plain_text", "mrkdwn")
_OPEN = part({}, is_open=True)
_IMAGE = part({"image_url": url, "alt_text": text(ALT_MAX_CHARS, 0)}, ("alt_text",), ("image_url", "slack_file"), is_open=True)
_BUTTON = part({"text": _text_of(_PLAIN_TEXT, BUTTON_MAX_CHARS), "url": url, "value": text(2000, 0)}, ("text",), is_open=True)
_ELEMENTS = dict.fromkeys(
    (
        "checkboxes", "datepicker", "datetimepicker", "overflow", "radio_buttons", "static_select", "external_select", "users_select",
        "conversations_select", "channels_select", "multi_static_select", "multi_external_select", "multi_users_select",
        "multi_conversations_select", "multi_channels_select", "timepicker", "workflow_button", "icon_button", "feedback_buttons",
    ),
    _OPEN,
)  # fmt: skip
_ACTION = typed({"button": _BUTTON, "image": _IMAGE, **_ELEMENTS}, "an element")
_CONTEXT = typed({"image": _IMAGE, "plain_text": part({"text": text(2000)}, ("text",), is_open=True),
                  "mrkdwn": part({"text": text(2000)}, ("text",), is_open=True)}, "an element")  # fmt: skip
_RICH = dict.fromkeys(("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"), _OPEN)
_BLOCKS: dict[str, Shape] = {
    "header": part({"text": _text_of(_PLAIN_TEXT, HEADER_MAX_CHARS)}, ("text",), is_open=True),
    "section": part(
        {
            "text": _text_of(_ANY_TEXT, SECTION_MAX_CHARS),
            "fields": each(_text_of(_ANY_TEXT, FIELD_MAX_CHARS), FIELDS_MAX),
            "accessory": _ACTION,
        },
        one_of=("text", "fields"),
        is_open=True,
    ),
    "context": part({"elements": each(_CONTEXT, CONTEXT_MAX)}, ("elements",), is_open=True),
    "actions": part({"elements": each(_ACTION, ACTIONS_MAX)}, ("elements",), is_open=True),
    "divider": _OPEN,
    "image": part({"image_url": url, "alt_text": text(ALT_MAX_CHARS, 0), "title": _text_of(_PLAIN_TEXT, TITLE_MAX_CHARS)}, ("alt_text",),
                  ("image_url", "slack_file"), is_open=True),
    "rich_text": part({"elements": each(typed(_RICH, "an element"), 1000, 0)}, ("elements",), is_open=True),
    "markdown": part({"text": text(12_000)}, ("text",), is_open=True),
    **dict.fromkeys(("video", "file", "input", "table", "context_actions", "task_card", "plan", "card", "alert", "carousel"), _OPEN),
}  # fmt: skip
_BLOCK = typed(_BLOCKS, "a block")
_ATTACHMENT = part({"blocks": each(_BLOCK, BLOCKS_MAX, 0), "text": text(TEXT_MAX_CHARS, 0), "title_link": url}, is_open=True)
_MESSAGE = part(
    {
        "text": text(TEXT_MAX_CHARS),
        "blocks": each(_BLOCK, BLOCKS_MAX),
        "attachments": each(_ATTACHMENT, ATTACHMENTS_MAX),
        **dict.fromkeys(
            (
                "mrkdwn", "unfurl_links", "unfurl_media", "parse", "link_names", "username", "icon_emoji", "icon_url", "thread_ts",
                "reply_broadcast", "response_type", "replace_original", "delete_original", "metadata", "channel",
            ),
            anything,
        ),
    },
    one_of=("text", "blocks", "attachments"),
)  # fmt: skip


def refusals(payload: Any) -> Iterator[Refusal]:
    """What Slack would refuse."""
    yield from _MESSAGE(payload, ())


SERVICE = Service(reading, refusals, guarded)
