"""What GitLab's API adds to an event: what failed and why, how it was before, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.ci.gitlab.changes import changes, compare_url
from tocsin.ci.gitlab.history import pipeline_history
from tocsin.ci.gitlab.jobs import failed_jobs
from tocsin.ci.history import COUNTED, History, compared
from tocsin.ci.rest import Api, is_id
from tocsin.ci.run import Run
from tocsin.event import Event, Fact, Facts, Rank

SOURCE = "GitLab API"


def api_facts(api: Api, run: Run, event: Event, env: Mapping[str, str]) -> Facts:  # noqa: ARG001  the variables say it
    """What the API adds to `event`, as far as it can be known: `failures`, `reason`, `tests`, the past of `run`, `changes`, `compare_url`.

    An event of scope `job` is held against the same job of the pipelines before. `api.notes` says what stays unknown.
    """
    project, pipeline = env.get("CI_PROJECT_ID", ""), event.run.id or ""
    nothing = event.hook == "trigger" or event.status not in COUNTED  # nothing has ended yet, or it says nothing of the code
    if nothing or not is_id(project) or not is_id(pipeline) or pipeline != env.get("CI_PIPELINE_ID"):
        return {}
    failed = event.status == "failure"
    jobs = list(failed_jobs(api, project, pipeline)) if failed and event.scope == "run" else []
    past = pipeline_history(api, project, event, env)  # before the reasons, for rules ask for it
    found: dict[str, Any] = {}
    if failed:
        from tocsin.ci.gitlab.reason import reasons  # a success needs none of it

        found |= reasons(api, project, event, jobs)
    found |= past.facts() | _since(api, project, past, event, env.get("CI_COMMIT_SHA"))
    return {name: Fact(value, SOURCE, Rank.API) for name, value in found.items() if value or value == 0}


def _since(api: Api, project: str, past: History, event: Event, built: str | None) -> dict[str, Any]:
    """What lies between the last good commit and the first bad one, or between the last bad one and the repair."""
    ends = compared(event.status or "", past, built)
    if not ends or ends[0] == ends[1]:
        return {}
    before, after = ends
    found: dict[str, Any] = {"compare_url": compare_url(event.repository.url, before, after)}
    if api.look_ups and past.previous_status != event.status and not event.changes:
        found["changes"] = changes(api, project, before, after)
    return found
