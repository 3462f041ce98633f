"""Since when: how long it has failed, how it got well again, and what came with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.message.parts import Sentence, Span, joined, span
from tocsin.message.people import author_name
from tocsin.message.times import between, clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.event import Change, EarlierRun, Event

CHANGES_MAX = 5  # ours
COUNTED_MAX = 50  # of more the CIs' APIs give the first part alone
TITLE_MAX_CHARS = 80


def history(event: Event) -> Iterator[Sentence]:
    """The sentences on what was before this run, as far as it is known."""
    if event.transition == "fixed":
        yield _repair(event)
    elif event.transition == "still_failing":
        yield _since(event)
    elif event.transition == "broken":
        yield _last_good(event)
    if event.transition in ("broken", "fixed"):
        yield _changes(event)


def _repair(event: Event) -> Sentence:
    """As in "Green again after 2 h 14 min and 3 failed runs (#128 to #130)"."""
    run = event.run
    took = between(run.failing_since.at, run.finished_at)
    count = f"{run.failed_runs} failed {'run' if run.failed_runs == 1 else 'runs'}" if run.failed_runs else None
    if not (took or count):
        return ()
    said = Span(f"Green again after {joined(' and ', took, count)}")
    return (said, *_numbers(run.failing_since, run.failing_until)) if count else (said,)


def _numbers(first: EarlierRun, last: EarlierRun) -> Sentence:
    if first.number is None:
        return ()
    until = () if last.number in (None, first.number) else (Span(" to "), _number(last))
    return (Span(" ("), _number(first), *until, Span(")"))


def _since(event: Event) -> Sentence:
    """As in "Failing since #126, 14:32 UTC: 4 runs in 2 h 10 min"."""
    run = event.run
    first = run.failing_since
    at = clock(first.at, run.finished_at) if first.at else None
    took = between(first.at, run.finished_at)
    if first.number is None and not at:
        return ()
    since = [Span("Failing since "), *([_number(first)] if first.number is not None else [])]
    if at:
        since += [*([Span(", ")] if first.number is not None else []), Span(at, None, first.at)]
    count = f"{run.failed_runs} runs" if run.failed_runs and run.failed_runs > 1 else None
    said = joined(" in ", count, took) if count else took
    return (*since, *([Span(f": {said}" if count else f", for {said}")] if said else []))


def _last_good(event: Event) -> Sentence:
    """As in "Last good run: #125, 14:02 UTC"."""
    good = event.run.last_success
    if good.number is None:
        return ()
    at = clock(good.at, event.run.finished_at) if good.at else None
    return (Span("Last good run: "), _number(good), *((Span(", "), Span(at, None, good.at)) if at else ()))


def _number(run: EarlierRun) -> Span:
    return span(f"#{run.number}", run.url)


def _changes(event: Event) -> Sentence:
    """The other changes that came with the run, the newest first, each with its author where that is another than the one before."""
    others = [change for change in reversed(event.changes) if change.title and not _is_told(change, event)]
    if not others:
        return ()
    spans, before = [Span("Also new: ")], author_name(event.commit.author)
    for number, change in enumerate(others[:CHANGES_MAX]):
        author = author_name(change.author)
        by = f" by {author}" if author and author != before else ""
        spans += [Span(", ")] if number else []
        spans += [span(change.title, change.url, TITLE_MAX_CHARS), *([Span(by)] if by else [])]
        before = author or before
    more = len(others) - CHANGES_MAX
    count = f"{more} " if len(event.changes) < COUNTED_MAX else ""
    return (*spans, *([Span(f" and {count}more", event.compare_url)] if more > 0 else []))


def _is_told(change: Change, event: Event) -> bool:
    """Whether the sentence on the change tells of it."""
    return change.sha == event.commit.sha if change.sha and event.commit.sha else change.title == event.commit.title
