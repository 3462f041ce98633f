"""Slack, by incoming webhook.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
Values stand in plain_text and rich_text only: mrkdwn has no escape for its * _ ~ and backtick.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from tocsin.channels.chat import fitted, post
from tocsin.channels.options import ChannelOptions, SecretUrl
from tocsin.channels.soft_failure import may_pass
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Detail, Message
from tocsin.text import clip
from tocsin.verdict import Delivered, Failed, Retry, Verdict

HEADER_MAX_CHARS = 150  # characters, as Slack stores them (& is &amp;): https://docs.slack.dev/reference/block-kit/blocks/header-block
TEXT_MAX_CHARS = 4000  # characters; Slack cuts at 40,000: https://docs.slack.dev/reference/methods/chat.postMessage
BLOCKS_MAX_CHARS = 12_000  # characters of JSON; msg_blocks_too_long, which is undocumented, begins near 13,200

WORDS = {
    "action_prohibited": "an administrator forbids posting by this webhook: ask one to allow it",
    "channel_is_archived": "the channel is archived: unarchive it, or make a webhook for another channel",
    "channel_not_found": "the channel is gone: make a webhook for another channel",
    "invalid_token": "the webhook's URL has expired or is cut off: copy it again from Slack, or make a new webhook",
    "no_active_hooks": "the webhook is disabled: make a new one",
    "no_service": "the webhook was removed: make a new one",
    "no_service_id": "the webhook's URL is cut off: copy it again from Slack",
    "no_team": "the workspace is gone, or the URL is cut off: copy it again from Slack",
    "posting_to_general_channel_denied": "an administrator forbids posting to #general: make a webhook for another channel",
    "team_disabled": "the workspace is disabled",
    "user_not_found": "the person it writes to is gone: make a webhook for another channel",
}


class Options(ChannelOptions):
    """A Slack channel, by the URL of its incoming webhook."""

    kind: Literal["slack"]
    url: SecretUrl = Field(default="${SLACK_WEBHOOK_URL}", description="The incoming webhook's URL, from a secret.")
    channel: str | None = Field(
        default=None, description="The Slack channel's name, for readers: a webhook always posts to its own channel."
    )


def render(message: Message, options: Options) -> dict[str, Any]:
    """A header, and under it blocks beside a bar whose colour shows the tone; `text` is what a notification shows."""
    del options
    payload: dict[str, Any] = fitted(message, _payload, _size, BLOCKS_MAX_CHARS)
    return payload


def _payload(message: Message) -> dict[str, Any]:
    heading = _clip_stored(f"{message.icon} {message.title}", HEADER_MAX_CHARS)
    blocks = list(_blocks(message))
    payload: dict[str, Any] = {
        "text": escape(clip(f"{message.icon} {message.text}", TEXT_MAX_CHARS)),
        "mrkdwn": False,
        "blocks": [{"type": "header", "text": _plain(heading)}],
    }
    if blocks:
        payload["attachments"] = [{"color": f"#{message.colour:06x}", "fallback": escape(message.title), "blocks": blocks}]
    return payload


def _blocks(message: Message) -> Iterator[dict[str, Any]]:
    if message.failures:
        items = [_section(_failure(failure)) for failure in message.failures]
        yield _rich(_section([_text("What failed", bold=True)]), {"type": "rich_text_list", "style": "bullet", "elements": items})
    if message.details:
        yield _rich(_section(_rows(message.details)))
    if message.link:
        button = {"type": "button", "text": _plain(message.link.label), "url": message.link.url, "action_id": "run"}
        yield {"type": "actions", "elements": [button]}
    if message.footer:
        yield {"type": "context", "elements": [_plain(message.footer)]}


def _rows(details: tuple[Detail, ...]) -> list[dict[str, Any]]:
    rows = [(_text(f"{detail.label}:  ", bold=True), _value(detail.value, detail.url), _text("\n")) for detail in details]
    return [element for row in rows for element in row][:-1]


def _failure(failure: Detail) -> list[dict[str, Any]]:
    where = _value(failure.label, failure.url)
    return [where, _text(f": {failure.value}")] if failure.value else [where]


def _value(text: str, url: str | None) -> dict[str, Any]:
    return {"type": "link", "url": url, "text": text} if url else _text(text)


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text, "style": {"bold": True}} if bold else {"type": "text", "text": text}


def _section(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": elements}


def _rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(elements)}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}  # or the name a:100:b would show an emoji


def escape(text: str) -> str:
    """`text` without the three characters by which it could become a link or a mention in Slack's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clip_stored(text: str, max_chars: int) -> str:
    """`text` cut so that what Slack stores of it, escaped and in UTF-16, has at most `max_chars`."""
    size = len(text)
    while len(escape(text).encode("utf-16-le")) > 2 * max_chars:
        size -= 1
        text = clip(text, size)
    return text


def _size(payload: dict[str, Any]) -> int:
    """The characters of all blocks as JSON: more than Slack can count."""
    blocks = payload["blocks"] + [block for attachment in payload.get("attachments", ()) for block in attachment["blocks"]]
    return len(json.dumps(blocks, ensure_ascii=False).encode("utf-16-le")) // 2


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Post to the webhook. Raises NoAnswer."""
    return verdict(post(options.url, payload, transport))


def verdict(response: Response) -> Verdict:
    """What Slack's answer means: success is a 200 with the body `ok`, an error is a word of plain text."""
    word = response.text.strip()
    judged = judge(response)
    if isinstance(judged, Delivered):
        if response.status == 200 and word == "ok":
            return judged
        return _not_ok(response, word)
    if isinstance(judged, Retry):
        return judged
    if word in WORDS:
        return Failed(f"{word}: {WORDS[word]}")
    if word in ("invalid_payload", "invalid_blocks", "no_text", "too_many_attachments", "msg_blocks_too_long"):
        return Failed(f"{word}: Slack refuses the message: please report this as a defect of tocsin")
    return judged


def _not_ok(response: Response, word: str) -> Verdict:
    """What a 2xx means that is not Slack's ok: a word of an error, or the answer of the web API, or something else's."""
    answer = response.json()
    if isinstance(answer, dict) and isinstance(answer.get("error"), str):
        word = answer["error"]
    what = f"HTTP {response.status} without Slack's ok"
    if re.fullmatch(r"\w{1,60}", word) and may_pass(word):
        return Retry(f"{what}: {word}", retry_after(response.headers, response.at))
    meaning = f"{word}: {WORDS[word]}; " if word in WORDS else ""
    return Failed(f"{what}: {meaning}is the URL that of an incoming webhook?")
