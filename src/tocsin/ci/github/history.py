"""How the previous finished run of a GitHub workflow ended, by which a failure is known to be new, or a success to be a repair.

https://docs.github.com/en/rest/actions/workflow-runs
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from tocsin.ci.common import Source, text_of
from tocsin.ci.github.event_file import PULL_REQUESTS
from tocsin.ci.github.jobs import Jobs, jobs, listed
from tocsin.ci.github.rest import ACTIONS, repository_path
from tocsin.ci.rest import Api, is_id, segment
from tocsin.ci.status import known

RUNS_PER_PAGE = 30  # ours: a run has some 15 kB of JSON
RUNS_PAGES_MAX = 2  # ours: what was before sixty runs is no longer news
LOOKED_INTO_MAX = 3  # ours: so many earlier attempts are asked for, and so many runs are searched for a job
_COUNTED = ("success", "failure", "unstable")


class _WorkflowRun(NamedTuple):
    repository: str
    workflow: str
    branch: str
    id: str
    event: str
    attempt: int

    @property
    def actions(self) -> str:
        return f"{repository_path(self.repository)}/actions"


def previous_status(
    api: Api, repository: str, workflow: str, branch: str, run_id: str, event: str, *, attempt: int | None = None, job: str | None = None
) -> str | None:
    """How the last finished run of `workflow` (its id, or its file) on `branch` before `run_id` ended; None where that is unknown.

    Compared are runs that the same `event` started, and for a pull request only those from the same repository: a fork's branch may
    have any name. Earlier attempts of the run, before `attempt`, come before it too. Cancelled and skipped runs do not count.
    With `job`, the name of a job, the answer is that job's status and not the whole run's.
    """
    if not repository_path(repository) or not is_id(run_id):
        return None
    run = _WorkflowRun(repository, workflow, branch, run_id, event, attempt or 1)
    for status in _of_job(api, run, job) if job else _of_runs(api, run):
        if status is None or status in _COUNTED:
            return status
    return None


def _of_runs(api: Api, run: _WorkflowRun) -> Iterator[str | None]:
    """The statuses before, newest first; None where one is unknown, an empty text where it is no end."""
    for number in range(run.attempt - 1, max(0, run.attempt - 1 - LOOKED_INTO_MAX), -1):
        data = api.get(f"{run.actions}/runs/{segment(run.id)}/attempts/{number}", ACTIONS)
        yield _ended(Source(data.get)) if isinstance(data, dict) else None
    yield from (_ended(earlier) for earlier in _earlier(api, run))


def _of_job(api: Api, run: _WorkflowRun, name: str) -> Iterator[str | None]:
    """As `_of_runs`, for the job of that name. A run in which it did not run says nothing of it."""
    if run.attempt > 1:
        yield _status_in(jobs(api, run.repository, run.id, None, everything=True), name, run.attempt)
    finished = (earlier for earlier in _earlier(api, run) if _ended(earlier) in _COUNTED)
    for earlier in islice(finished, LOOKED_INTO_MAX):
        yield _status_in(jobs(api, run.repository, text_of(earlier, "id") or "", None, everything=True), name)


def _status_in(found: Jobs, name: str, before_attempt: int | None = None) -> str | None:
    """The status of the one job with that name in the newest attempt in which it ended."""
    by_attempt: dict[int, list[str]] = {}
    for job in found.items:
        number = job.number("run_attempt")
        attempt = number.value if number else 1
        if text_of(job, "name") == name and (before_attempt is None or attempt < before_attempt) and _ended(job) in _COUNTED:
            by_attempt.setdefault(attempt, []).append(_ended(job))
    statuses = by_attempt[max(by_attempt)] if by_attempt else [""]
    return statuses[0] if found.whole and len(statuses) == 1 else None


def _ended(run_or_job: Source) -> str:
    return known(text_of(run_or_job, "conclusion") or "") or ""


def _earlier(api: Api, run: _WorkflowRun) -> Iterator[Source]:
    """The runs before this one that can be held against it, newest first."""
    query: dict[str, str | int] = {"branch": run.branch, "event": run.event, "exclude_pull_requests": "true", "per_page": RUNS_PER_PAGE}
    strangers = run.event in PULL_REQUESTS
    home = None
    for page in range(1, RUNS_PAGES_MAX + 1):
        items = listed(api, f"{run.actions}/workflows/{segment(run.workflow)}/runs", "workflow_runs", {**query, "page": page})
        for item in items or []:
            number, source = text_of(item, "id") or "", _source(item)
            if number == run.id:
                home = source
            elif is_id(number) and int(number) < int(run.id) and (not strangers or (source and source == home)):
                yield item
        if items is None or len(items) < RUNS_PER_PAGE:
            return


def _source(run: Source) -> str | None:
    """The repository that the run's code came from; None where that is gone."""
    name = text_of(run, "head_repository.full_name")
    return name.lower() if name else None
