"""Discord, by webhook.

https://docs.discord.com/developers/resources/webhook#execute-webhook
A webhook takes no nonce, so the repeat key goes out as a header only. What is written there is in discord_embed.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tocsin.address import http_url
from tocsin.channels.chat import fitted, post
from tocsin.channels.discord_embed import EMBEDS_MAX_CHARS, payload, size
from tocsin.channels.options import SecretUrl, Text
from tocsin.channels.payload_options import PayloadOptions
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Message
from tocsin.record import AfterValidator, Field
from tocsin.text import clean
from tocsin.verdict import Delivered, Failed, Retry, Verdict

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

USERNAME_MAX_CHARS = 80  # and without "clyde" or "discord": https://docs.discord.com/developers/resources/webhook#create-webhook

CODES = {
    10003: "the thread or channel is gone: check thread_id",
    10015: "the webhook was deleted: make a new one",
    50027: "the webhook's URL is cut off: copy it again from Discord",
    220001: "the channel is a forum: name one of its threads in thread_id",
}


def _username(text: str) -> str:
    if not 1 <= len(text) <= USERNAME_MAX_CHARS:
        raise ValueError(f"must have 1 to {USERNAME_MAX_CHARS} characters")
    if re.search("clyde|discord", text, re.IGNORECASE):
        raise ValueError('must not hold "clyde" or "discord": Discord refuses such names')
    return text


def _thread(text: str) -> str:
    if "${" not in text and not re.fullmatch("[0-9]{1,20}", text):
        raise ValueError("is not a thread's id, which is a number: copy it in Discord's developer mode")
    return text


class Options(PayloadOptions):
    """A Discord channel, by the URL of its webhook."""

    kind: Literal["discord"]
    url: SecretUrl = Field(default="${DISCORD_WEBHOOK_URL}", description="The webhook's URL, from a secret.")
    username: Annotated[Text, AfterValidator(_username)] | None = Field(
        default=None, description="The name that the messages show instead of the webhook's own, 1 to 80 characters."
    )
    thread_id: Annotated[Text, AfterValidator(_thread)] | None = Field(
        default=None, description="The thread to post to; a forum channel needs one."
    )


def service() -> Service:
    """How a payload of the policy's own is taken."""
    from tocsin.channels.discord_payload import SERVICE

    return SERVICE


def render(message: Message, options: Options) -> Any:
    """A text and an embed; no value in them can mention anyone but those whom the message addresses."""
    if options.payload is not None:
        from tocsin.channels.own_payload import render_own

        return render_own(message, options, service())
    rendered: dict[str, Any] = fitted(message, payload, size, EMBEDS_MAX_CHARS)
    named = {"username": options.username} if options.username else {}
    return {**named, **rendered}


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Execute the webhook and wait until the message is saved. Raises NoAnswer."""
    return verdict(post(_address(options.url, options.thread_id), payload, transport))


def _address(url: str, thread_id: str | None) -> str:
    """The URL with `wait=true` and the thread in its query, and without the suffix for payloads in Slack's or GitHub's form."""
    try:
        http_url(url)
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query)) | {"wait": "true"} | ({"thread_id": thread_id} if thread_id else {})
    except ValueError:
        return url  # no URL at all: the transport says so
    return urlunsplit(parts._replace(path=re.sub(r"/(slack|github)/?$", "", parts.path), query=urlencode(query), fragment=""))


def verdict(response: Response) -> Verdict:
    """What Discord's answer means. The receipt of a saved message has its `id` and `channel_id`."""
    judged = judge(response)
    answer = response.json()
    answer = answer if isinstance(answer, dict) else {}
    code = answer.get("code")
    delivered = isinstance(judged, Delivered)
    if response.status == 204:
        return judged
    if delivered and isinstance(answer.get("id"), str):
        return Delivered({name: clean(answer[name], 40) for name in ("id", "channel_id") if isinstance(answer.get(name), str)})
    if response.status == 429 or (delivered and "retry_after" in answer):
        return _limited(response, answer)
    if isinstance(judged, Retry):
        return judged
    if isinstance(code, int) and code in CODES:
        return Failed(f"HTTP {response.status}, {code}: {CODES[code]}")
    return Failed(f"HTTP {response.status} without the saved message: is the URL that of a Discord webhook?") if delivered else judged


def _limited(response: Response, answer: dict[str, Any]) -> Retry:
    """The body's `retry_after` (seconds, with a fraction) is more exact than the header."""
    after = answer.get("retry_after")
    scope = "all requests of this address" if answer.get("global") is True else "this webhook"
    if isinstance(after, bool) or not isinstance(after, (int, float)) or not 0 <= after < float("inf"):
        after = retry_after(response.headers, response.at)
    return Retry(f"HTTP {response.status}: Discord limits {scope}", after)
