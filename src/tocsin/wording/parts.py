"""What can be left out of a message: the rows of its table, its parts, and its links; by the labels that readers see."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from tocsin.event import Actor, Commit, Image, Person, PullRequest, Ref, TestResults

if TYPE_CHECKING:
    from tocsin.event import Event

ROWS = (
    "Application", "Environment", "Cluster", "Branch", "Tag", "Ref", "Pull request", "Commit", "Author", "Triggered by", "Duration",
    "Pipeline", "Job", "Image",
)  # fmt: skip
PARTS = ("Reasons", "Log", "History", "Change", "Run", "Rules")
LINKS = ("Open run", "Open repository", "Open failed step", "Pull request", "Environment", "Compare", "Runbook")
LABEL_MAX_CHARS = 60  # ours, as a reader sees it whole


def _without_ref(event: Event) -> Event:
    return event._replace(ref=Ref(), pull_request=PullRequest())


def _without_log(event: Event) -> Event:
    return event._replace(failures=tuple(failure._replace(excerpt=None) for failure in event.failures))


_LEAVE_OUT: dict[str, Callable[[Event], Event]] = {
    "cluster": lambda event: event._replace(cluster=None),
    "branch": _without_ref,
    "tag": _without_ref,
    "ref": _without_ref,
    "pull request": _without_ref,
    "commit": lambda event: event._replace(commit=Commit(author=event.commit.author)),
    "author": lambda event: event._replace(commit=event.commit._replace(author=Person())),
    "triggered by": lambda event: event._replace(triggered_by=Actor()),
    "duration": lambda event: event._replace(run=event.run._replace(started_at=None)),
    "pipeline": lambda event: event._replace(pipeline=None),
    "job": lambda event: event._replace(job=event.job._replace(name=None, variant=None)),
    "image": lambda event: event._replace(image=Image()),
    "reasons": lambda event: event._replace(failures=(), tests=TestResults(), reason=None),
    "log": _without_log,
    "history": lambda event: event._replace(transition=None),
}


def without(event: Event, labels: Collection[str]) -> Event:
    """The event without what the labels (in lower case) stand for, as far as a message tells it beside its headline."""
    for label in labels:
        if label in _LEAVE_OUT:
            event = _LEAVE_OUT[label](event)
    return event
