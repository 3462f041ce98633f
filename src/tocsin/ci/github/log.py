"""The last part of a job's log, which GitHub keeps in a store of its own.

https://docs.github.com/en/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run answers with a redirect to an address that
is signed for a minute. The store is Azure's, or on a server of one's own any other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.ci.common import Source, text_of
from tocsin.ci.github.jobs import failed_step
from tocsin.ci.github.rest import LOGS, repository_path
from tocsin.ci.rest import ANSWER_MAX_BYTES, Api, is_id

if TYPE_CHECKING:
    from tocsin.http import Response

TAIL_BYTES = 64 * 1024  # ours: what went wrong stands near the end
WHOLE_MAX_BYTES = 512 * 1024  # ours: so much is read where a store gives no part
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z ?")


def log_of_failure(api: Api, repository: str, job: Source) -> str | None:
    """The last lines of the log of a job's failed step, with what GitHub writes around them; None where they cannot be had.

    A job's log is there only once the job has ended.
    """
    base, job_id = repository_path(repository), text_of(job, "id") or ""
    if not base or not is_id(job_id) or text_of(job, "status") != "completed":
        return None
    answer = api.file_or_place(f"{base}/actions/jobs/{job_id}/logs", LOGS)
    if not answer:
        return None
    text = _end_of(api, answer, ANSWER_MAX_BYTES) if answer.status == 200 else _tail(api, answer.headers["location"])
    return _of_step(text, failed_step(job)) if text else None


def _tail(api: Api, url: str) -> str | None:
    """The last `TAIL_BYTES` of what lies at `url`.

    Azure knows no range that counts from the end, and gives everything:
    https://learn.microsoft.com/en-us/rest/api/storageservices/specifying-the-range-header-for-blob-service-operations.
    Then its length says where the end begins.
    """
    response = api.stored(url, LOGS, f"bytes=-{TAIL_BYTES}", WHOLE_MAX_BYTES)
    if response and response.status == 416:  # an empty log, or a store that takes no such range
        response = api.stored(url, LOGS, None, WHOLE_MAX_BYTES)
    size = _size(response) if response and response.status == 200 else 0
    if size >= WHOLE_MAX_BYTES:
        response = api.stored(url, LOGS, f"bytes={size - TAIL_BYTES}-{size - 1}", TAIL_BYTES)
    if not response:
        return None
    if response.status not in (200, 206):
        api.note(f"where GitHub keeps the logs of jobs answers HTTP {response.status}, so {LOGS.lost}")
        return None
    return (
        response.text[-TAIL_BYTES:]
        if response.status == 206
        else _end_of(api, response, TAIL_BYTES if size >= WHOLE_MAX_BYTES else WHOLE_MAX_BYTES)
    )


def _end_of(api: Api, response: Response, max_bytes: int) -> str | None:
    """The end of a whole log, of which `max_bytes` were read at most; None of one that was cut, which has another end."""
    if max(_size(response), len(response.text.encode("utf-8", "replace"))) < max_bytes:
        return response.text[-TAIL_BYTES:]
    api.note(f"a log is too long to be read from its beginning, so {LOGS.lost}")
    return None


def _size(response: Response) -> int:
    """What the answer says of its length; 0 where it says nothing."""
    length = response.headers.get("content-length", "")
    return int(length) if is_id(length) else 0


def _of_step(text: str, step: Source | None) -> str:
    """The lines that were written while `step` ran: others may follow the one that failed. Where none were, all, if one is an error."""
    begin, end = (step.time(name) if step else None for name in ("started_at", "completed_at"))
    lines = text.split("\n")
    times = [_TIME.match(line.lstrip("\ufeff")) for line in lines]
    if not begin or not end or not any(times):
        return text
    kept, inside = [], False
    for line, at in zip(lines, times, strict=True):
        inside = begin.value <= f"{at[1]}Z" <= end.value if at else inside  # a line without a time belongs to the one before
        if inside:
            kept.append(line)
    return "\n".join(kept) or (text if "##[error]" in text else "")
