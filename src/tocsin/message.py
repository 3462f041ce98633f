"""The neutral message: what happened to what, where, by whom, which commit, how long, and one link.

Built once an event, before any channel. All text in it is cleaned: one line a value, no control or
direction characters. A channel only has to escape its own markup and keep its own limits.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from tocsin.event import Event
from tocsin.text import clean, safe_url

Tone: TypeAlias = Literal["started", "good", "bad", "warning", "neutral"]

TONES: dict[str, Tone] = {"trigger": "started", "success": "good", "failure": "bad", "unstable": "warning", "cancelled": "neutral"}
ICONS: dict[Tone, str] = {"started": "🚀", "good": "✅", "bad": "❌", "warning": "⚠️", "neutral": "⏹️"}
COLOURS: dict[Tone, int] = {"started": 0x2F6FDE, "good": 0x1F9D55, "bad": 0xD92D20, "warning": 0xE08A00, "neutral": 0x6B7280}

FAILURES_MAX = 5  # ours: the first few say what broke


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
    """What a channel renders. `recipient` is the address of a mail, else None; `rules` are those that asked for it."""

    event: Event
    title: str
    tone: Tone
    text: str
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


def compose(event: Event) -> Message:
    """The message of an event."""
    title = _title(event)
    duration = _duration(event.run.started_at, event.run.finished_at)
    details = tuple(_details(event, duration))
    url = safe_url(event.run.url) or safe_url(event.job.url)
    by = _actor(event)
    tail = ", ".join(filter(None, [_run_name(event), f"by {by}" if by else "", f"after {duration}" if duration else ""]))
    return Message(
        event=event,
        title=title,
        tone=TONES.get(event.event or "", "neutral"),
        text=f"{title} ({tail})" if tail else title,
        details=details,
        failures=tuple(_failures(event)),
        link=Link("Open run", url) if url else None,
    )


_VERBS = {
    ("trigger", None): "started",
    ("success", None): "succeeded",
    ("success", "fixed"): "is fixed",
    ("failure", None): "failed",
    ("failure", "broken"): "broke",
    ("failure", "still_failing"): "is still failing",
    ("cancelled", None): "was cancelled",
    ("unstable", None): "is unstable",
}


def _title(event: Event) -> str:
    """What happened to what, where: "Deployment of payments to production failed"."""
    what = clean(event.app or event.pipeline or event.repository.name or "this repository", 80)
    verb = _VERBS.get((event.event or "", event.transition)) or _VERBS.get((event.event or "", None), "ended")
    if event.kind == "cd":
        where = f" to {clean(event.environment, 60)}" if event.environment else ""
        return f"Deployment of {what}{where} {verb}"
    where = _where(event)
    return f"Build of {what}{where} {verb}"


def _where(event: Event) -> str:
    if event.ref.type == "pull_request" and event.pull_request.number is not None:
        return f" for pull request #{event.pull_request.number}"
    name = event.ref.branch or event.ref.tag or event.ref.name
    return f" on {clean(name, 60)}" if name else ""


def _run_name(event: Event) -> str:
    number = event.run.number if event.run.number is not None else event.run.id
    attempt = f", attempt {event.run.attempt}" if event.run.attempt and event.run.attempt > 1 else ""
    name = clean(event.pipeline, 100) if event.pipeline else "Run" if number is not None else ""
    return f"{name} #{clean(number, 40)}{attempt}" if number is not None else name


def _details(event: Event, duration: str | None) -> list[Detail]:
    job = " ".join(filter(None, [event.job.name, f"({event.job.variant})" if event.job.variant else None]))
    image = ":".join(filter(None, [event.image.repository, event.image.tag]))
    environment = " on ".join(filter(None, [event.environment, event.cluster]))
    rows = [
        ("Application", " / ".join(filter(None, [event.project, event.app])), None),
        ("Environment", environment, event.environment_url),
        ("Pipeline", _run_name(event), event.run.url),
        ("Job", job, event.job.url),
        _ref_row(event),
        ("Commit", " ".join(filter(None, [event.commit.short_sha, event.commit.title])), event.commit.url),
        ("Author", event.commit.author.name if event.commit.author.name not in (None, _actor(event)) else "", None),
        ("Triggered by", _actor(event), None),
        ("Duration", duration, None),
        ("Image", image, None),
    ]
    return [Detail(label, clean(value), safe_url(url)) for label, value, url in rows if value and clean(value)]


def _ref_row(event: Event) -> tuple[str, str | None, str | None]:
    pull_request = event.pull_request
    if event.ref.type == "pull_request":
        branches = " → ".join(filter(None, [pull_request.source_branch, pull_request.target_branch]))
        number = f"#{pull_request.number}" if pull_request.number is not None else None
        return "Pull request", " ".join(filter(None, [number, pull_request.title, f"({branches})" if branches else None])), pull_request.url
    if event.ref.type == "tag":
        return "Tag", event.ref.tag, None
    return "Branch", event.ref.branch or event.ref.name, None


def _actor(event: Event) -> str | None:
    actor = event.triggered_by
    name = actor.name or actor.login or actor.email
    return clean(name, 80) or None if name else None


def _failures(event: Event) -> list[Detail]:
    """The parts that failed, the first few, with the reason where it is known."""
    rows = []
    for failure in event.failures[:FAILURES_MAX]:
        where = " › ".join(clean(part, 100) for part in (failure.job, failure.step) if part) or "Failed"
        rows.append(Detail(where, clean(failure.reason) if failure.reason else "", safe_url(failure.url)))
    more = len(event.failures) - FAILURES_MAX
    return [*rows, Detail(f"and {more} more", "")] if more > 0 else rows


def _duration(started_at: str | None, finished_at: str | None) -> str | None:
    """The time between two ISO 8601 instants in words: "3 min 20 s"."""
    try:
        start, end = (datetime.fromisoformat((text or "").replace("Z", "+00:00")) for text in (started_at, finished_at))
        seconds = int((end - start).total_seconds())
    except (ValueError, TypeError):
        return None
    if seconds < 0:
        return None
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
