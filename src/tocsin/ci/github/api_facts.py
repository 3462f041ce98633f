"""What GitHub's API adds to an event: the steps that failed, the job that runs us, how the run before ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.ci.common import Source, text_of
from tocsin.ci.github.event_file import PULL_REQUESTS
from tocsin.ci.github.history import previous_status
from tocsin.ci.github.jobs import failed, failed_jobs, find_current, jobs
from tocsin.ci.github.refs import ref_kind
from tocsin.ci.rest import Api
from tocsin.ci.run import Run
from tocsin.event import Event, Fact, Facts, Failure, Rank
from tocsin.text import safe_url

SOURCE = "GitHub API"


def api_facts(api: Api, run: Run, event: Event, env: Mapping[str, str]) -> Facts:
    """What the API adds to `event`, as far as it can be known: its ref's kind, `failures`, `job.id`, `job.url`, `run.previous_status`.

    An event of scope `job` speaks of one job, which RUNNER_NAME tells from the others: its failed step alone is
    named, and it is held against the same job of the run before. `api.notes` says what stays unknown.
    """
    repository = f"{event.repository.owner}/{event.repository.name}"
    if event.event is None:  # nothing will be sent
        return {}
    kind = ref_kind(api, repository, event.ref.name) if event.ref.name and not event.ref.type else None
    ref: dict[str, Any] = {"type": kind, kind: event.ref.name} if kind else {}
    event = event._replace(ref=event.ref._replace(**ref))
    found: dict[str, Any] = {f"ref.{name}": value for name, value in ref.items()}
    if not (event.hook == "trigger" or not event.run.id or _another_run(run, event)):
        found |= _of_end(api, event, repository, env.get("RUNNER_NAME"))
    return {name: Fact(value, SOURCE, Rank.API) for name, value in found.items() if value}


def _of_end(api: Api, event: Event, repository: str, runner_name: str | None) -> dict[str, Any]:
    job = _job(api, event, repository, runner_name) if event.scope == "job" else None
    found: dict[str, Any] = {"job.id": text_of(job, "id"), "job.url": safe_url(text_of(job, "html_url"))} if job else {}
    if event.status == "failure":
        found["failures"] = _failures(api, event, repository, job)
    if event.status in ("success", "failure"):
        found["run.previous_status"] = _previous(api, event, repository, job)
    return found


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


def _failures(api: Api, event: Event, repository: str, job: Source | None) -> tuple[Failure, ...]:
    if event.scope != "job":
        return tuple(failed_jobs(api, repository, event.run.id or "", event.run.attempt))
    if not job:
        return ()
    return (failed(job) or Failure(text_of(job, "name"), None, safe_url(text_of(job, "html_url")), "failed"),)


def _previous(api: Api, event: Event, repository: str, job: Source | None) -> str | None:
    """How the run, or the job, before this one ended; runs of deployments are not held against each other: each has its environment."""
    merged = event.ref.type == "branch" and event.source in PULL_REQUESTS  # GitHub lists such a run under the head's branch
    branch = None if merged else event.ref.branch or (event.ref.name if event.ref.type == "pull_request" else None)
    workflow = (event.pipeline_file or "").rpartition("/")[2]
    name = text_of(job, "name") if job else None
    if not (branch and workflow and event.source) or event.source.startswith("deployment") or (event.scope == "job" and not name):
        return None
    return previous_status(api, repository, workflow, branch, event.run.id or "", event.source, attempt=event.run.attempt, job=name)
