"""Why the jobs of a run failed: what their annotations say, else the log of the step that failed.

https://docs.github.com/en/rest/checks/runs#list-check-run-annotations
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tocsin.ci.common import Source, document, text_of
from tocsin.ci.github.jobs import FAILED
from tocsin.ci.github.log import log_of_failure
from tocsin.ci.github.rest import ANNOTATIONS, repository_path
from tocsin.ci.rest import Api, is_id
from tocsin.event import Failure
from tocsin.log_text import error_line, excerpt

JOBS_MAX = 3  # ours: so many jobs are looked into
ANNOTATIONS_PER_PAGE = 20  # ours: a step has at most ten errors: https://docs.github.com/en/actions/reference/limits
TEXT_MAX_CHARS = 4000  # ours, of one annotation: GitHub takes 64 kB
# What the runner says of every step that fails, and of what follows.
_EXIT_CODE = re.compile(r"Process completed with (exit code -?\d{1,10})\.", re.ASCII)
# A job whose time is up is cancelled; only this tells it from one that a person stopped. Runners have written both.
_TIME_IS_UP = re.compile(r"The job (?:running on runner .{1,200} )?has exceeded the maximum execution time of ")
_SAYS_NOTHING = ("the operation was canceled.", "the job was canceled", "the run was canceled by", "canceling since")


def explained(api: Api, repository: str, failures: Mapping[Failure, Source]) -> tuple[Failure, ...]:
    """The failures, the first few with a reason and an excerpt where those are to be had. `failures` has the job of each."""
    chosen = [failure for failure in failures if failure.reason == FAILED][: JOBS_MAX if api.look_ups else 0]
    return tuple(_explained(api, repository, failure, job) if failure in chosen else failure for failure, job in failures.items())


def time_was_up(api: Api, repository: str, found: Iterable[Source]) -> bool:
    """Whether one of the first jobs that were cancelled was so because it took too long."""
    cancelled = [job for job in found if text_of(job, "conclusion") == "cancelled"][: JOBS_MAX if api.look_ups else 0]
    return any(_TIME_IS_UP.match(text) for job in cancelled for text in _annotations(api, repository, job))


def _explained(api: Api, repository: str, failure: Failure, job: Source) -> Failure:
    said = list(_annotations(api, repository, job))
    told = [text for text in said if not _EXIT_CODE.match(text) and not text.lower().startswith(_SAYS_NOTHING)]
    if told:
        lines = "\n".join(_as_error(line) for text in told for line in text.splitlines() if line.strip())
        reason, more = error_line(told[0]) or error_line(_as_error(told[0].splitlines()[0])), excerpt(lines)
    else:
        log = log_of_failure(api, repository, job) or ""
        reason, more = error_line(log), excerpt(log)
        said.append(log)
    code = next((found[1] for text in reversed(said) if (found := _EXIT_CODE.search(text))), None)
    return failure._replace(reason=reason or code or failure.reason, excerpt=more if more != reason else None)


def _as_error(line: str) -> str:
    """A line as the runner marks one that is an error, whatever stands in it."""
    return f"##[error]{line}"


def _annotations(api: Api, repository: str, job: Source) -> Iterator[str]:
    """What the annotations of a job say that are failures, in GitHub's order: the message, else the title."""
    base, job_id = repository_path(repository), text_of(job, "id") or ""
    if not base or not is_id(job_id):
        return
    found = api.get(f"{base}/check-runs/{job_id}/annotations", ANNOTATIONS, {"per_page": ANNOTATIONS_PER_PAGE}, missing=True)
    if found is not None and not isinstance(found, list):
        api.odd(ANNOTATIONS)
    for one in map(document, found if isinstance(found, list) else []):
        text = one.text("message", "title")
        if one.raw("annotation_level") == "failure" and text:
            yield text.value.strip()[:TEXT_MAX_CHARS]
