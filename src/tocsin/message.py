"""The neutral message: what happened to what, where, by whom, which commit, how long, and one link.

Built once an event, before any channel. All text in it is cleaned: one line a value, no control or
direction characters. A channel only has to escape its own markup and keep its own limits.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from tocsin.event import Event
from tocsin.text import clean, safe_url

Tone: TypeAlias = Literal["started", "good", "bad", "warning", "neutral"]

TONES: dict[str, Tone] = {"trigger": "started", "success": "good", "failure": "bad", "unstable": "warning", "cancelled": "neutral"}
ICONS: dict[Tone, str] = {"started": "🚀", "good": "✅", "bad": "❌", "warning": "⚠️", "neutral": "⏹️"}
COLOURS: dict[Tone, int] = {"started": 0x2F6FDE, "good": 0x1F9D55, "bad": 0xD92D20, "warning": 0xE08A00, "neutral": 0x6B7280}

FAILURES_MAX = 5  # ours: the first few say what broke
WHAT_MAX_CHARS = 60  # ours: with this and the next, what happened still fits behind the names in every channel's title
WHERE_MAX_CHARS = 40


class Detail(NamedTuple):
    """One labelled value, with a link where there is a page for it."""

    label: str
    value: str
    url: str | None = None


class Link(NamedTuple):
    """A button, or a link, to a page."""

    label: str
    url: str


class Message(NamedTuple):
    """What a channel renders: `title` says what happened, `tail` which run it was, and `text` both on one line.

    `tail` is "" where nothing is known of the run. `recipient` is the address of a mail, else None; `rules` are those that asked for it.
    """

    event: Event
    title: str
    tone: Tone
    text: str
    tail: str
    details: tuple[Detail, ...]
    failures: tuple[Detail, ...]
    link: Link | None
    rules: tuple[str, ...] = ()
    recipient: str | None = None

    @property
    def icon(self) -> str:
        """The tone as one emoji."""
        return ICONS[self.tone]

    @property
    def colour(self) -> int:
        """The tone as 0xRRGGBB."""
        return COLOURS[self.tone]

    @property
    def footer(self) -> str:
        """Why the reader gets this: the rules that asked for it, on one line; empty where there are none."""
        return clean(f"{'Rules' if len(self.rules) > 1 else 'Rule'}: {', '.join(self.rules)}") if self.rules else ""


def compose(event: Event) -> Message:
    """The message of an event."""
    title = _title(event)
    duration = _duration(event.run.started_at, event.run.finished_at)
    tail = _tail(event, duration)
    url = safe_url(event.run.url) or safe_url(event.job.url)
    return Message(
        event=event,
        title=title,
        tone=TONES.get(event.event or "", "neutral"),
        text=f"{title} ({tail})" if tail else title,
        tail=tail,
        details=tuple(_details(event, duration)),
        failures=tuple(_failures(event)),
        link=Link("Open run", url) if url else None,
    )


_VERBS = {
    ("trigger", None): "started",
    ("success", None): "succeeded",
    ("success", "fixed"): "is fixed",
    ("failure", None): "failed",
    ("failure", "broken"): "is newly failing",
    ("failure", "still_failing"): "is still failing",
    ("cancelled", None): "was cancelled",
    ("unstable", None): "is unstable",
}


def _title(event: Event) -> str:
    """What happened to what, where: "Deployment of payments to production failed"."""
    what = _first(event.app, event.pipeline, event.repository.name, max_chars=WHAT_MAX_CHARS) or "this repository"
    verb = _VERBS.get((event.event or "", event.transition)) or _VERBS.get((event.event or "", None), _no_event(event))
    return f"{'Deployment' if event.kind == 'cd' else 'Build'} of {what}{_where(event)} {verb}"


def _no_event(event: Event) -> str:
    """What to say of what is no event: nothing that could be false."""
    return "has not started" if event.hook == "trigger" else "ended"


def _where(event: Event) -> str:
    if event.kind == "cd":
        environment = _first(event.environment, max_chars=WHERE_MAX_CHARS)
        return f" to {environment}" if environment else ""
    if event.ref.type == "pull_request" and event.pull_request.number is not None:
        return f" for pull request #{event.pull_request.number}"
    name = _first(event.ref.branch, event.ref.tag, event.ref.name, max_chars=WHERE_MAX_CHARS)
    return f" {'for tag' if event.ref.type == 'tag' else 'on'} {name}" if name else ""


def _tail(event: Event, duration: str | None) -> str:
    """What fits on a line beside the title: which run, who started it, how long it took: "deploy #42, by Ada, after 3 min 20 s"."""
    by = _actor(event)
    parts = [_run_name(event), f"by {by}" if by else None, f"after {duration}" if duration else None]
    return ", ".join(part for part in parts if part)


def _first(*candidates: str | None, max_chars: int) -> str:
    """The first candidate of which something is left when it is cleaned, or an empty text."""
    return next((text for candidate in candidates if candidate and (text := clean(candidate, max_chars))), "")


def _run_name(event: Event) -> str:
    number = event.run.number if event.run.number is not None else event.run.id
    attempt = f", attempt {event.run.attempt}" if event.run.attempt and event.run.attempt > 1 else ""
    name = _first(event.pipeline, max_chars=100)
    return f"{name or 'Run'} #{clean(number, 40)}{attempt}" if number is not None else name


def _details(event: Event, duration: str | None) -> list[Detail]:
    """The rows, in the order in which a reader asks: what, where, which change, whose, how long, and then the rest."""
    actor = _actor(event)
    author = event.commit.author.name
    rows = [
        ("Application", _joined(" / ", event.project, event.app), None),
        ("Environment", _joined(" on ", event.environment, event.cluster), event.environment_url),
        _ref_row(event),
        ("Commit", _joined(" ", event.commit.short_sha, event.commit.title), event.commit.url),
        ("Author", author if author != actor else None, None),
        ("Triggered by", actor, None),
        ("Duration", duration, None),
        ("Pipeline", _run_name(event), None),
        ("Job", _job(event), event.job.url),
        ("Image", _joined(":", event.image.repository, event.image.tag), None),
    ]
    return [Detail(label, text, safe_url(url)) for label, value, url in rows if value and (text := clean(value))]


def _job(event: Event) -> str | None:
    """The job that the status speaks of; the one that only tells of a whole run is of no interest."""
    variant = f"({event.job.variant})" if event.job.variant else None
    return _joined(" ", event.job.name, variant) if event.scope == "job" else None


def _joined(separator: str, *parts: str | None) -> str:
    return separator.join(part for part in parts if part)


def _ref_row(event: Event) -> tuple[str, str | None, str | None]:
    if event.ref.type == "tag":
        return "Tag", event.ref.tag or event.ref.name, None
    if event.ref.type != "pull_request":
        return ("Branch" if event.ref.type else "Ref"), event.ref.branch or event.ref.name, None
    pull_request = event.pull_request
    branches = _joined(" → ", pull_request.source_branch or event.ref.name, pull_request.target_branch)
    number = f"#{pull_request.number}" if pull_request.number is not None else None
    title = clean(pull_request.title, 150) if pull_request.title else None  # the branches behind it stay readable
    return "Pull request", _joined(" ", number, title, f"({branches})" if branches else None), pull_request.url


def _actor(event: Event) -> str | None:
    actor = event.triggered_by
    return _first(actor.name, actor.login, actor.email, max_chars=80) or None


def _failures(event: Event) -> list[Detail]:
    """The parts that failed, the first few, with the reason where it is known."""
    rows = []
    for failure in event.failures[:FAILURES_MAX]:
        where = _joined(" / ", *(clean(part, 100) for part in (failure.job, failure.step) if part)) or "Failed"
        rows.append(Detail(where, clean(failure.reason) if failure.reason else "", safe_url(failure.url)))
    more = len(event.failures) - FAILURES_MAX
    return [*rows, Detail(f"and {more} more", "")] if more > 0 else rows


def _duration(started_at: str | None, finished_at: str | None) -> str | None:
    """The time between two ISO 8601 instants in words: "3 min 20 s"."""
    from datetime import datetime

    try:
        start, end = (datetime.fromisoformat((text or "").replace("Z", "+00:00")) for text in (started_at, finished_at))
        seconds = int((end - start).total_seconds())
    except (ValueError, TypeError):
        return None
    if seconds < 0:
        return None
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
