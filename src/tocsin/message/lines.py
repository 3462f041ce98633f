"""A message as plain lines, for a terminal and a log: the same parts, in the same order, as the channels show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tocsin.message.parts import joined, plain

if TYPE_CHECKING:
    from tocsin.message import Message


def lines(message: Message) -> Iterator[str]:
    """The lines, none of them empty; those of an excerpt are indented."""
    yield message.headline
    for reason in message.reasons:
        yield f"• {joined(': ', reason.where, reason.text)}"
        yield from (f"    {line}" for line in reason.excerpt)
    if message.more:
        yield f"• {message.more.label}"
    yield from map(plain, message.sentences)
    if message.whole and message.details:  # the rows that the policy has its own word on
        yield from (f"{detail.label}: {detail.value}" for detail in message.details)
    yield from (f"{link.label}: {link.url}" for link in message.links)
    if message.notes:
        yield plain(message.notes)


def json_lines(payload: Any) -> list[str]:
    """The lines of a payload."""
    import json

    return json.dumps(payload, indent=2, ensure_ascii=False).splitlines()
