"""The run that a `workflow_run` event reports. Nothing is said of the run that reports it.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, mapped, ref_facts
from tocsin.ci.github import event_file, forge, pulls
from tocsin.ci.github.events import EVENTS, STARTED_BY_NOBODY, UNKNOWN
from tocsin.ci.github.given import default_branch, named_ref
from tocsin.ci.status import known
from tocsin.event import Fact

if TYPE_CHECKING:
    from tocsin.ci.common import Source
    from tocsin.ci.github.given import Given

_KEY = "workflow_run"
# A run that waits for a person: a deployment's approval, or a maintainer's word that a newcomer's code may run. GitHub says the latter in
# `status` or, of a run that it calls completed, in `conclusion`: https://docs.github.com/en/rest/actions/workflow-runs
_WAITING = ("waiting", "action_required")
_PENDING = "pending"  # for another run to end; `requested` and `queued` have no end to wait for but a free runner
_STARTED = ("requested", "queued", "in_progress")


def ended_run(g: Given) -> OptionalFacts:
    """Its facts. With `run-name` the run's own name is no workflow's."""
    e = g.e
    attempt = e.number(f"{_KEY}.run_attempt")
    first = attempt is None or attempt.value <= 1
    return {
        "scope": Fact("run", "GITHUB_EVENT_NAME"),
        "status": _waits(e) or mapped(e.text(f"{_KEY}.conclusion"), known),
        "reason": mapped(e.text(f"{_KEY}.conclusion"), {"timed_out": "timed out"}.get),
        "source": e.text(f"{_KEY}.event"),
        "pipeline": e.text("workflow.name", f"{_KEY}.name"),
        "pipeline_file": mapped(e.text(f"{_KEY}.path", "workflow.path"), event_file.workflow_file),
        "run.id": e.id(f"{_KEY}.id"),
        "run.number": e.number(f"{_KEY}.run_number"),
        "run.attempt": attempt,
        "run.url": mapped(e.text(f"{_KEY}.html_url"), lambda url: forge.attempt_page(g.forge, url, attempt)),
        "run.started_at": None if _not_begun(e) else e.time(f"{_KEY}.run_started_at", *([f"{_KEY}.created_at"] if first else [])),
        "run.finished_at": e.time(f"{_KEY}.updated_at") if has_ended(e) else None,
        "triggered_by.login": _actor(e, first=first),
        **_subject(g),
    }


def _waits(e: Source) -> Fact | None:
    """The status of a run that waits for a person."""
    return mapped(e.text(f"{_KEY}.conclusion", f"{_KEY}.status"), lambda word: "waiting" if word.lower() in _WAITING else None)


def _not_begun(e: Source) -> bool:
    return bool(_waits(e)) or e.raw(f"{_KEY}.status") == _PENDING


def has_ended(e: Source) -> bool:
    """Whether the run has ended, however that was."""
    ended = bool(e.text(f"{_KEY}.conclusion")) or "completed" in (e.raw(f"{_KEY}.status"), e.raw("action"))
    return ended and not _waits(e)


def no_start(e: Source) -> str | None:
    """Why no start can be told of, in words for the user; None where the run has started."""
    state, action = e.raw(f"{_KEY}.status"), e.raw("action")
    if has_ended(e):
        return "the run that this event reports has ended"
    if _not_begun(e):
        return "the run that this event reports is waiting, and has not started"
    if state in _STARTED or action in _STARTED:
        return None
    return "nothing says that the run that this event reports has started"


def _actor(e: Source, *, first: bool) -> Fact | None:
    """Who started it; of what a clock started only who repeated it."""
    if e.raw(f"{_KEY}.event") in STARTED_BY_NOBODY:
        return None if first else e.text(f"{_KEY}.triggering_actor.login")
    return e.text(f"{_KEY}.triggering_actor.login", f"{_KEY}.actor.login")


def _subject(g: Given) -> OptionalFacts:
    """What the run was about, as far as its event and `head_branch` say it; a fork's branch never passes for one of this repository."""
    e, event = g.e, g.e.text(f"{_KEY}.event")
    head = EVENTS.get(event.value if event else "", UNKNOWN).head
    stranger = event_file.fork(e, _KEY, "head_repository", e.text("repository.full_name") or g.v.text("GITHUB_REPOSITORY"))
    branch = e.text(f"{_KEY}.head_branch")
    if head == "pull request" or (stranger and stranger.value):
        return {**_pull_request(g, branch), "pull_request.fork": stranger, **_commit(g)}
    if head == "nothing":
        return {} if event and event.value in EVENTS else {"ref.name": branch}
    if head == "queue":
        return {**pulls.queue_facts(g, branch), **_commit(g)}
    if head == "branch or tag" and not _is_branch(g, branch):
        return {"ref.name": branch, **_commit(g)}
    return {**ref_facts("tag" if head == "tag" else "branch", branch), **_commit(g)}


def _commit(g: Given) -> OptionalFacts:
    return g.commit(g.e.text(f"{_KEY}.head_sha"), f"{_KEY}.head_commit")


def _pull_request(g: Given, branch: Fact | None) -> OptionalFacts:
    facts = pulls.listed_facts(g, pulls.own_pull_requests(g.e, f"{_KEY}.pull_requests"), branch)
    return {**facts, **ref_facts("pull_request", branch, f"event file: {_KEY}.event"), "pull_request.source_branch": branch}


def _is_branch(g: Given, name: Fact | None) -> bool:
    """Whether `head_branch` is known to be a branch: a tag's name stands there too, and no field says which it is.

    It is the default branch, on which a `workflow_run` itself runs, or the head of a pull request.
    """
    heads = [one.raw("head.ref") for one in pulls.own_pull_requests(g.e, f"{_KEY}.pull_requests")]
    here = named_ref(g.ref).get("ref.branch")
    return name is not None and name.value in (default_branch(g), here.value if here else None, *heads)
