"""What the channels behind a chat service's webhook share: the one request, and how a message becomes smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tocsin.http import Response, Transport
from tocsin.message import Detail, Message
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
    """The message, and then ever smaller ones: links of details go first, then long values, the details, the failed parts."""
    yield message
    message = message._replace(details=tuple(detail._replace(url=None) for detail in message.details))
    yield message
    message = message._replace(details=_short(message.details), failures=_short(message.failures))
    yield message
    message = message._replace(failures=tuple(failure._replace(url=None) for failure in message.failures))
    yield message
    message = message._replace(details=())
    yield message
    yield message._replace(failures=(), rules=())


def _short(details: tuple[Detail, ...]) -> tuple[Detail, ...]:
    return tuple(
        detail._replace(label=clip(detail.label, SHORT_VALUE_MAX_CHARS), value=clip(detail.value, SHORT_VALUE_MAX_CHARS))
        for detail in details
    )
