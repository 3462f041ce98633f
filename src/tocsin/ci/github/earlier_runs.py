"""The runs of a GitHub workflow before one, newest first, each with how it ended.

https://docs.github.com/en/rest/actions/workflow-runs
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tocsin.checkout import commit_id
from tocsin.ci.common import Source, text_of
from tocsin.ci.github.event_file import PULL_REQUESTS
from tocsin.ci.github.jobs import Jobs, jobs, listed
from tocsin.ci.github.rest import ACTIONS, repository_path
from tocsin.ci.history import COUNTED, Ended
from tocsin.ci.rest import Api, is_id, segment
from tocsin.ci.status import known
from tocsin.event import EarlierRun
from tocsin.text import safe_url

RUNS_PER_PAGE = 30  # ours: a run has some 15 kB of JSON
RUNS_PAGES_MAX = 2  # ours: what was before sixty runs is no longer news
ATTEMPTS_MAX = 3  # ours: so many attempts are asked for, of this run and of earlier ones that are being repeated
JOBS_OF_RUNS_MAX = 8  # ours: so many earlier runs are searched for a job


class WorkflowRun(NamedTuple):
    """The run before which others are looked for: `workflow` is its id, or its file; `event` is what started it."""

    repository: str
    workflow: str
    branch: str
    id: str
    event: str
    attempt: int = 1
    number: int | None = None
    url: str | None = None
    job: str | None = None  # the name of the one job that is looked at, in each run

    @property
    def actions(self) -> str:
        """The path of the repository's runs and workflows."""
        return f"{repository_path(self.repository)}/actions"


def ended_before(api: Api, run: WorkflowRun) -> Iterator[Ended | None]:
    """What ended before `run`, newest first; None where the next one is unknown, after which there is nothing. It ends where no more was.

    Compared are runs that the same event started, and for a pull request only those from the same repository: a fork's branch may
    have any name. Earlier attempts of the run come before it. Of another run its newest attempt that has ended counts.
    Cancelled and skipped runs do not count. With `run.job` a run counts by that job: one in which it did not run says nothing.
    """
    if not repository_path(run.repository) or not is_id(run.id):
        return
    for one in _of_job(api, run, run.job) if run.job else _of_runs(api, run):
        if one is None or one.status in COUNTED:
            yield one
        if one is None:
            return


def _of_runs(api: Api, run: WorkflowRun) -> Iterator[Ended | None]:
    """As `ended_before`; a status that does not count is among them."""
    for number in range(run.attempt - 1, 0, -1):
        yield _attempt(api, run, run.id, number) if number >= run.attempt - ATTEMPTS_MAX else None
    repeated = 0
    for earlier in _earlier(api, run):
        number = _attempt_of(earlier) if earlier else 1
        if earlier and number > 1 and not text_of(earlier, "conclusion"):  # it is being repeated
            repeated += 1
            yield _attempt(api, run, text_of(earlier, "id") or "", number - 1) if repeated <= ATTEMPTS_MAX else None
        else:
            yield _ended(earlier, earlier) if earlier else None


def _attempt(api: Api, run: WorkflowRun, run_id: str, number: int) -> Ended | None:
    data = api.get(f"{run.actions}/runs/{segment(run_id)}/attempts/{number}", ACTIONS)
    attempt = Source(data.get) if isinstance(data, dict) else None
    return _of_attempt(_ended(attempt, attempt), run_id, number) if attempt else None


def _of_job(api: Api, run: WorkflowRun, name: str) -> Iterator[Ended | None]:
    """As `_of_runs`, for the job of that name."""
    if run.attempt > 1:
        yield from _own_attempts(jobs(api, run.repository, run.id, None, everything=True), run, name)
    searched = 0
    for earlier in _earlier(api, run):
        if earlier is None:
            yield None
            return
        conclusion, attempt = text_of(earlier, "conclusion"), _attempt_of(earlier)
        if known(conclusion or "") not in COUNTED and (conclusion or attempt == 1):
            continue
        searched += 1
        if searched > JOBS_OF_RUNS_MAX:
            yield None
            return
        found = jobs(api, run.repository, text_of(earlier, "id") or "", None, everything=True)
        ends = _by_attempt(found, name, None if conclusion else attempt)
        if not found.whole or (ends and len(ends[0][1]) > 1):
            yield None
        elif ends:
            yield _ended(ends[0][1][0], earlier)


def _own_attempts(found: Jobs, run: WorkflowRun, name: str) -> Iterator[Ended | None]:
    if not found.whole:
        yield None
    for number, ends in _by_attempt(found, name, run.attempt):
        one = _of_attempt(_ended(ends[0], ends[0]), run.id, number)
        yield one._replace(run=one.run._replace(number=run.number, url=_page(run.url, number))) if len(ends) == 1 else None


def _by_attempt(found: Jobs, name: str, before: int | None) -> list[tuple[int, list[Source]]]:
    """The jobs of that name that ended, by the attempt of their run, newest first."""
    attempts: dict[int, list[Source]] = {}
    for job in found.items:
        attempt = _attempt_of(job)
        if text_of(job, "name") == name and (before is None or attempt < before) and known(text_of(job, "conclusion") or "") in COUNTED:
            attempts.setdefault(attempt, []).append(job)
    return sorted(attempts.items(), reverse=True, key=lambda item: item[0])


def _earlier(api: Api, run: WorkflowRun) -> Iterator[Source | None]:
    """The runs before this one that can be held against it, newest first; None where the rest is unknown."""
    query: dict[str, str | int] = {"branch": run.branch, "event": run.event, "exclude_pull_requests": "true", "per_page": RUNS_PER_PAGE}
    strangers = run.event in PULL_REQUESTS
    home = None
    for page in range(1, RUNS_PAGES_MAX + 1):
        items = listed(api, f"{run.actions}/workflows/{segment(run.workflow)}/runs", "workflow_runs", {**query, "page": page})
        for item in items or []:
            number, source = text_of(item, "id") or "", _source(item)
            if number == run.id:
                home = source
            elif not is_id(number) or (strangers and not home and int(number) < int(run.id)):
                yield None
            elif int(number) < int(run.id) and (not strangers or source == home):
                yield item
        if items is None:
            yield None
        if items is None or len(items) < RUNS_PER_PAGE:
            return
    yield None


def _source(run: Source) -> str | None:
    """The repository that the run's code came from; None where that is gone."""
    name = text_of(run, "head_repository.full_name")
    return name.lower() if name else None


def _attempt_of(run_or_job: Source) -> int:
    number = run_or_job.number("run_attempt")
    return number.value if number else 1


def _ended(end: Source, run: Source) -> Ended:
    """How a job or a run (`end`) of `run` ended. A run has no time of its end: it is the last time that it changed. A job has one."""
    number, at = run.number("run_number"), end.time("completed_at", "updated_at") or run.time("updated_at")
    earlier = EarlierRun(
        number.value if number else None,
        safe_url(text_of(run, "html_url")),
        at.value if at else None,
        commit_id(text_of(run, "head_sha")),
    )
    return Ended(known(text_of(end, "conclusion") or "") or "", text_of(run, "id") or "", earlier)


def _of_attempt(one: Ended, run_id: str, number: int) -> Ended:
    """The same of one attempt of a run, which has a page of its own: the run's is the last one's."""
    return one._replace(run_id=run_id, run=one.run._replace(url=_page(one.run.url, number)))


def _page(run_url: str | None, attempt: int) -> str | None:
    return f"{run_url.partition('/attempts/')[0]}/attempts/{attempt}" if run_url else None
