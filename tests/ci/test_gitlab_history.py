"""Since when GitLab's pipelines fail: whatever the history, no number is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitlab_server import ENV
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.ci.gitlab.history import PIPELINES_PAGES_MAX, PIPELINES_PER_PAGE, pipeline_history
from tocsin.ci.gitlab.rest import GitLabApi
from tocsin.ci.rest import Question
from tocsin.clock import Clock
from tocsin.event import EarlierRun, Event, Job, PipelineRun, Ref
from tocsin.network import Network

THIS = int(ENV["CI_PIPELINE_ID"])
MOST = PIPELINES_PER_PAGE * PIPELINES_PAGES_MAX
WORDS = ("success", "failed", "canceled", "skipped", "running", "manual")


class Listed(GitLabApi):
    """A GitLab with these pipelines, the newest first; a new one begins after each page that is read."""

    def __init__(self, statuses: list[str], *, moving: bool, jobs: Mapping[str, str | None] | None = None) -> None:
        super().__init__("https://gitlab.example.com", "token", Network(), 0, Clock())
        self.pipelines = [pipeline(number, status) for number, status in enumerate(statuses)]
        self.moving, self.jobs = moving, jobs or {}

    def get(self, path: str, question: Question, query: Mapping[str, str | int] | None = None, *, missing: bool = False) -> Any:
        if not path.endswith("/pipelines"):
            status = self.jobs.get(path.split("/")[-2])
            return [{"name": "deploy", "status": status, "finished_at": None}] if status else []
        size, page = int((query or {})["per_page"]), int((query or {})["page"])
        found = self.pipelines[size * (page - 1) : size * page]
        if self.moving:
            self.pipelines.insert(0, pipeline(-page, "running"))
        return found


def pipeline(number: int, status: str) -> dict[str, Any]:
    """The one that is so many before this one."""
    return {"id": THIS - number, "iid": 1000 - number, "status": status, "ref": "main", "source": "push", "sha": f"{1000 - number:040x}"}


def past(api: Listed, status: str, scope: str = "run") -> dict[str, Any]:
    """What is told of it: of each run its number."""
    event = Event(
        status=status, scope=scope, run=PipelineRun(str(THIS)), ref=Ref("branch", "main", "main"), source="push", job=Job(name="deploy")
    )
    found = pipeline_history(api, "1", event, ENV)._asdict()
    return {name: getattr(value, "number", value) for name, value in found.items() if value not in (None, EarlierRun())}


def model(statuses: list[str], status: str, *, whole: bool) -> dict[str, Any]:
    """The same, by looking at all of it: `statuses` are those before, newest first."""
    ended = [(1000 - number, word) for number, word in enumerate(statuses) if number and word in ("success", "failed")]
    if not ended:
        return {}
    number, word = ended[0]
    if word == "success":
        return {"previous_status": "success", **({"failed_runs": 1, "last_success": number} if status == "failure" else {})}
    told = {"previous_status": "failure", **({"failing_until": number} if status == "success" else {})}
    words = [word for _, word in ended]
    if "success" not in words and not whole:
        return told
    failed = words.index("success") if "success" in words else len(words)
    told |= {"failed_runs": failed + (status == "failure"), "failing_since": ended[failed - 1][0]}
    return {**told, **({"last_success": ended[failed][0]} if failed < len(ended) else {})}


def histories(most: int) -> st.SearchStrategy[list[str]]:
    """This one runs; those before it have ended in any way."""
    return st.builds(
        lambda words, repeats: ["running", *words * repeats][:most], st.lists(st.sampled_from(WORDS), max_size=12), st.integers(1, 9)
    )


@given(histories(90), st.sampled_from(["success", "failure"]), st.booleans())
@example(["running", *["failed"] * 59], "failure", False)
@example(["running", *["failed"] * 59], "failure", True)
@example(["running", *["failed"] * 60, "success"], "failure", False)
@example(["running", *["failed"] * 40, "success"], "success", True)
def test_the_history_of_a_pipeline_is_that_of_a_plain_model(statuses: list[str], status: str, moving: bool) -> None:
    moved = PIPELINES_PAGES_MAX - 1 if moving and len(statuses) > PIPELINES_PER_PAGE - 1 else 0
    seen = statuses[: MOST - moved]
    assert past(Listed(statuses, moving=moving), status) == model(seen, status, whole=len(statuses) + moved < MOST)


@given(st.lists(st.sampled_from([*WORDS, None]), max_size=6), st.sampled_from(["success", "failure"]))
@example(["failed", "failed", "failed", "success"], "failure")
@example([None, "canceled", "failed", "success"], "success")
def test_the_history_of_a_job_is_that_of_the_job(words: list[str | None], status: str) -> None:
    """Of pipelines that all failed; in some the job did not run. Three of them are looked into."""
    jobs = {str(THIS - number): word for number, word in enumerate(words, start=1)}
    api = Listed(["running", *["failed"] * len(words)], moving=False, jobs=jobs)
    assert past(api, status, "job") == model(["running", *[word or "" for word in words[:3]]], status, whole=len(words) <= 3)
