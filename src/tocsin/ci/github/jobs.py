"""The jobs of a GitHub Actions run: which failed, at which step, and which one runs us.

https://docs.github.com/en/rest/actions/workflow-jobs
"""

from __future__ import annotations

from typing import NamedTuple

from tocsin.ci.common import Source, dig, document, text_of
from tocsin.ci.github.rest import ACTIONS, repository_path
from tocsin.ci.rest import Api, is_id, segment
from tocsin.event import Failure
from tocsin.text import safe_url

PAGE_ITEMS = 100  # the most that GitHub gives at once: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
PAGES_MAX = 10  # ours: a thousand jobs; one matrix has at most 256
FAILED, TIMED_OUT = "failed", "timed out"  # the reason of a failure of which no more is known
_FAILED = {"failure": FAILED, "timed_out": TIMED_OUT}


class Jobs(NamedTuple):
    """The jobs that were learned; `whole` is False where some are unknown."""

    items: list[Source]
    whole: bool


def jobs(api: Api, repository: str, run_id: str, attempt: int | None, *, everything: bool = False) -> Jobs:
    """The jobs of one attempt, of the latest one where it is None, or with `everything` of all attempts."""
    base = repository_path(repository)
    if not base or not is_id(run_id):
        return Jobs([], whole=False)
    path = f"{base}/actions/runs/{segment(run_id)}{f'/attempts/{attempt}' if attempt else ''}/jobs"
    which: dict[str, str | int] = {"filter": "all"} if everything else {}
    found: list[Source] = []
    for page in range(1, PAGES_MAX + 1):
        items = listed(api, path, "jobs", {**which, "per_page": PAGE_ITEMS, "page": page})
        if items is None:
            return Jobs(found, whole=False)
        found += items
        if len(items) < PAGE_ITEMS:
            return Jobs(found, whole=True)
    return Jobs(found, whole=False)


def listed(api: Api, path: str, key: str, query: dict[str, str | int]) -> list[Source] | None:
    """One page of a list, as sources; None where it cannot be had."""
    data = api.get(path, ACTIONS, query)
    if data is None:
        return None
    items = dig(data, key)
    if not isinstance(items, list):
        api.odd(ACTIONS)
        return None
    return [document(item) for item in items]


def failed_jobs(api: Api, repository: str, run_id: str, attempt: int | None) -> dict[Failure, Source]:
    """The jobs that failed, each with its first failed step and the link to it.

    A job that still runs has failed where a step has: what follows it only tidies up. Cancelled jobs are left out: a matrix cancels
    the siblings of the one that failed.
    """
    failures = ((failed(job), job) for job in jobs(api, repository, run_id, attempt).items)
    return {failure: job for failure, job in failures if failure}  # a job that moved to the next page was read twice


def failed(job: Source) -> Failure | None:
    """How a job failed; None where it did not."""
    step = failed_step(job)
    conclusion = text_of(job, "conclusion") or ("failure" if step else "")
    if conclusion not in _FAILED:
        return None
    url = safe_url(text_of(job, "html_url"))
    number = text_of(step, "number") if step else None
    return Failure(
        job=text_of(job, "name"),
        step=text_of(step, "name") if step else None,
        url=safe_url(f"{url}#step:{segment(number)}:1") if url and number else url,
        reason=_FAILED[conclusion],
    )


def failed_step(job: Source) -> Source | None:
    """The first step that failed; of a job whose time was up the one that was cut off."""
    items = job.raw("steps")
    steps = [document(item) for item in items] if isinstance(items, list) else []
    words = [*_FAILED, *(["cancelled"] if text_of(job, "conclusion") == "timed_out" else [])]
    return next((step for step in steps if text_of(step, "conclusion") in words), None)


def find_current(found: Jobs, job_id: str | None, job_name: str | None, runner_name: str | None) -> Source | None:
    """The job that runs us: by its id, or the one job under way on our runner; None where several could be it."""
    by_id = next((job for job in found.items if job_id and job_id in (text_of(job, "id"), _check_run(job))), None)
    if by_id:
        return by_id
    # A job that runs may still be shown as queued and without its runner, but no runner has two.
    running = {text_of(job, "id"): job for job in found.items if text_of(job, "status") != "completed"}.values()
    if runner_name:
        mine = [job for job in running if text_of(job, "runner_name") == runner_name]
        unknown = [job for job in running if not text_of(job, "runner_name")] if found.whole else []
        candidates = mine or unknown
    else:
        candidates = [job for job in running if job_name and text_of(job, "name") == job_name]
    return candidates[0] if len(candidates) == 1 else None


def _check_run(job: Source) -> str:
    return (text_of(job, "check_run_url") or "").rpartition("/")[2]
