"""What GitHub's API adds to an event: the steps that failed and why, the job that runs us, how the runs before ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.ci.common import Source, text_of
from tocsin.ci.github.changes import changes_between
from tocsin.ci.github.earlier_runs import WorkflowRun, ended_before
from tocsin.ci.github.event_file import PULL_REQUESTS
from tocsin.ci.github.events import EVENTS, UNKNOWN
from tocsin.ci.github.jobs import FAILED, TIMED_OUT, failed, failed_jobs, find_current, jobs
from tocsin.ci.github.reason import explained, time_was_up
from tocsin.ci.github.refs import ref_kind
from tocsin.ci.history import History, compared, history
from tocsin.ci.rest import Api
from tocsin.ci.run import Run
from tocsin.event import Event, Fact, Facts, Failure, Rank
from tocsin.text import safe_url

SOURCE = "GitHub API"


def api_facts(api: Api, run: Run, event: Event, env: Mapping[str, str]) -> Facts:
    """What the API adds to `event`, as far as it can be known: its ref's kind, the failures, the job, the runs before, what changed.

    An event of scope `job` speaks of one job, which RUNNER_NAME tells from the others: its failed step alone is
    named, and it is held against the same job of the runs before. `api.notes` says what stays unknown.
    """
    repository = f"{event.repository.owner}/{event.repository.name}"
    if event.event is None:  # nothing will be sent
        return {}
    kind = ref_kind(api, repository, event.ref.name) if event.ref.name and not event.ref.type else None
    ref: dict[str, Any] = {"type": kind, kind: event.ref.name} if kind else {}
    event = event._replace(ref=event.ref._replace(**ref))
    facts = _facts({f"ref.{name}": value for name, value in ref.items()})
    if not (event.hook == "trigger" or not event.run.id or _another_run(run, event)):
        facts |= _of_end(api, run, event, env.get("RUNNER_NAME"))
    return facts


def _facts(found: Mapping[str, Any]) -> Facts:
    return {name: Fact(value, SOURCE, Rank.API) for name, value in found.items() if value}


def _of_end(api: Api, run: Run, event: Event, runner_name: str | None) -> Facts:
    """In the order of their worth: a slow API loses what comes last."""
    repository = f"{event.repository.owner}/{event.repository.name}"
    job = _job(api, event, repository, runner_name) if event.scope == "job" else None
    found: dict[str, Any] = {"job.id": text_of(job, "id"), "job.url": safe_url(text_of(job, "html_url"))} if job else {}
    failures = _failures(api, event, repository, job) if event.status == "failure" else {}
    earlier = _history(api, event, repository, job) if event.status in ("success", "failure") else History()
    found |= earlier.facts()
    if failures:
        found["failures"] = explained(api, repository, failures)
        found["reason"] = TIMED_OUT if all(failure.reason == TIMED_OUT for failure in failures) else None
    if event.status == "cancelled" and event.scope != "job" and not event.reason:  # our own job's end is not known yet
        time_up = time_was_up(api, repository, jobs(api, repository, event.run.id or "", event.run.attempt).items)
        found["reason"] = TIMED_OUT if time_up else None
    return {**_facts(found), **_difference(api, run, event, repository, earlier)}


def _another_run(run: Run, event: Event) -> bool:
    """Whether this run only reports a deployment, which was made elsewhere: no one has named the run that made it."""
    own = run.facts.get("run.id")
    return event.source == "deployment_status" and own is not None and event.run.id == own.value


def _job(api: Api, event: Event, repository: str, runner_name: str | None) -> Source | None:
    found = jobs(api, repository, event.run.id or "", event.run.attempt)
    job = find_current(found, event.job.id, event.job.name, runner_name)
    if found.items and not job:
        api.note(
            "which job of the run this one is cannot be told from GitHub's answer, so its failed step and how it ended before stay unknown"
        )
    return job


def _failures(api: Api, event: Event, repository: str, job: Source | None) -> dict[Failure, Source]:
    """The failures that the event tells of, each with its job."""
    if event.scope != "job":
        return failed_jobs(api, repository, event.run.id or "", event.run.attempt)
    if not job:
        return {}
    return {failed(job) or Failure(text_of(job, "name"), None, safe_url(text_of(job, "html_url")), FAILED): job}


def _history(api: Api, event: Event, repository: str, job: Source | None) -> History:
    """How the runs, or the job in them, ended before; runs of deployments are not held against each other: each has its environment."""
    merged = event.ref.type == "branch" and event.source in PULL_REQUESTS  # GitHub lists such a run under the head's branch
    branch = None if merged else event.ref.branch or (event.ref.name if event.ref.type == "pull_request" else None)
    workflow = (event.pipeline_file or "").rpartition("/")[2]
    name = text_of(job, "name") if job else None
    if not (branch and workflow and event.source) or event.source.startswith("deployment") or (event.scope == "job" and not name):
        return History()
    own = event.run
    run = WorkflowRun(repository, workflow, branch, own.id or "", event.source, own.attempt or 1, own.number, own.url, name)
    return history(event.status or "", run.id, ended_before(api, run))


def _difference(api: Api, run: Run, event: Event, repository: str, earlier: History) -> Facts:
    """Where the commits that broke or repaired the run are compared, and which they are.

    The event file has those of one push. Where they begin elsewhere, what the API says takes their place, so it has the CI's own rank.
    """
    source = event.source or ""
    if source == "pull_request_target" or EVENTS.get(source, UNKNOWN).head == "nothing":  # such a run's `head_sha` is not its commit
        return {}
    ends = compared(event.status or "", earlier, event.commit.sha)
    if not ends:
        return {}
    base, head = ends
    turned = earlier.previous_status != event.status  # broken or fixed: nobody asks again what has been broken for long
    if base == head:
        return {"changes": Fact((), SOURCE, Rank.CI)} if turned else {}
    facts = _facts({"compare_url": safe_url(f"{event.repository.url}/compare/{base}...{head}") if event.repository.url else None})
    if turned and base != run.before:
        changes = changes_between(api, repository, base, head)
        facts |= {"changes": Fact(changes, SOURCE, Rank.CI)} if changes else {}
    return facts
