"""Slack, by incoming webhook.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tocsin.channels.options import ChannelOptions, Credential
from tocsin.http import Response, Transport, judge
from tocsin.message import Detail, Message
from tocsin.text import clip
from tocsin.verdict import Delivered, Failed, Verdict

# https://docs.slack.dev/reference/block-kit/blocks and .../block-elements/button-element
HEADER_MAX_CHARS = 150
FIELD_MAX_CHARS = 2000  # section.fields[].text
SECTION_MAX_CHARS = 3000  # section.text
FIELDS_MAX = 10
TEXT_MAX_CHARS = 4000  # ours; Slack cuts at 40,000


class Options(ChannelOptions):
    """A Slack channel, by the URL of its incoming webhook."""

    kind: Literal["slack"]
    url: Credential = Field(default="${SLACK_WEBHOOK_URL}", description="The incoming webhook's URL, from a secret.")
    channel: str | None = Field(default=None, description="The Slack channel's name, for readers: a webhook always posts to its own channel.")


def render(message: Message, options: Options) -> dict[str, Any]:
    """Blocks inside an attachment, whose colour shows the tone; `text` is what a notification shows."""
    del options
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": clip(f"{message.icon} {message.title}", HEADER_MAX_CHARS), "emoji": True}},
    ]
    if message.failures:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": _failures(message.failures)}})
    if message.details:
        blocks.append({"type": "section", "fields": [_field(detail) for detail in message.details[:FIELDS_MAX]]})
    if message.link:
        button = {"type": "button", "text": {"type": "plain_text", "text": message.link.label}, "url": message.link.url, "action_id": "run"}
        blocks.append({"type": "actions", "elements": [button]})
    if message.rules:
        rules = escape(clip(", ".join(message.rules), 300))
        blocks.append({"type": "context", "elements": [{"type": "plain_text", "text": f"Rule: {rules}", "emoji": False}]})
    return {
        "text": escape(clip(f"{message.icon} {message.text}", TEXT_MAX_CHARS)),
        "attachments": [{"color": f"#{message.colour:06x}", "blocks": blocks, "fallback": escape(message.title)}],
    }


def escape(text: str) -> str:
    """The three characters by which a value could become a link or a mention in mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _field(detail: Detail) -> dict[str, str]:
    value = f"<{detail.url}|{_link_text(detail.value)}>" if detail.url else escape(detail.value)
    return {"type": "mrkdwn", "text": f"*{detail.label}*\n{value}"[:FIELD_MAX_CHARS]}


def _link_text(text: str) -> str:
    return escape(text).replace("|", "¦")


def _failures(failures: tuple[Detail, ...]) -> str:
    lines = []
    for failure in failures:
        where = f"<{failure.url}|{_link_text(failure.label)}>" if failure.url else escape(failure.label)
        lines.append(f"• {where}" + (f": {escape(failure.value)}" if failure.value else ""))
    return "\n".join(lines)[:SECTION_MAX_CHARS]


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Post to the webhook. A 200 is a success only with the body `ok`."""
    return verdict(transport.post_json(options.url, payload))


def verdict(response: Response) -> Verdict:
    """What Slack's answer means."""
    judged = judge(response)
    if isinstance(judged, Delivered) and response.text.strip() != "ok":
        return Failed(f"Slack answered {response.status} without its ok: is the URL an incoming webhook's?")
    return judged
