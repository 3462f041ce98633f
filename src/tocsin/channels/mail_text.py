"""The text part of a mail, for readers without HTML, and the lines that both parts have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.message import Detail, Message


def text_page(message: Message) -> str:
    """The whole text; a link stands on the line below its value."""
    blocks = [[f"{message.icon} {message.title}", *filter(None, [message.tail])]]
    if message.failures:
        blocks.append(["What failed:", *(line for failure in message.failures for line in _failure(failure))])
    width = max((len(detail.label) for detail in message.details), default=0) + 2
    run = message.link.url if message.link else None
    blocks.append([line for detail in message.details for line in _row(detail, width, run)])
    if message.link:
        blocks.append([f"{message.link.label}: {message.link.url}"])
    if origin(message):
        blocks.append(["-- ", origin(message)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def preview_line(message: Message) -> str:
    """What an inbox shows behind the subject: the first failed part, else the run, by whom and how long."""
    if message.failures:
        return ": ".join(filter(None, message.failures[0][:2]))
    return message.tail


def origin(message: Message) -> str:
    """Why the reader gets this mail, for its last line; "" where no rule is known."""
    rules = clean(", ".join(f"“{rule}”" for rule in message.rules))
    return f"You get this mail because of the notification {'rule' if len(message.rules) == 1 else 'rules'} {rules}." if rules else ""


def _failure(failure: Detail) -> list[str]:
    line = f"  - {failure.label}" + (f": {failure.value}" if failure.value else "")
    return [line, f"    {failure.url}"] if failure.url else [line]


def _row(detail: Detail, width: int, run: str | None) -> list[str]:
    line = f"{detail.label + ':':<{width}}{detail.value}"
    return [line, f"{'':<{width}}{detail.url}"] if detail.url and detail.url != run else [line]
