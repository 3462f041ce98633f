"""Google Chat, by incoming webhook.

https://developers.google.com/workspace/chat/quickstart/webhooks
Values are in a card, whose texts are a small part of HTML, and in `fallbackText`, which is plain. `text` is left out:
it has no escape, and it alone can mention (https://developers.google.com/workspace/chat/format-messages).
The lines of a log are in a paragraph of Markdown, for that part of HTML has no code:
https://developers.google.com/workspace/chat/api/reference/rest/v1/cards#textsyntax
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from tocsin.channels.chat import code_block, fitted, label_and_rest, post, size
from tocsin.channels.options import SecretUrl
from tocsin.channels.payload_options import PayloadOptions
from tocsin.channels.run_thread import run_thread
from tocsin.channels.soft_failure import may_pass
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Message, Sentence
from tocsin.record import Field
from tocsin.text import clean
from tocsin.verdict import Delivered, Failed, Retry, Verdict

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

# bytes of UTF-8 JSON; Chat takes 32,000 a message: https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create
PAYLOAD_MAX_BYTES = 28_000
GREY = 0x80868B  # readable on light and on dark

STATUSES = {
    "UNAUTHENTICATED": "the URL is cut off or wrong: copy the whole of it again from the space",
    "PERMISSION_DENIED": "the webhook was removed, or an administrator forbids it: make a new one, or ask an administrator",
    "NOT_FOUND": "the space is gone, or the URL is cut off: copy it again, or make a webhook in another space",
}


class Options(PayloadOptions):
    """A Google Chat space, by the URL of its incoming webhook."""

    kind: Literal["google_chat"]
    url: SecretUrl = Field(default="${GOOGLE_CHAT_WEBHOOK_URL}", description="The incoming webhook's URL, from a secret.")
    conversation: Literal["thread", "new"] | None = Field(
        default=None, description="All messages of a run stand in one thread (`thread`), or each by itself (`new`, the default)."
    )


def service() -> Service:
    """How a payload of the policy's own is taken."""
    from tocsin.channels.google_chat_payload import SERVICE

    return SERVICE


def render(message: Message, options: Options) -> Any:
    """A message with one card; `fallbackText` is what a notification shows."""
    asked = options.conversation if message.conversation in (None, "update") else message.conversation  # no message can be changed here
    name = run_thread(message.event) if asked == "thread" else None
    thread = {"thread": {"threadKey": name}} if name else {}
    if options.payload is not None:
        from tocsin.channels.own_payload import render_own

        return {**thread, **render_own(message, options, service())}
    return {**fitted(message, _payload, size, PAYLOAD_MAX_BYTES), **thread}


def _payload(message: Message) -> dict[str, Any]:
    heading = _paragraph(_coloured(f"<b>{_text(message.headline)}</b>", message.colour))
    widgets = [heading, *_reasons(message), *_paragraphs([_sentence(sentence) for sentence in message.sentences])]
    if message.links:
        buttons = [{"text": link.label, "onClick": {"openLink": {"url": link.url}}} for link in message.links]
        widgets.append({"buttonList": {"buttons": buttons}})
    if message.notes:
        widgets.append(_paragraph(_coloured(_sentence(message.notes), GREY)))
    return {"fallbackText": message.push, "cardsV2": [{"cardId": "run", "card": {"sections": [{"widgets": widgets}]}}]}


def _reasons(message: Message) -> Iterator[dict[str, Any]]:
    """Lines for the reasons, and the log's lines as a block of code, which only Chat's Markdown has."""
    lines: list[str] = []
    for reason in message.reasons:
        label, rest = label_and_rest(reason)
        lines.append(_linked(label, reason.url) + (f": {_text(rest)}" if rest else ""))
        if reason.excerpt:
            yield from _paragraphs(lines)
            lines = []
            yield {"textParagraph": {"text": code_block(reason.excerpt), "textSyntax": "MARKDOWN"}}
    yield from _paragraphs([*lines, *([_linked(message.more.label, message.more.url)] if message.more else [])])


def _paragraphs(lines: list[str]) -> list[dict[str, Any]]:
    return [_paragraph("<br>".join(lines))] if lines else []


def _paragraph(markup: str) -> dict[str, Any]:
    return {"textParagraph": {"text": markup}}


def _sentence(sentence: Sentence) -> str:
    return "".join(_linked(span.text, span.url) for span in sentence)


def _linked(text: str, url: str | None) -> str:
    return f'<a href="{escape(url)}">{_text(text)}</a>' if url else _text(text)


def _coloured(markup: str, colour: int) -> str:
    return f'<font color="#{colour:06x}">{markup}</font>'


def _text(text: str) -> str:
    return escape(text, quote=False)


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Post to the webhook; into a thread where the payload names one, which Chat begins where there is none. Raises NoAnswer.

    https://developers.google.com/workspace/chat/quickstart/webhooks#start-or-reply-thread
    """
    return verdict(post(_in_thread(options.url) if "thread" in payload else options.url, payload, transport))


def _in_thread(url: str) -> str:
    base, mark, query = url.partition("?")
    return f"{base}?{query}{'&' if mark and query else ''}messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"


def verdict(response: Response) -> Verdict:
    """What Chat's answer means: success is the message with its name, which is the receipt; an error has a status in words.

    https://cloud.google.com/apis/design/errors
    """
    judged = judge(response)
    answer = response.json_object()
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
