"""The jobs of a GitLab pipeline that failed, and why in GitLab's own words. https://docs.gitlab.com/api/jobs/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tocsin.ci.common import Source, text_of
from tocsin.ci.gitlab.rest import items
from tocsin.ci.rest import Api
from tocsin.ci.status import known
from tocsin.event import Failure
from tocsin.text import safe_url

PAGES_MAX = 10  # ours: a thousand jobs
TIMED_OUT = "timed out"
UNSAID = "failed"  # GitLab says no more
# failure_reason: https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/models/concerns/enums/ci/commit_status.rb; the others are said
# in GitLab's own words.
_REASONS = {
    "script_failure": UNSAID,
    "unknown_failure": UNSAID,
    "job_execution_timeout": TIMED_OUT,
    "job_execution_server_timeout": TIMED_OUT,
    "server_timeout_running": TIMED_OUT,
    "server_timeout_canceling": TIMED_OUT,
    "stuck_or_timeout_failure": "timed out, or found no runner",
    "stuck_pending_with_matching_runners": "waited too long for a runner",
    "stuck_pending_no_matching_runners": "found no runner",
    "no_matching_runner": "found no runner",
    "no_updates_running": "its runner said no more",
    "runner_system_failure": "the runner failed",
    "runner_interrupted": "the runner was interrupted",
    "ci_quota_exceeded": "no compute minutes are left",
    "downstream_pipeline_creation_failed": "its downstream pipeline could not be created",
}


class FailedJob(NamedTuple):
    """A job that failed; `id` is absent for a trigger job, which has no log."""

    id: str | None
    failure: Failure


def failed_jobs(api: Api, project: str, pipeline: str) -> Iterator[FailedJob]:
    """The jobs that failed, and the trigger jobs whose downstream pipeline did; not those that may fail."""
    for kind in ("jobs", "bridges"):
        for job in items(api, f"/projects/{project}/pipelines/{pipeline}/{kind}", {"scope[]": "failed"}, PAGES_MAX):
            if job and job.raw("allow_failure") is not True and text_of(job, "status") == "failed":
                url = safe_url(text_of(job, "downstream_pipeline.web_url")) or safe_url(text_of(job, "web_url"))
                yield FailedJob(
                    text_of(job, "id") if kind == "jobs" else None, Failure(job=text_of(job, "name"), url=url, reason=_reason(job))
                )


def _reason(job: Source) -> str:
    """Why a job failed; a trigger job that waited for its downstream pipeline has no reason of its own."""
    if known(text_of(job, "downstream_pipeline.status") or "") == "failure":
        return "its downstream pipeline failed"
    reason = text_of(job, "failure_reason") or UNSAID
    return _REASONS.get(reason, reason.replace("_", " "))
