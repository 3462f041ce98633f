"""Discord, by webhook.

https://docs.discord.com/developers/resources/webhook#execute-webhook
A webhook takes no nonce, so the repeat key goes out as a header only.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import AfterValidator, Field

from tocsin.address import http_url
from tocsin.channels.chat import fitted, post
from tocsin.channels.options import ChannelOptions, SecretUrl, Text
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Detail, Message
from tocsin.text import URL_MAX_CHARS, VALUE_MAX_CHARS, clean, clip
from tocsin.verdict import Delivered, Failed, Retry, Verdict

# characters, counted here in UTF-16, the most that any count gives: https://docs.discord.com/developers/resources/message#embed-object
TITLE_MAX_CHARS = 256
DESCRIPTION_MAX_CHARS = 4096
FAILURES_MAX_CHARS = DESCRIPTION_MAX_CHARS - URL_MAX_CHARS - 50  # the rest is for the link to the run
FIELD_VALUE_MAX_CHARS = 1024
FIELDS_MAX = 25
EMBEDS_MAX_CHARS = 6000  # title, description, fields and footer of all embeds together
SHORT_MAX_CHARS = 60  # ours: with every character escaped, six failed parts of this length still fit
USERNAME_MAX_CHARS = 80  # and without "clyde" or "discord": https://docs.discord.com/developers/resources/webhook#create-webhook
INLINE_MAX_CHARS = 24  # ours: a longer value gets a line of its own

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


class Options(ChannelOptions):
    """A Discord channel, by the URL of its webhook."""

    kind: Literal["discord"]
    url: SecretUrl = Field(default="${DISCORD_WEBHOOK_URL}", description="The webhook's URL, from a secret.")
    username: Annotated[Text, AfterValidator(_username)] | None = Field(
        default=None, description="The name that the messages show instead of the webhook's own, 1 to 80 characters."
    )
    thread_id: Annotated[Text, AfterValidator(_thread)] | None = Field(
        default=None, description="The thread to post to; a forum channel needs one."
    )


def render(message: Message, options: Options) -> dict[str, Any]:
    """One embed; no value in it can mention anyone."""
    embed = fitted(message, _embed, embed_chars, EMBEDS_MAX_CHARS)
    payload: dict[str, Any] = {"embeds": [embed], "allowed_mentions": {"parse": []}}
    return {"username": options.username, **payload} if options.username else payload


def _embed(message: Message) -> dict[str, Any]:
    embed: dict[str, Any] = {
        "title": escape(f"{message.icon} {message.title}", TITLE_MAX_CHARS),
        "color": message.colour,
        "fields": [_field(detail) for detail in message.details[:FIELDS_MAX]],
    }
    parts = [_failures(message.failures)] if message.failures else []
    if message.link:
        parts += filter(None, [_link(message.link.label, message.link.url)])
        if _has_full_host(message.link.url):
            embed["url"] = message.link.url
    if parts:
        embed["description"] = "\n\n".join(parts)
    if message.footer:
        embed["footer"] = {"text": message.footer}
    return embed


def _field(detail: Detail) -> dict[str, Any]:
    link = _arrow(detail.url)
    value = escape(detail.value, FIELD_VALUE_MAX_CHARS)
    return {
        "name": detail.label,
        "value": value + link if units(value + link) <= FIELD_VALUE_MAX_CHARS else value,
        "inline": len(detail.value) <= INLINE_MAX_CHARS,
    }


def _failures(failures: tuple[Detail, ...]) -> str:
    """One line each, in full where that fits; else without links, and then short."""
    for links, chars in ((True, VALUE_MAX_CHARS), (False, VALUE_MAX_CHARS), (False, SHORT_MAX_CHARS)):
        text = "\n".join(_failure(failure, chars, link=links) for failure in failures)
        if units(text) <= FAILURES_MAX_CHARS:
            break
    return text


def _failure(failure: Detail, chars: int, *, link: bool) -> str:
    label, value = (escape(clip(text, chars), FIELD_VALUE_MAX_CHARS) for text in (failure.label, failure.value))
    return f"• **{label}**" + (f": {value}" if value else "") + (_arrow(failure.url) if link else "")


def _arrow(url: str | None) -> str:
    return f" {_link('↗', url)}".rstrip() if url else ""


def _link(label: str, url: str) -> str:
    """A masked link; its label is ours, since Discord shows the markup of a link whose label looks like an address."""
    url = url.replace("(", "%28").replace(")", "%29")
    return f"[{label}]({url})" if len(url) <= URL_MAX_CHARS else ""


def _has_full_host(url: str) -> bool:
    """Can the URL be an embed's? Discord refuses the whole message for a host without a dot (http://jenkins:8080)."""
    return "." in (urlsplit(url).hostname or "").strip(".")


def escape(text: str, max_chars: int) -> str:
    """`text` so that Discord shows it as it is: no markup, no mention, no link; cut where that is longer than `max_chars`."""
    size = len(text)
    while units(escaped := _MARKUP.sub(r"\\\g<0>", text)) > max_chars:
        size -= 1
        text = clip(text, size)
    return escaped


# Discord takes a backslash before any mark. A list, a quote and a heading begin a line; a link needs its colon and slashes.
_MARKUP = re.compile(r"[\\*_~`|<\[\]@]|:(?=//)|^[-+>#]|(?<=\d)\.(?= )")


def units(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def embed_chars(embed: dict[str, Any]) -> int:
    """The characters of an embed that count to Discord's limit for all embeds."""
    texts = [embed["title"], embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    texts += [text for field in embed["fields"] for text in (field["name"], field["value"])]
    return sum(map(units, texts))


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
