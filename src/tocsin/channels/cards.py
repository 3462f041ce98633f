"""A message as an Adaptive Card, for the services that show such cards.

https://adaptivecards.io/explorer: RichTextBlock is of 1.2. Values stand in text runs only, which know no markdown;
a link is the action of a column, since Teams breaks lines before a text run that has one.
"""

from __future__ import annotations

import json
from typing import Any

from tocsin.message import Detail, Message, Tone

STYLES: dict[Tone, str] = {
    "started": "accent",
    "good": "good",
    "bad": "attention",
    "warning": "warning",
    "neutral": "emphasis",
    "waiting": "accent",
    "test": "accent",
}
LABEL_WIDTH = "110px"  # the widest label, "Pull request", in the default font


def card(message: Message, version: str) -> dict[str, Any]:
    """The card's content; `version` is the newest that the service shows."""
    heading = _rich(_run(f"{message.icon} {message.title}", size="Large", weight="Bolder"))
    body: list[dict[str, Any]] = [{"type": "Container", "style": STYLES[message.tone], "bleed": True, "items": [heading]}]
    if message.failures:
        body.append({"type": "Container", "items": [_rich(_run("What failed", weight="Bolder")), *map(_failure, message.failures)]})
    if message.details:
        body.append({"type": "Container", "separator": bool(message.failures), "items": list(map(_row, message.details))})
    if message.footer:
        body.append(_rich(_run(message.footer, size="Small", isSubtle=True)))
    content: dict[str, Any] = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": version,
        "fallbackText": unlinked(f"{message.icon} {message.text}"),
        "body": body,
    }
    if message.link:
        content["actions"] = [{"type": "Action.OpenUrl", "title": message.link.label, "url": message.link.url}]
    return content


def unlinked(text: str) -> str:
    """`text` for where a client may read it as markdown: without the pair of brackets that makes a link or a mention."""
    return text.replace("](", "] (")


def size(payload: Any) -> int:
    """The bytes of a payload on the wire."""
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())


def _row(detail: Detail) -> dict[str, Any]:
    label = {"type": "Column", "width": LABEL_WIDTH, "items": [_rich(_run(detail.label, weight="Bolder"))]}
    return {"type": "ColumnSet", "spacing": "Small", "columns": [label, _column(detail.url, _linked(detail.value, detail.url))]}


def _failure(failure: Detail) -> dict[str, Any]:
    runs = [_linked(f"• {failure.label}", failure.url)]
    if failure.value:
        runs.append(_run(f": {failure.value}"))
    return {"type": "ColumnSet", "spacing": "Small", "columns": [_column(failure.url, *runs)]}


def _column(url: str | None, *runs: dict[str, Any]) -> dict[str, Any]:
    column: dict[str, Any] = {"type": "Column", "width": "stretch", "items": [_rich(*runs)]}
    if url:
        column["selectAction"] = {"type": "Action.OpenUrl", "url": url}
    return column


def _linked(text: str, url: str | None) -> dict[str, Any]:
    return _run(text, color="Accent") if url else _run(text)


def _rich(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **look: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **look}
