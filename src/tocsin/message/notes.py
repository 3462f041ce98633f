"""What stands small below all: which run it was, how long it took, and what else tells it apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tocsin.message.parts import Span, first
from tocsin.message.times import between
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.event import Event

NAME_MAX_CHARS = 60  # ours
_BETWEEN = re.compile(r"[\s,:;()]+")


def notes(event: Event, told: str, page: str | None) -> list[Span]:
    """The notes of an event, but for what `told` has said above them. The run's number leads to its `page`, or its name does."""
    variant = f"({clean(event.job.variant, NAME_MAX_CHARS)})" if event.job.variant else ""
    job = first(event.job.name, max_chars=NAME_MAX_CHARS) if event.scope == "job" else ""
    number = _number(event)
    name = first(event.pipeline, max_chars=NAME_MAX_CHARS)
    name = "" if _says(told, name) else name
    only = number or name or ("open run" if page and event.run.url else "")
    run = [Span(f"{name} "), Span(number, page)] if name and number else [Span(only, page)] if only else []
    others = [
        "" if job.casefold() == name.casefold() or _says(told, job) else job,
        "" if _says(told, variant) else variant,
        between(event.run.started_at, event.run.finished_at) or "",
        *(
            "" if _says(told, text) or _says(told, f"v{text}") else text
            for text in (first(candidate, max_chars=NAME_MAX_CHARS) for candidate in (event.image.tag, event.cluster))
        ),
    ]
    spans = [span for text in others if text for span in (Span(" · "), Span(text))]
    return [*run, *spans] if run else spans[1:]


def _says(told: str, text: str) -> bool:
    """Whether `text` stands in what was told, in words of its own."""
    return bool(text) and _words(text) in _words(told)


def _words(text: str) -> str:
    return f" {' '.join(_BETWEEN.sub(' ', text.casefold()).split())} "


def _number(event: Event) -> str:
    number = event.run.number if event.run.number is not None else event.run.id
    attempt = f" attempt {event.run.attempt}" if event.run.attempt and event.run.attempt > 1 else ""
    text = clean(number, 40) if number is not None else ""
    return f"#{text}{attempt}" if text else ""


def run_name(event: Event) -> str:
    """A run by its pipeline's name and its number: "deploy #42, attempt 2"."""
    name = first(event.pipeline, max_chars=100)
    number = _number(event).replace(" attempt", ", attempt")
    return f"{name or 'Run'} {number}" if number else name


def place_note(channels: Iterable[tuple[str, str]]) -> str:
    """For whom a fallback stands in: the channels, by name and kind, that could not deliver the message."""
    shown = [f"{clean(name, NAME_MAX_CHARS)} ({kind})" for name, kind in channels]
    return f"in place of {' and '.join(shown)}, which could not deliver it" if shown else ""


def rule_note(rules: tuple[str, ...]) -> str:
    """Why the reader gets this: the rules that asked for it, by name."""
    return clean(f"{'rules' if len(rules) > 1 else 'rule'}: {', '.join(rules)}") if rules else ""
