"""Mattermost, by incoming webhook: https://developers.mattermost.com/integrate/webhooks/incoming/.

The text has the news, for a notification shows it; the rest stands in an attachment with a bar in the colour of the result.
Both are Markdown. Mentions, links to channels, tags and emoji are looked for after the Markdown is read, so that no backslash prevents
them: an invisible character breaks up what would be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from tocsin.channels.chat import DOT, below_headline, below_push, code_block, fitted, label_and_rest, post, size, within
from tocsin.channels.options import ChannelOptions, SecretUrl
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Message, Reason, Sentence
from tocsin.message.mention import addressed
from tocsin.record import Field
from tocsin.text import URL_MAX_CHARS, clean
from tocsin.verdict import Delivered, Failed, Retry, Verdict

# bytes of JSON; attachments of more than 7,600 characters are split into several posts by older servers (PostPropsMaxUserRunes)
PAYLOAD_MAX_BYTES = 7600
URLS_MAX_BYTES = 3000  # ours: of the links below the message

# An error has an id: https://github.com/mattermost/mattermost/blob/master/server/channels/app/webhook.go
IDS = {
    "web.incoming_webhook.channel.app_error": "the channel is gone: make a webhook for another one",
    "web.incoming_webhook.channel_locked.app_error": "the webhook is locked to its channel",
    "web.incoming_webhook.disabled.app_error": "the server has incoming webhooks turned off: ask its administrator",
    "web.incoming_webhook.invalid.app_error": "the webhook was deleted, or its URL is cut off: copy it again, or make a new one",
    "web.incoming_webhook.permissions.app_error": "who made the webhook may not post to the channel: let a member of it make a new one",
    "web.incoming_webhook.user.app_error": "who made the webhook is gone: make a new one",
}


class Options(ChannelOptions):
    """A Mattermost channel, by the URL of its incoming webhook."""

    kind: Literal["mattermost"]
    url: SecretUrl = Field(default="${MATTERMOST_WEBHOOK_URL}", description="The incoming webhook's URL, from a secret.")


def render(message: Message, options: Options) -> dict[str, Any]:
    """A text and an attachment; no value in them can mention anyone but those whom the message addresses."""
    del options
    payload: dict[str, Any] = fitted(message, _payload, size, PAYLOAD_MAX_BYTES)
    return payload


def _payload(message: Message) -> dict[str, Any]:
    rest = below_headline(message)
    mentions = " ".join(f"@{id_.lstrip('@')}" for _, id_ in addressed(message.mentions, "mattermost"))
    text = "\n".join(filter(None, (f"**{_escape(message.headline)}**", _escape(rest), mentions)))
    lines = "\n".join(filter(None, _lines(below_push(message))))
    return {"text": text, **({"attachments": [_attachment(message, lines)]} if lines else {})}


def _attachment(message: Message, text: str) -> dict[str, Any]:
    return {"fallback": _escape(message.push), "color": f"#{message.colour:06x}", "text": text}


def _lines(message: Message) -> Iterator[str]:
    yield from map(_reason, message.reasons)
    if message.more:
        yield _linked(message.more.label, message.more.url)
    yield from map(_sentence, message.sentences)
    yield DOT.join(_linked(link.label, link.url) for link in within(message.links, URLS_MAX_BYTES))
    yield _sentence(message.notes)


def _reason(reason: Reason) -> str:
    label, rest = label_and_rest(reason)
    line = _linked(label, reason.url) + (f": {_escape(rest)}" if rest else "")
    return "\n".join(filter(None, (line, code_block(reason.excerpt))))


def _sentence(sentence: Sentence) -> str:
    return "".join(_linked(span.text, span.url) for span in sentence)


def _linked(text: str, url: str | None) -> str:
    url = (url or "").replace("(", "%28").replace(")", "%29")
    return f"[{_escape(text)}]({url})" if url and len(url) <= URL_MAX_CHARS and text.strip() else _escape(text)


# An @name, a ~channel, a #tag, an :emoji:, an address with a scheme or of the web
_BEFORE = re.compile(r"(?<=[@~])|(?<=#)(?=[^\W\d_])|(?<=:)(?=//|[\w+-]+:)|(?<=[wW]{3})(?=\.)")
_MARKUP = re.compile(r"[\\*_`|$\[\]<>!]|^[-+>#]|(?<=\d)\.(?= )")


def _escape(text: str) -> str:
    return _BEFORE.sub("\u200b", _MARKUP.sub(r"\\\g<0>", text))


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Post to the webhook. Raises NoAnswer."""
    return verdict(post(options.url, payload, transport))


def verdict(response: Response) -> Verdict:
    """What Mattermost's answer means: success is a 200 with the body `ok`, an error is JSON with an id and a message."""
    judged = judge(response)
    if isinstance(judged, Delivered):
        if response.text.strip() == "ok":
            return judged
        return Failed(f"HTTP {response.status} without Mattermost's ok: is the URL that of an incoming webhook?")
    answer = response.json_object()
    identity, said = str(answer.get("id")), answer.get("message")
    if identity in IDS:
        return Failed(f"HTTP {response.status}, {identity}: {IDS[identity]}")
    if isinstance(judged, Retry):
        return Retry(judged.reason, judged.after if judged.after is not None else _reset(response))
    return Failed(f"HTTP {response.status}, {clean(said, 200)}") if isinstance(said, str) and said else judged


def _reset(response: Response) -> float | None:
    """The seconds until the limit is lifted: https://developers.mattermost.com/api-documentation/#rate-limiting."""
    seconds = response.headers.get("x-ratelimit-reset", "") if response.status == 429 else ""
    return retry_after({"retry-after": seconds}, response.at)
