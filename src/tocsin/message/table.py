"""The whole table of what is known of a run, for mails and for those who ask for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.message.notes import run_name
from tocsin.message.parts import Detail, joined
from tocsin.message.people import actor_name, same_person
from tocsin.message.times import between
from tocsin.text import clean, safe_url

if TYPE_CHECKING:
    from tocsin.event import Event


def table(event: Event) -> list[Detail]:
    """The rows, in the order in which a reader asks: what, where, which change, whose, how long, and then the rest."""
    actor = actor_name(event.triggered_by)
    author = None if same_person(event.commit.author, event.triggered_by) else event.commit.author.name
    rows = [
        ("Application", joined(" / ", event.project, event.app), None),
        ("Environment", joined(" on ", event.environment, event.cluster) if event.environment else None, event.environment_url),
        ("Cluster", None if event.environment else event.cluster, None),
        _ref_row(event),
        ("Commit", joined(" ", event.commit.short_sha, event.commit.title), event.commit.url),
        ("Author", author, None),
        ("Triggered by", actor, None),
        ("Duration", between(event.run.started_at, event.run.finished_at), None),
        ("Pipeline", run_name(event), event.run.url),
        ("Job", _job(event), event.job.url),
        ("Image", joined(":", event.image.repository, event.image.tag), None),
    ]
    return [Detail(label, text, safe_url(url)) for label, value, url in rows if value and (text := clean(value))]


def _job(event: Event) -> str | None:
    """The job that the status speaks of; the one that only tells of a whole run is of no interest."""
    variant = f"({event.job.variant})" if event.job.variant else None
    return joined(" ", event.job.name, variant) if event.scope == "job" else None


def _ref_row(event: Event) -> tuple[str, str | None, str | None]:
    if event.ref.type == "tag":
        return "Tag", event.ref.tag or event.ref.name, None
    if event.ref.type != "pull_request":
        return ("Branch" if event.ref.type else "Ref"), event.ref.branch or event.ref.name, None
    pull_request = event.pull_request
    branches = joined(" → ", pull_request.source_branch or event.ref.name, pull_request.target_branch)
    number = f"#{pull_request.number}" if pull_request.number is not None else None
    title = clean(pull_request.title, 150) if pull_request.title else None  # the branches behind it stay readable
    return "Pull request", joined(" ", number, title, f"({branches})" if branches else None), pull_request.url
