"""Discord, by webhook.

https://docs.discord.com/developers/resources/webhook#execute-webhook
A webhook takes no nonce, so the repeat key goes out as a header only. What is written there is in discord_embed.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tocsin.address import http_url
from tocsin.channels.chat import fitted, post
from tocsin.channels.conversation import ConversationOptions
from tocsin.channels.discord_embed import EMBEDS_MAX_CHARS, payload, size
from tocsin.channels.options import SecretUrl, Text, formed
from tocsin.channels.payload_options import PayloadOptions
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Message
from tocsin.record import AfterValidator, Field
from tocsin.text import clean, clip
from tocsin.verdict import Delivered, Earlier, Failed, Retry, Verdict

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

USERNAME_MAX_CHARS = 80  # and without "clyde" or "discord": https://docs.discord.com/developers/resources/webhook#create-webhook

THREAD_NAME_MAX_CHARS = 100  # https://docs.discord.com/developers/resources/webhook#execute-webhook
NO_FORUM = 220003  # webhooks can only create threads in forum channels

CODES = {
    10003: "the thread or channel is gone: check thread_id",
    10015: "the webhook was deleted: make a new one",
    50027: "the webhook's URL is cut off: copy it again from Discord",
    10008: "the message was deleted",
    50005: "the message is another's",
    220001: "the channel is a forum: name one of its threads in thread_id, or set conversation: thread",
}


def _username(text: str) -> str:
    if not 1 <= len(text) <= USERNAME_MAX_CHARS:
        raise ValueError(f"must have 1 to {USERNAME_MAX_CHARS} characters")
    if re.search("clyde|discord", text, re.IGNORECASE):
        raise ValueError('must not hold "clyde" or "discord": Discord refuses such names')
    return text


_THREAD = formed("[0-9]{1,20}", "is not a thread's id, which is a number: copy it in Discord's developer mode")


class Options(PayloadOptions, ConversationOptions):
    """A Discord channel, by the URL of its webhook."""

    kind: Literal["discord"]
    url: SecretUrl = Field(default="${DISCORD_WEBHOOK_URL}", description="The webhook's URL, from a secret.")
    username: Annotated[Text, AfterValidator(_username)] | None = Field(
        default=None, description="The name that the messages show instead of the webhook's own, 1 to 80 characters."
    )
    thread_id: Annotated[Text, _THREAD] | None = Field(default=None, description="The thread to post to; a forum channel needs one.")

    def secrets(self, env: Mapping[str, str]) -> list[str]:
        """Of a webhook's URL not its id: that is no secret, and begins as the id of a channel does that was made in the same minute."""
        return [re.sub("(?<=/webhooks/)[0-9]+(?=/)", "", value) for value in super().secrets(env)]


def service() -> Service:
    """How a payload of the policy's own is taken."""
    from tocsin.channels.discord_payload import SERVICE

    return SERVICE


def render(message: Message, options: Options) -> Any:
    """A text and an embed; no value in them can mention anyone but those whom the message addresses."""
    opens = options.conversation_used(message.conversation) == "thread" and not options.thread_id
    thread = {"thread_name": clip(message.headline, THREAD_NAME_MAX_CHARS)} if opens else {}
    if options.payload is not None:
        from tocsin.channels.own_payload import render_own

        return {**thread, **render_own(message, options, service())}
    rendered: dict[str, Any] = fitted(message, payload, size, EMBEDS_MAX_CHARS)
    named = {"username": options.username} if options.username else {}
    return {**named, **thread, **rendered}


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Execute the webhook and wait until the message is saved. Raises NoAnswer.

    A webhook opens threads in forums alone: elsewhere the message goes out without one.
    """
    address = _address(options.url, options.thread_id)
    response = post(address, payload, transport)
    if "thread_name" in payload and _code(response) == NO_FORUM:
        told = verdict(post(address, _without(payload, "thread_name"), transport))
        return told._replace(note="without a thread: a webhook opens one in forums alone") if isinstance(told, Delivered) else told
    return verdict(response)


def follow(payload: dict[str, Any], options: Options, transport: Transport, earlier: Earlier) -> Verdict:
    """Change the message, and where that must be heard, post its text, for an edit notifies nobody; or post into its thread.

    The receipt stays that of the message. Raises NoAnswer.
    https://docs.discord.com/developers/resources/webhook#edit-webhook-message
    """
    message, place = (earlier.receipt.get(name, "") for name in ("id", "channel_id"))
    if not all(re.fullmatch("[0-9]{1,20}", number) for number in (message, place)):
        return Failed("its receipt is no receipt of Discord's")
    payload = _without(payload, "thread_name")
    if earlier.conversation == "thread":
        thread = options.thread_id or place
        if not options.thread_id and message != place:  # in a forum a thread has the id of its first message
            return Failed("the message has no thread: a webhook opens one in forums alone")
        told = verdict(post(_address(options.url, thread), payload, transport))
    else:
        shown = _without(payload, "username")
        if earlier.aloud:  # the message below addresses people, and nobody is addressed twice
            shown = {**_unaddressed(shown), "allowed_mentions": {"parse": []}}
        told = verdict(transport.post_json(_address(options.url, options.thread_id, message), shown, method="PATCH"))
        if isinstance(told, Delivered) and earlier.aloud:
            alert = _without(payload, "embeds") if payload.get("content") else payload
            told = verdict(post(_address(options.url, options.thread_id), alert, transport))
    return earlier.kept(told)


_WHO = "<@[&!]?[0-9]+>|@here|@everyone"
_MENTIONS = rf"(?:{_WHO})(?: (?:{_WHO}))*"  # a line that nothing else makes: in a value these are escaped


def _unaddressed(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload without the last line of its text where that only addresses people."""
    text, _, last = str(payload.get("content") or "").rpartition("\n")
    return {**payload, "content": text} if text and re.fullmatch(_MENTIONS, last) else payload


def _without(payload: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key != name}


def _code(response: Response) -> Any:
    return response.json_object().get("code") if response.status == 400 else None


def _address(url: str, thread_id: str | None, message: str | None = None) -> str:
    """The URL, or that of a message, with `wait=true` and the thread in its query, and without the suffix for payloads of another form."""
    try:
        http_url(url)
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query)) | {"wait": "true"} | ({"thread_id": thread_id} if thread_id else {})
    except ValueError:
        return url  # no URL at all: the transport says so
    path = re.sub(r"/(slack|github)/?$", "", parts.path) + (f"/messages/{message}" if message else "")
    return urlunsplit(parts._replace(path=path, query=urlencode(query), fragment=""))


def verdict(response: Response) -> Verdict:
    """What Discord's answer means. The receipt of a saved message has its `id` and `channel_id`."""
    judged = judge(response)
    answer = response.json_object()
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
