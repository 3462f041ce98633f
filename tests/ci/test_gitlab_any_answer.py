"""Whatever GitLab's API answers, there is an event, and a message comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from gitlab_server import ENV, TOKEN, event_of
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ci.gitlab.rest import GitLabApi
from tocsin.ci.rest import Question
from tocsin.clock import Clock
from tocsin.event import as_dict
from tocsin.message import compose
from tocsin.network import Network
from tocsin.request import Request

KEYS = [
    *(
        "id",
        "iid",
        "name",
        "status",
        "sha",
        "ref",
        "source",
        "web_url",
        "updated_at",
        "failure_reason",
        "allow_failure",
        "commits",
        "title",
    ),
    *("total", "count", "failed", "error", "skipped", "test_suites", "total_count", "failed_count", "error_count", "skipped_count"),
    *("build_ids", "test_cases", "classname", "system_output", "author_name", "downstream_pipeline"),
]
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES |= st.sampled_from(["failed", "success", "script_failure", "main", "a" * 40, "https://gitlab.com/x", "\ud800", 1, 5, 812, 10**30])
ANSWERS = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=9), max_leaves=30
)


class Lying(GitLabApi):
    """A GitLab that answers each question as it likes."""

    def __init__(self, draw: Callable[[], Any]) -> None:
        super().__init__("https://gitlab.example.com", TOKEN, Network(), 0, Clock())
        self.draw = draw

    def get(self, path: str, question: Question, query: object = None, *, missing: bool = False) -> Any:
        return self.draw()

    def tail(self, path: str, question: Question, max_bytes: int) -> str | None:
        return str(self.draw())


@given(st.data(), st.sampled_from(["success", "failure"]), st.sampled_from(["run", "job"]))
def test_whatever_gitlab_answers_a_message_comes_of_it(data: st.DataObject, status: str, scope: str):
    job = {"CI_JOB_STATUS": status, "CI_JOB_ID": "7"} if scope == "job" else {}
    event = event_of({**ENV, **job, "CI_COMMIT_SHA": "b" * 40}, Request("completion", status), Lying(lambda: data.draw(ANSWERS)))
    assert compose(event).title
    assert json.dumps(as_dict(event))
    assert event.run.failed_runs is None or event.run.failed_runs > 0
