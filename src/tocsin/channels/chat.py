"""What the channels behind a chat service's webhook share: the one request, and how a message becomes smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tocsin.http import Response, Transport
from tocsin.message import Message
from tocsin.text import clip

SHORT_VALUE_MAX_CHARS = 100  # ours: what a value keeps when the whole message would be too long


def post(url: str, payload: Any, transport: Transport) -> Response:
    """Post `payload` with the delivery's repeat key. Raises NoAnswer."""
    return transport.post_json(url, payload, headers={"Idempotency-Key": transport.key})


def fitted(message: Message, render: Callable[[Message], Any], size: Callable[[Any], int], maximum: int) -> Any:
    """What `render` makes of the fullest version of `message` whose `size` is within `maximum`."""
    payload = None
    for version in versions(message):
        payload = render(version)
        if size(payload) <= maximum:
            break
    return payload


def versions(message: Message) -> Iterator[Message]:
    """The message, and then ever smaller ones: the excerpt goes first, then long texts, the links of sentences, the reasons but one."""
    yield message
    message = message._replace(reasons=tuple(reason._replace(excerpt=()) for reason in message.reasons))
    yield message
    message = message._replace(
        reasons=tuple(reason._replace(text=clip(reason.text, SHORT_VALUE_MAX_CHARS)) for reason in message.reasons),
        details=tuple(detail._replace(value=clip(detail.value, SHORT_VALUE_MAX_CHARS)) for detail in message.details),
    )
    yield message
    message = message._replace(
        reasons=tuple(reason._replace(url=None) for reason in message.reasons),
        sentences=tuple(tuple(span._replace(url=None) for span in sentence) for sentence in message.sentences),
        details=tuple(detail._replace(url=None) for detail in message.details),
    )
    yield message
    message = message._replace(reasons=message.reasons[:1], sentences=message.sentences[:1], details=(), rules=())
    yield message
    yield message._replace(reasons=(), more=None, sentences=())
