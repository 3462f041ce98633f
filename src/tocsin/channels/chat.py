"""What the channels behind a chat service's webhook share: the one request, and how a message becomes smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from tocsin.http import Response, Transport, json_body
from tocsin.message import Link, Message, Reason, Sentence, Span, plain
from tocsin.message.parts import joined
from tocsin.message.people import named_person
from tocsin.message.times import between
from tocsin.named_tuple import NamedTuple
from tocsin.text import clip

DOT = " · "
SHORT_VALUE_MAX_CHARS = 100  # ours: what a value keeps when the whole message would be too long


def post(url: str, payload: Any, transport: Transport, headers: Mapping[str, str] | None = None) -> Response:
    """Post `payload` with the delivery's repeat key. Raises NoAnswer."""
    return transport.post_json(url, payload, headers={"Idempotency-Key": transport.key, **(headers or {})})


def size(payload: Any) -> int:
    """The bytes of a payload on the wire."""
    return len(json_body(payload))


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
    )
    yield message
    message = message._replace(
        reasons=tuple(reason._replace(url=None) for reason in message.reasons),
        sentences=tuple(tuple(span._replace(url=None) for span in sentence) for sentence in message.sentences),
    )
    yield message
    message = message._replace(reasons=message.reasons[:1], sentences=message.sentences[:1], rules=())
    yield message
    yield message._replace(reasons=(), more=None, sentences=())


def label_and_rest(reason: Reason) -> tuple[str, str]:
    """A reason in two: what its link is on, and the text behind it."""
    return (reason.where, reason.text) if reason.where else (reason.text, "")


def code_block(lines: Sequence[str]) -> str:
    """Lines of a log as a block of Markdown's, in which nothing is markup; an invisible character keeps them from closing it."""
    text = "\n".join(lines).replace("``", "`\u200b`")
    return f"```\n{text}\n```" if text else ""


def below_headline(message: Message) -> str:
    """What a notification says beside the headline."""
    return message.text.removeprefix(message.title).lstrip(" ·:.")


def within(links: Iterable[Link], max_bytes: int) -> list[Link]:
    """The links whose addresses have room together, the first ones first."""
    kept: list[Link] = []
    for link in links:
        room = max_bytes - len(link.url.encode())
        if room >= 0:
            kept.append(link)
            max_bytes = room
    return kept


def plain_lines(message: Message) -> Iterator[str]:
    """What stands below the headline as lines of plain text, for services that know no markup. The links' addresses are not in it."""
    for reason in message.reasons:
        yield f"• {joined(': ', reason.where, reason.text)}"
        yield from (f"  {line}" for line in reason.excerpt)
    if message.more:
        yield message.more.label
    yield from map(plain, message.sentences)
    if message.notes:
        yield plain(message.notes)


class Instant(NamedTuple):
    """A clock time that the service itself shows in the zone of whoever reads it."""

    seconds: int  # since 1970, in UTC
    has_day: bool  # it was on another day than the run's end


def instant(span: Span) -> Instant | None:
    """The instant that a span tells, or None."""
    try:
        at = datetime.fromisoformat((span.at or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
    return Instant(int(at.timestamp()), has_day=len(span.text.split()) > len(["14:32", "UTC"]))


def below_push(message: Message) -> Message:
    """The message for below its own `push`: without the reason, the person, the duration and, in a test, the sentences that are there."""
    first, others = message.reasons[:1], message.reasons[1:]
    told = message.text.removeprefix(message.title)
    if first and told.startswith(f" · {joined(': ', first[0].where, first[0].text)}"):
        first = (first[0]._replace(where="", text="", url=None),) if first[0].excerpt else ()
    alone = message.tone == "test" or message.own_text
    who = None if message.own_text else named_person(message.event)
    took = between(message.event.run.started_at, message.event.run.finished_at)
    sentences = _without(message.sentences, who) if who and f" by {who}" in told else message.sentences
    sentences = tuple(sentence for sentence in sentences if sentence and not (alone and plain(sentence) in told))
    notes = [item for item in items(message.run_notes) if not (told.endswith(f"after {took}") and plain(item) == took)]
    return message._replace(
        reasons=(*first, *others),
        sentences=sentences,
        run_notes=tuple(span for item in notes for span in (Span(DOT), *item))[1:],
    )


def run_and_rest(notes: Sentence) -> tuple[Sentence, Sentence]:
    """A small line in two: the name and the number of the run, where one of them is a link, and the rest."""
    end = next((number for number, span in enumerate(notes) if span.text == DOT), len(notes))
    return (notes[:end], notes[end + 1 :]) if any(span.url for span in notes[:end]) else ((), notes)


def items(notes: Sentence) -> list[Sentence]:
    """What is between the dots of a small line."""
    ends = [number for number, span in enumerate(notes) if span.text == DOT]
    return [notes[start + 1 : end] for start, end in zip([-1, *ends], [*ends, len(notes)], strict=True) if notes]


def _without(sentences: tuple[Sentence, ...], who: str) -> tuple[Sentence, ...]:
    """The sentences, the first that names that person without the name: "Round refunds by Ada Byron on main"."""
    clauses = {f"{begin} by {who}" for begin in ("", ", deployed", ", started", " deployed", " started", "Deployed", "Started")} | {
        f"By {who}"
    }
    for number, sentence in enumerate(sentences):
        kept = [span for span in sentence if span.url or span.text not in clauses]
        if len(kept) < len(sentence):
            if kept and kept[0] is not sentence[0]:
                begin = kept[0].text.lstrip(" ,")
                kept[0] = kept[0]._replace(text=begin[:1].upper() + begin[1:])
            return (*sentences[:number], tuple(kept), *sentences[number + 1 :])
    return sentences
