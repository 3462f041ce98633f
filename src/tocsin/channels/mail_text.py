"""The text part of a mail, for readers without HTML, and what both parts say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.message import Link, plain
from tocsin.message.change import change
from tocsin.message.notes import place_note
from tocsin.message.parts import joined
from tocsin.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.message import Detail, Message, Reason, Sentence


def text_page(message: Message) -> str:
    """The whole text; a link stands on the line below what it belongs to, and each but once."""
    blocks = [[message.headline], [line for reason in message.reasons for line in _reason(reason)]]
    if message.more:
        blocks[-1].append(f"{message.more.label}: {message.more.url}" if message.more.url else message.more.label)
    blocks += [list(_sentence(sentence)) for sentence in history(message)]
    shown: set[str | None] = {reason.url for reason in message.reasons}
    blocks.append([f"{link.label}: {link.url}" for link in links(message) if link.url not in shown])
    shown |= {link.url for link in links(message)}
    width = max((len(detail.label) for detail in message.table), default=0) + 2
    blocks.append([line for detail in message.table for line in _row(detail, width, shown)])
    if origin(message):
        blocks.append(["-- ", origin(message)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def preview_line(message: Message) -> str:
    """What a list of mails shows behind the subject: the first reason and who, else the run."""
    return message.text.removeprefix(message.title).lstrip(" ·.") or plain(message.run_notes)


def history(message: Message) -> tuple[Sentence, ...]:
    """The sentences but for the one on the change, which the table has in rows: commit, author, branch, and who triggered it."""
    told = change(message.event, message.title) if message.table else ()
    return tuple(sentence for sentence in message.sentences if sentence != told)


def links(message: Message) -> tuple[Link, ...]:
    """The message's links, and the run's page where neither they nor the table have it: elsewhere the notes do."""
    known = {link.url for link in message.links} | {detail.url for detail in message.table}
    return (*message.links, *(Link("Open run", span.url) for span in message.run_notes if span.url and span.url not in known))


def origin(message: Message) -> str:
    """Why the reader gets this mail, for its last line: the rules with names, and for which channel it stands in; "" for neither."""
    names = message.named_rules
    rules = clean(", ".join(f"“{rule}”" for rule in names))
    why = f"You get this mail because of the notification {'rule' if len(names) == 1 else 'rules'} {rules}." if rules else ""
    place = place_note(message.in_place_of)
    return joined(" ", why, f"It comes {place}." if place and why else f"This mail comes {place}." if place else None)


def _reason(reason: Reason) -> Iterator[str]:
    yield f"- {': '.join(filter(None, (reason.where, reason.text)))}"
    if reason.url:
        yield f"  {reason.url}"
    yield from (f"    {line}" for line in reason.excerpt)


def _sentence(sentence: Sentence) -> Iterator[str]:
    yield plain(sentence)
    yield from (f"  {span.text.strip()}: {span.url}" for span in sentence if span.url)


def _row(detail: Detail, width: int, shown: set[str | None]) -> list[str]:
    line = f"{detail.label + ':':<{width}}{detail.value}"
    return [line, f"{'':<{width}}{detail.url}"] if detail.url and detail.url not in shown else [line]
