"""What GitLab's API adds to an event: the jobs that failed, and how the pipeline before ended.

https://docs.gitlab.com/api/pipelines/ and https://docs.gitlab.com/api/jobs/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from tocsin.ci.common import Source, document, text_of
from tocsin.ci.gitlab.rest import PIPELINES
from tocsin.ci.rest import Api, is_id
from tocsin.ci.run import Run
from tocsin.ci.status import known
from tocsin.event import Event, Fact, Facts, Failure, Rank
from tocsin.text import safe_url

SOURCE = "GitLab API"
PAGE_ITEMS = 100  # the most that GitLab gives at once: https://docs.gitlab.com/api/rest/#pagination
PAGES_MAX = 10  # ours: a thousand jobs
PIPELINES_PER_PAGE = 30  # ours
PIPELINES_PAGES_MAX = 2  # ours: what was before sixty pipelines is no longer news
LOOKED_INTO_MAX = 3  # ours: so many pipelines are searched for a job
_COUNTED = ("success", "failure")
_REASONS = {  # https://docs.gitlab.com/api/jobs/: failure_reason; the others are said in GitLab's own words
    "script_failure": "failed",
    "unknown_failure": "failed",
    "job_execution_timeout": "timed out",
    "stuck_or_timeout_failure": "timed out, or found no runner",
    "runner_system_failure": "the runner failed",
    "downstream_pipeline_creation_failed": "its downstream pipeline could not be created",
}
# What CI_MERGE_REQUEST_EVENT_TYPE calls a merge request's pipeline, and the end of its ref.
_MERGE_REFS = {"detached": "head", "merged_result": "merge", "merge_train": "train"}


def api_facts(api: Api, run: Run, event: Event, env: Mapping[str, str]) -> Facts:  # noqa: ARG001  the variables say it
    """What the API adds to `event`: `failures` and `run.previous_status`, as far as they can be known.

    An event of scope `job` is held against the same job of the pipelines before. `api.notes` says what stays unknown.
    """
    project, pipeline = env.get("CI_PROJECT_ID", ""), event.run.id or ""
    nothing = event.hook == "trigger" or event.status == "skipped"  # nothing has failed yet, or nothing will be sent
    if nothing or not is_id(project) or not is_id(pipeline) or pipeline != env.get("CI_PIPELINE_ID"):
        return {}
    found: dict[str, Any] = {}
    if event.status == "failure" and event.scope == "run":
        found["failures"] = tuple(failed_jobs(api, project, pipeline))
    if event.status in _COUNTED:
        found["run.previous_status"] = previous_status(api, project, event, env)
    return {name: Fact(value, SOURCE, Rank.API) for name, value in found.items() if value}


def failed_jobs(api: Api, project: str, pipeline: str) -> Iterator[Failure]:
    """The jobs that failed, and the trigger jobs whose downstream pipeline did; not those that may fail."""
    for kind in ("jobs", "bridges"):
        for job in _pages(
            api, f"/projects/{project}/pipelines/{pipeline}/{kind}", {"scope[]": "failed", "per_page": PAGE_ITEMS}, PAGES_MAX
        ):
            if job.raw("allow_failure") is not True and text_of(job, "status") == "failed":
                url = safe_url(text_of(job, "downstream_pipeline.web_url")) or safe_url(text_of(job, "web_url"))
                yield Failure(job=text_of(job, "name"), url=url, reason=_reason(job))


def _reason(job: Source) -> str:
    """Why a job failed; a trigger job that waited for its downstream pipeline has no reason of its own."""
    if known(text_of(job, "downstream_pipeline.status") or "") == "failure":
        return "its downstream pipeline failed"
    reason = text_of(job, "failure_reason") or "failed"
    return _REASONS.get(reason, reason.replace("_", " "))


def previous_status(api: Api, project: str, event: Event, env: Mapping[str, str]) -> str | None:
    """How the last finished pipeline before this one on the same ref ended; None where that is unknown.

    Cancelled and skipped ones do not count. Scheduled pipelines, which often run other jobs, are held against scheduled ones alone.
    For a job, the answer is how that job ended.
    """
    ref = _ref(event, env)
    if not ref or event.source == "parent_pipeline":  # a child's ref is its parent's too
        return None
    earlier = (pipeline for pipeline in _earlier(api, project, ref, event) if _ended(pipeline) in _COUNTED)
    if event.scope == "run":
        return next((_ended(pipeline) for pipeline in earlier), None)
    for pipeline in islice(earlier, LOOKED_INTO_MAX):
        jobs = _pages(api, f"/projects/{project}/pipelines/{text_of(pipeline, 'id')}/jobs", {"per_page": PAGE_ITEMS}, PAGES_MAX)
        status = next((_ended(job) for job in jobs if text_of(job, "name") == event.job.name), "")
        if status in _COUNTED:
            return status
    return None


def _ref(event: Event, env: Mapping[str, str]) -> str | None:
    """The ref by which GitLab knows this pipeline and those before it; a tag has none before."""
    if event.ref.type == "pull_request":
        kind = _MERGE_REFS.get(env.get("CI_MERGE_REQUEST_EVENT_TYPE", "detached"))
        return f"refs/merge-requests/{event.pull_request.number}/{kind}" if kind and env.get("CI_MERGE_REQUEST_IID") else None
    return event.ref.branch


def _earlier(api: Api, project: str, ref: str, event: Event) -> Iterator[Source]:
    """The pipelines before this one that can be held against it, newest first."""
    query: dict[str, str | int] = {"ref": ref, "order_by": "id", "sort": "desc", "per_page": PIPELINES_PER_PAGE}
    for pipeline in _pages(api, f"/projects/{project}/pipelines", query, PIPELINES_PAGES_MAX):
        number = text_of(pipeline, "id") or ""
        like = (text_of(pipeline, "source") == "schedule") == (event.source == "schedule")
        if is_id(number) and int(number) < int(event.run.id or "0") and like and text_of(pipeline, "ref") in (ref, None):
            yield pipeline


def _pages(api: Api, path: str, query: Mapping[str, str | int], pages_max: int) -> Iterator[Source]:
    """The items of a list, page by page, as far as they are asked for; it ends where one cannot be had."""
    for page in range(1, pages_max + 1):
        items = api.get(path, PIPELINES, {**query, "page": page})
        if items is None:
            return
        if not isinstance(items, list):
            api.odd(PIPELINES)
            return
        yield from map(document, items)
        if len(items) < int(query["per_page"]):
            return


def _ended(pipeline_or_job: Source) -> str:
    return known(text_of(pipeline_or_job, "status") or "") or ""
