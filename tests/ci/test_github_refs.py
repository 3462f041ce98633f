"""Whether a name is a branch or a tag, by GitHub's API, where the event file does not say it; and what is not asked of its look-alikes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from github_server import GITHUB, TOKEN, GitHub, event_of

from tocsin.ci import load
from tocsin.clock import Clock
from tocsin.event import Event
from tocsin.network import Network

HEADS, TAGS = (f"/repos/acme/payments/git/matching-refs/{kind}/v2.4%2B1" for kind in ("heads", "tags"))
BRANCH, TAG = {"ref": "refs/heads/v2.4+1"}, {"ref": "refs/tags/v2.4+1"}


def case(hook: str = "completion", **run: Any) -> dict[str, Any]:
    ended = {"id": 7, "event": "push", "head_branch": "v2.4+1", "run_attempt": 1, **run}
    event_file = {
        "action": run.get("status", "completed"),
        "workflow_run": ended,
        "repository": {"full_name": "acme/payments", "default_branch": "main"},
    }
    return {"hook": hook, "status": None, "env": {"GITHUB_EVENT_NAME": "workflow_run"}, "event_file": event_file}


def ref(event: Event) -> tuple[str | None, ...]:
    return event.ref.type, event.ref.name, event.ref.branch, event.ref.tag


@pytest.mark.parametrize(
    ("heads", "tags", "known"),
    [
        ([BRANCH], [], ("branch", "v2.4+1", "v2.4+1", None)),
        ([], [TAG], ("tag", "v2.4+1", None, "v2.4+1")),
        ([], [{"ref": "refs/tags/v2.4+1-rc"}, TAG], ("tag", "v2.4+1", None, "v2.4+1")),
        ([BRANCH], [{"ref": "refs/tags/v2.4+1-rc"}], ("branch", "v2.4+1", "v2.4+1", None)),
        ([BRANCH], [TAG], (None, "v2.4+1", None, None)),
        ([], [], (None, "v2.4+1", None, None)),
        ([None, 7, {"ref": ["refs/heads/v2.4+1"]}], [], (None, "v2.4+1", None, None)),
    ],
)
def test_the_api_says_what_a_name_is(github: GitHub, heads: list[Any], tags: list[Any], known: tuple[str | None, ...]):
    github.route({HEADS: heads, TAGS: tags})
    event = event_of(case(conclusion="failure"), github.api())
    assert ref(event) == known
    assert github.asked()[:2] == [HEADS, TAGS]
    if known[0]:
        assert event.sources["ref.type"] == "GitHub API"


@pytest.mark.parametrize("answer", [{"status": 403, "body": "{}"}, {"status": 404, "body": "{}"}, {"body": "{}"}, {"body": "null"}])
@pytest.mark.parametrize("where", [HEADS, TAGS])
def test_without_an_answer_the_kind_stays_unknown(github: GitHub, where: str, answer: dict[str, Any]):
    github.route({HEADS: [BRANCH], TAGS: [], where: answer})
    api = github.api()
    assert ref(event_of(case(conclusion="failure"), api)) == (None, "v2.4+1", None, None)
    assert "whether the ref is a branch or a tag stays unknown" in api.notes[0]


def test_the_start_of_a_run_has_its_kind_too_and_nothing_else_is_asked(github: GitHub):
    github.route({HEADS: [], TAGS: [TAG]})
    event = event_of(case("trigger", status="in_progress"), github.api())
    assert (ref(event)[0], github.asked()) == ("tag", [HEADS, TAGS])


def test_what_has_not_started_is_not_asked_about(github: GitHub):
    assert event_of(case("trigger", status="pending"), github.api()).event is None
    assert event_of(case(conclusion="skipped"), github.api()).event is None
    assert github.asked() == []


@pytest.mark.parametrize("branch", ["main", "changes"])
def test_a_known_branch_is_not_asked_about(github: GitHub, branch: str):
    pulls = [{"number": 2, "head": {"ref": "changes"}, "base": {"ref": "main"}}]
    event = event_of(case(conclusion="cancelled", head_branch=branch, pull_requests=pulls), github.api())
    assert (event.ref.branch, [path for path in github.asked() if "/git/" in path]) == (branch, [])


def test_a_branch_that_the_api_knew_has_its_run_before(github: GitHub):
    runs = "/repos/acme/payments/actions/workflows/ci.yml/runs"
    before = json.dumps({"workflow_runs": [{"id": 6, "conclusion": "failure"}]})
    github.route({HEADS: [BRANCH], TAGS: [], runs: {"body": before}})
    event = event_of(case(conclusion="success", path=".github/workflows/ci.yml"), github.api())
    assert event.transition == "fixed"
    assert "branch=v2.4%2B1" in github.asked()[-1]


def test_a_merged_pull_request_is_held_against_nothing(github: GitHub):
    pull = {"number": 9, "merged": True, "merge_commit_sha": "a" * 40, "head": {"ref": "fix"}, "base": {"ref": "main"}}
    merged = {"action": "closed", "pull_request": pull}
    made = {"hook": "completion", "status": "success", "env": {"GITHUB_EVENT_NAME": "pull_request"}, "event_file": merged}
    event = event_of({**made, "declared": {"scope": "run"}}, github.api())
    assert (event.ref.branch, event.transition, [path for path in github.asked() if "/runs?" in path]) == ("main", None, [])


@pytest.mark.parametrize(
    "alike", [{"GITEA_ACTIONS": "true"}, {"FORGEJO_ACTIONS": "true"}, {"GITHUB_API_URL": "https://git.example/api/v1"}]
)
def test_a_look_alike_is_asked_nothing_of_runs(github: GitHub, alike: dict[str, str]):
    made = {"hook": "completion", "status": "failure", "env": alike, "event_file": {}}
    event = event_of(made, github.api())
    assert (github.asked(), event.failures, event.status) == ([], (), "failure")
    env = {**GITHUB, "GITHUB_API_URL": "https://git.example/api/v1", **alike}
    assert load("github").open_api(env, Network(), Clock(), 0, TOKEN)  # for the policy at a commit, which their APIs hand out as GitHub's
