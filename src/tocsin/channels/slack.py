"""Slack, by incoming webhook, or by a bot's token, which is in slack_api.py.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
The blocks of a message are in slack_blocks.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from tocsin.channels.chat import fitted, post
from tocsin.channels.conversation import BotOptions
from tocsin.channels.options import Credential, Place, SecretUrl, Url
from tocsin.channels.payload_options import PayloadOptions
from tocsin.channels.slack_blocks import BLOCKS_MAX_CHARS, DEFECT, payload, size
from tocsin.channels.soft_failure import may_pass
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Message
from tocsin.record import Field
from tocsin.verdict import Delivered, Earlier, Failed, Retry, Verdict

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

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


class Options(PayloadOptions, BotOptions):
    """A Slack channel, by the URL of its incoming webhook or by a bot's token."""

    kind: Literal["slack"]
    token: Credential | None = Field(default=None, description="A bot's token instead of `url`, from a secret; `channel` says where.")
    url: SecretUrl = Field(default="${SLACK_WEBHOOK_URL}", description="The incoming webhook's URL, from a secret.")
    channel: Place | None = Field(
        default=None,
        description="With `token`, the channel's id or name. With `url` for readers alone: a webhook posts to its own channel.",
    )
    api_url: Url = Field(default="https://slack.com/api", description="With `token`, the address of Slack's web API.")

    @classmethod
    def check_field(cls, name: str, value: Any, earlier: Mapping[str, Any]) -> Any:
        """Where a token posts to stands beside a token alone."""
        value = super().check_field(name, value, earlier)
        if name == "api_url" and "token" in earlier and not earlier["token"]:
            raise ValueError("stands without token: a webhook's whole address is its url")
        return value

    def check(self) -> None:
        """A token posts where `channel` says."""
        if self.token and not (self.channel or "").strip():
            raise ValueError("needs 'channel' beside 'token': the channel's id or its name")
        super().check()


def service() -> Service:
    """How a payload of the policy's own is taken."""
    from tocsin.channels.slack_payload import SERVICE

    return SERVICE


def render(message: Message, options: Options) -> Any:
    """A header, and under it blocks beside a bar whose colour shows the tone; `text` is what a notification shows."""
    if options.payload is not None:
        from tocsin.channels.own_payload import render_own

        return render_own(message, options, service())
    rendered: dict[str, Any] = fitted(message, payload, size, BLOCKS_MAX_CHARS)
    return rendered


def with_people(message: Message, options: Options, transport: Transport, kept: dict[str, Any]) -> tuple[Message, str | None]:
    """By a token, the message with those of whom the policy has an address and no id, and why some are not among them."""
    if not options.token or options.payload is not None or all(one.id_on("slack") or not one.emails for one in message.mentions):
        return message, None
    from tocsin.channels import slack_people

    return slack_people.with_people(message, options, transport, kept)


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Post to the webhook, or by the token. Raises NoAnswer."""
    if options.token:
        from tocsin.channels import slack_api

        return _of_own(slack_api.send(payload, options, transport), options)
    return _of_own(verdict(post(options.url, payload, transport)), options)


def _of_own(judged: Verdict, options: Options) -> Verdict:
    """What a refusal means for a payload of the policy's own: no defect of tocsin."""
    if options.payload is not None and isinstance(judged, Failed) and judged.reason.endswith(DEFECT):
        return Failed(judged.reason.removesuffix(DEFECT) + "Slack refuses the policy's own payload: try it in Slack's Block Kit Builder")
    return judged


def follow(payload: dict[str, Any], options: Options, transport: Transport, earlier: Earlier) -> Verdict:
    """Change an earlier message of the run, or answer under it. Raises NoAnswer."""
    from tocsin.channels import slack_api

    return _of_own(slack_api.follow(payload, options, transport, earlier), options)


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
        return Failed(f"{word}: {DEFECT}")
    return judged


def _not_ok(response: Response, word: str) -> Verdict:
    """What a 2xx means that is not Slack's ok: a word of an error, or the answer of the web API, or something else's."""
    answer = response.json_object()
    if isinstance(answer.get("error"), str):
        word = answer["error"]
    what = f"HTTP {response.status} without Slack's ok"
    if re.fullmatch(r"\w{1,60}", word) and may_pass(word):
        return Retry(f"{what}: {word}", retry_after(response.headers, response.at))
    meaning = f"{word}: {WORDS[word]}; " if word in WORDS else ""
    return Failed(f"{what}: {meaning}is the URL that of an incoming webhook?")
