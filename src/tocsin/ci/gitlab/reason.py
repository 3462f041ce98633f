"""Why the jobs of a GitLab pipeline failed: in GitLab's words, by the test report, else by what their logs say at last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.ci.gitlab.job_log import said
from tocsin.ci.gitlab.jobs import TIMED_OUT, UNSAID, FailedJob
from tocsin.ci.gitlab.test_report import LISTED_MAX, Summary, failed_tests, summary
from tocsin.ci.rest import Api
from tocsin.event import Event, Failure

LOGS_MAX = 3  # ours: so many jobs' logs are read


def reasons(api: Api, project: str, event: Event, jobs: list[FailedJob]) -> dict[str, Any]:
    """What failed, and why: `failures`, `reason` and `tests`, as far as they can be known."""
    if event.scope == "job":
        return {"failures": tuple(_own(api, project, event))}
    found: dict[str, Any] = {"failures": tuple(job.failure for job in jobs)}
    if jobs and all(job.failure.reason == TIMED_OUT for job in jobs):
        found["reason"] = TIMED_OUT
    if not api.look_ups or not any(_unsaid(job) for job in jobs):
        return found
    pipeline = event.run.id or ""
    tests = summary(api, project, pipeline) if event.tests.total is None else None  # the workspace's results are nearer
    found["failures"] = tuple(_explained(api, project, jobs, tests))
    if tests:
        found |= {f"tests.{name}": value for name, value in tests.results._asdict().items()}
        if tests.results.failed and (tests.results.total or 0) <= LISTED_MAX:
            found["tests.failures"] = failed_tests(api, project, pipeline)
    return found


def _explained(api: Api, project: str, jobs: list[FailedJob], tests: Summary | None) -> Iterator[Failure]:
    read = 0
    for job in jobs:
        by_tests = tests.reasons.get(job.id) if tests and job.id else None
        if not _unsaid(job) or (not by_tests and read == LOGS_MAX):
            yield job.failure
        elif by_tests:
            yield job.failure._replace(reason=by_tests)
        else:
            read += 1
            log = said(api, project, job.id)
            yield job.failure._replace(reason=log.reason or UNSAID, excerpt=log.excerpt)


def _unsaid(job: FailedJob) -> bool:
    return job.id is not None and job.failure.reason == UNSAID


def _own(api: Api, project: str, event: Event) -> Iterator[Failure]:
    """The job that reports, if its log says why it failed: GitLab gives its reason only later."""
    log = said(api, project, event.job.id, running=True) if api.look_ups else None
    if log and (log.reason or log.excerpt):
        yield Failure(event.job.name, None, event.job.url, log.reason or UNSAID, log.excerpt)
