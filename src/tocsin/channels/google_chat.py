"""Google Chat, by incoming webhook.

https://developers.google.com/workspace/chat/quickstart/webhooks
Values stand in a card, whose texts are a small part of HTML, and in `fallbackText`, which is plain. `text` is left out:
it has no escape, and it alone can mention (https://developers.google.com/workspace/chat/format-messages).
"""

from __future__ import annotations

from html import escape
from typing import Any, Literal

from pydantic import Field

from tocsin.channels.cards import size
from tocsin.channels.chat import fitted, post
from tocsin.channels.options import ChannelOptions, SecretUrl
from tocsin.channels.soft_failure import may_pass
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Detail, Message
from tocsin.text import clean
from tocsin.verdict import Delivered, Failed, Retry, Verdict

# bytes of UTF-8 JSON; Chat takes 32,000 a message: https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create
PAYLOAD_MAX_BYTES = 28_000

STATUSES = {
    "UNAUTHENTICATED": "the URL is cut off or wrong: copy the whole of it again from the space",
    "PERMISSION_DENIED": "the webhook was removed, or an administrator forbids it: make a new one, or ask an administrator",
    "NOT_FOUND": "the space is gone, or the URL is cut off: copy it again, or make a webhook in another space",
}


class Options(ChannelOptions):
    """A Google Chat space, by the URL of its incoming webhook."""

    kind: Literal["google_chat"]
    url: SecretUrl = Field(default="${GOOGLE_CHAT_WEBHOOK_URL}", description="The incoming webhook's URL, from a secret.")


def render(message: Message, options: Options) -> dict[str, Any]:
    """A message with one card; `fallbackText` is what a notification shows."""
    del options
    payload: dict[str, Any] = fitted(message, _payload, size, PAYLOAD_MAX_BYTES)
    return payload


def _payload(message: Message) -> dict[str, Any]:
    sections = [_section(_coloured(f"<b>{_text(f'{message.icon} {message.title}')}</b>", message.colour))]
    if message.failures:
        sections.append(_section("<br>".join(["<b>What failed</b>", *map(_failure, message.failures)])))
    if message.details:
        sections.append(_section("<br>".join(map(_row, message.details))))
    if message.link:
        button = {"text": message.link.label, "onClick": {"openLink": {"url": message.link.url}}}
        sections.append({"widgets": [{"buttonList": {"buttons": [button]}}]})
    if message.footer:
        sections.append(_section(_text(message.footer)))
    return {"fallbackText": f"{message.icon} {message.text}", "cardsV2": [{"cardId": "run", "card": {"sections": sections}}]}


def _section(markup: str) -> dict[str, Any]:
    return {"widgets": [{"textParagraph": {"text": markup}}]}


def _row(detail: Detail) -> str:
    return f"<b>{_text(detail.label)}:</b> {_linked(detail.value, detail.url)}"


def _failure(failure: Detail) -> str:
    return f"• {_linked(failure.label, failure.url)}" + (f": {_text(failure.value)}" if failure.value else "")


def _linked(text: str, url: str | None) -> str:
    return f'<a href="{escape(url)}">{_text(text)}</a>' if url else _text(text)


def _coloured(markup: str, colour: int) -> str:
    return f'<font color="#{colour:06x}">{markup}</font>'


def _text(text: str) -> str:
    return escape(text, quote=False)


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Post to the webhook. Raises NoAnswer."""
    return verdict(post(options.url, payload, transport))


def verdict(response: Response) -> Verdict:
    """What Chat's answer means: success is the message with its name, which is the receipt; an error has a status in words.

    https://cloud.google.com/apis/design/errors
    """
    judged = judge(response)
    answer = response.json()
    answer = answer if isinstance(answer, dict) else {}
    error = answer.get("error")
    if isinstance(judged, Delivered) and not (isinstance(error, dict) and error):
        if not isinstance(answer.get("name"), str):
            return Failed(f"HTTP {response.status} without the posted message: is the URL that of a Google Chat webhook?")
        thread = answer.get("thread")
        names = {"name": answer["name"], "thread": thread.get("name") if isinstance(thread, dict) else None}
        return Delivered({key: clean(name, 200) for key, name in names.items() if isinstance(name, str)})
    if (
        not isinstance(judged, Retry)
        and isinstance(error, dict)
        and (isinstance(error.get("status"), str) or isinstance(judged, Delivered))
    ):
        status = str(error.get("status") or "an error")
        said = STATUSES.get(status) or clean(error.get("message") or "no reason given", 200)
        reason = f"HTTP {response.status}, {clean(status, 80)}: {said}"
        passing = isinstance(judged, Delivered) and may_pass(status, error.get("code") if isinstance(error.get("code"), int) else None)
        return Retry(reason, retry_after(response.headers, response.at)) if passing else Failed(reason)
    return judged
