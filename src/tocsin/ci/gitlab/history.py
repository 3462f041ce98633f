"""How the pipelines, or one job of them, ended before this one: since when they fail, and what was the last good commit.

https://docs.gitlab.com/api/pipelines/#list-project-pipelines
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice

from tocsin.checkout import commit_id
from tocsin.ci.common import Source, text_of
from tocsin.ci.gitlab.rest import items
from tocsin.ci.history import COUNTED, Ended, History, history
from tocsin.ci.rest import Api, is_id
from tocsin.ci.status import known
from tocsin.event import EarlierRun, Event
from tocsin.text import safe_url

PIPELINES_PER_PAGE = 30  # ours
PIPELINES_PAGES_MAX = 2  # ours: what was before sixty pipelines is no longer news
JOBS_PAGES_MAX = 10  # ours: a thousand jobs
LOOKED_INTO_MAX = 3  # ours: so many pipelines are searched for a job
# What CI_MERGE_REQUEST_EVENT_TYPE calls a merge request's pipeline, and the end of its ref.
_MERGE_REFS = {"detached": "head", "merged_result": "merge", "merge_train": "train"}


def pipeline_history(api: Api, project: str, event: Event, env: Mapping[str, str]) -> History:
    """How it was before; what cannot be known is absent.

    A pipeline that was retried has one id, and its newest status counts. Scheduled pipelines, which often run other jobs, are held
    against scheduled ones alone. For a job, the answer is how that job ended.
    """
    ref = _ref(event, env)
    if not ref or event.source == "parent_pipeline":  # a child's ref is its parent's too
        return History()
    earlier = _earlier(api, project, ref, event)
    ended = map(_of_pipeline, earlier) if event.scope == "run" else _of_job(api, project, earlier, event.job.name)
    return _told(event, ended)


def _told(event: Event, ended: Iterator[Ended | None]) -> History:
    """What those that `ended` before, newest first, say of the event's run; None is one that cannot be known.

    `previous_status` is that of the newest that is known. The others are absent where one that is not could make them wrong.
    """
    whole = True
    for newest in ended:
        if newest:
            found = history(event.status or "", event.run.id or "", chain([newest], ended))
            return found if whole else History(found.previous_status)
        whole = False
    return History()


def _ref(event: Event, env: Mapping[str, str]) -> str | None:
    """The ref by which GitLab knows this pipeline and those before it; a tag has none before."""
    if event.ref.type == "pull_request":
        kind = _MERGE_REFS.get(env.get("CI_MERGE_REQUEST_EVENT_TYPE", "detached"))
        return f"refs/merge-requests/{event.pull_request.number}/{kind}" if kind and env.get("CI_MERGE_REQUEST_IID") else None
    return event.ref.branch


def _earlier(api: Api, project: str, ref: str, event: Event) -> Iterator[Source | None]:
    """The pipelines before this one that can be held against it and count, newest first; None last where more may follow."""
    query: dict[str, str | int] = {"ref": ref, "order_by": "id", "sort": "desc"}
    last = int(event.run.id or "0")
    for pipeline in items(api, f"/projects/{project}/pipelines", query, PIPELINES_PAGES_MAX, PIPELINES_PER_PAGE):
        number = text_of(pipeline, "id") or "" if pipeline else ""
        if not pipeline or not is_id(number):  # one that cannot be read may have failed: what was before it cannot be counted
            yield None
        elif int(number) < last and _like(pipeline, ref, event):
            last = int(number)  # a page that moves on while it is read shows some twice
            yield pipeline


def _like(pipeline: Source, ref: str, event: Event) -> bool:
    scheduled = text_of(pipeline, "source") == "schedule"
    return scheduled == (event.source == "schedule") and text_of(pipeline, "ref") in (ref, None) and _status(pipeline) in COUNTED


def _of_pipeline(pipeline: Source | None) -> Ended | None:
    return Ended(_status(pipeline), text_of(pipeline, "id") or "", _run(pipeline, "updated_at")) if pipeline else None


def _of_job(api: Api, project: str, pipelines: Iterator[Source | None], name: str | None) -> Iterator[Ended | None]:
    """How the job of that name ended. A pipeline in which it did not run says nothing of it."""
    for number, pipeline in enumerate(islice(pipelines, LOOKED_INTO_MAX + 1)):
        if not pipeline or number == LOOKED_INTO_MAX:
            yield None
            return
        for job in items(api, f"/projects/{project}/pipelines/{text_of(pipeline, 'id')}/jobs", {}, JOBS_PAGES_MAX):
            if not job:
                yield None
                return
            if text_of(job, "name") == name and _status(job) in COUNTED:
                run = _run(pipeline, "updated_at")._replace(at=_time(job, "finished_at"))
                yield Ended(_status(job), text_of(pipeline, "id") or "", run)
                break


def _run(pipeline: Source, at: str) -> EarlierRun:
    number = pipeline.number("iid")
    return EarlierRun(
        number.value if number else None,
        safe_url(text_of(pipeline, "web_url")),
        _time(pipeline, at),
        commit_id(text_of(pipeline, "sha")),
    )


def _time(source: Source, name: str) -> str | None:
    fact = source.time(name)
    return fact.value if fact else None


def _status(pipeline_or_job: Source) -> str:
    return known(text_of(pipeline_or_job, "status") or "") or ""
