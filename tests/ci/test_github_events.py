"""What a run of each of GitHub's events is about: the table against GitHub's list, and what no event may bring about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inprocess import run

from tocsin.ci import load
from tocsin.ci.common import document, variables
from tocsin.ci.github.events import EVENTS, UNKNOWN, subject_of
from tocsin.ci.github.forge import ACT, FORGEJO, GITEA, GITHUB, forge
from tocsin.ci.github.given import Given
from tocsin.ci.github.pulls import own_pull_requests
from tocsin.ci.run import Run

CASES = Path(__file__).parents[1] / "cases" / "ci"
# https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows; workflow_call is no event of its own
LISTED = [
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "create",
    "delete",
    "deployment",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "image_version",
    "issue_comment",
    "issues",
    "label",
    "merge_group",
    "milestone",
    "page_build",
    "project",
    "project_card",
    "project_column",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_target",
    "push",
    "registry_package",
    "release",
    "repository_dispatch",
    "schedule",
    "status",
    "watch",
    "workflow_dispatch",
    "workflow_run",
]
# Those on which GitHub's docs say that GITHUB_REF is not the default branch whatever the event is about.
ON_ITS_REF = {"push", "create", "release", "deployment", "deployment_status", "registry_package", "workflow_dispatch"}
ON_THE_DEFAULT_BRANCH = {"repository_dispatch", "schedule"}  # and about nothing else
SHA, OTHER = "6113728f27ae82c7b1a177c8d03f9e96e0adf246", "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
ENV = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_PATH": "event.json",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_RUN_ID": "272",
    "GITHUB_RUN_NUMBER": "43",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_SHA": SHA,
    "GITHUB_ACTOR": "ada",
}
MAIN = b"channels: {team: {kind: slack}}\nnotifications: [{name: main is broken, on: failure, pipelines: {branch: main}, send_to: team}]"
FOLDERS = sorted(CASES.glob("github-*"))


def context(event: str, file: object, **env: str) -> Run:
    return load("github").context({**ENV, "GITHUB_EVENT_NAME": event, **env}, lambda _: json.dumps(file))


def value(found: Run, field: str) -> Any:
    return found.facts[field].value if field in found.facts else None


def test_every_event_of_github_s_list_has_its_row():
    assert set(EVENTS) == {*LISTED, "pull_request_comment"}
    assert set(EVENTS) - {"pull_request_comment", "project", "project_column"} <= {
        json.loads((folder / "env.json").read_text(encoding="utf-8")).get("GITHUB_EVENT_NAME") for folder in FOLDERS
    }


@pytest.mark.parametrize("event", [*EVENTS, "custom", "dynamic", "workflow_call"])
@pytest.mark.parametrize("file", [{}, {"action": "created"}, {"repository": {"default_branch": "main"}}, None, []])
def test_the_default_branch_is_told_only_where_the_run_is_about_it(event: str, file: object):
    found = context(event, file)
    about_it = event in ON_ITS_REF | ON_THE_DEFAULT_BRANCH and event != "release"
    assert value(found, "ref.branch") == ("main" if about_it else None)
    assert value(found, "commit.sha") == (SHA if about_it or event == "merge_group" else None)


@given(
    st.sampled_from(sorted({*EVENTS, "custom"} - ON_ITS_REF - ON_THE_DEFAULT_BRANCH)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.sampled_from(["refs/heads/x", "feature", SHA, OTHER]),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "action",
                        "issue",
                        "pull_request",
                        "check_suite",
                        "check_run",
                        "branches",
                        "name",
                        "ref",
                        "ref_type",
                        "head_branch",
                        "head_sha",
                        "commit",
                        "sha",
                        "merged",
                        "base",
                        "workflow_run",
                        "event",
                        "merge_group",
                        "base_ref",
                        "deleted",
                        "number",
                        "head",
                        "pull_requests",
                        "repository",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
)
def test_no_event_file_makes_the_default_branch_of_what_is_not_about_it(event: str, file: object):
    found = context(event, file)
    assert value(found, "ref.branch") != "main"
    assert value(found, "commit.sha") != SHA or event == "merge_group" or SHA in json.dumps(file)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_main_is_broken_where_the_run_is_about_main_and_nowhere_else(folder: Path):
    env = json.loads((folder / "env.json").read_text(encoding="utf-8"))
    declared = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["declared"]
    words = ("explain", "completion", "--status", "failure", "--policy", "-", "--json")
    [rule] = run(*words, env=env, folder=folder, stdin=MAIN).json()["rules"]
    assert rule["matches"] == (declared.get("ref.branch") == "main")


def test_a_queue_is_found_by_its_target_and_never_by_its_own_branch():
    policy = (
        b"channels: {team: {kind: slack}}\nnotifications:\n"
        b"  - {name: queue, on: failure, pipelines: {source: merge_group, target_branch: main, ref_type: pull_request}, send_to: team}\n"
        b"  - {name: branch, on: failure, pipelines: {branch: '*'}, send_to: team}\n"
    )
    folder = CASES / "github-merge-group"
    env = {**json.loads((folder / "env.json").read_text(encoding="utf-8")), "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x"}
    words = ("completion", "--status", "failure", "--policy", "-")
    found = run("explain", *words, "--json", env=env, folder=folder, stdin=policy).json()
    assert [rule["matches"] for rule in found["rules"]] == [True, False]
    shown = run("send", *words, "--dry-run", env=env, folder=folder, stdin=policy)
    assert shown.code == 0
    only_branch = policy.replace(b"source: merge_group, target_branch: main, ref_type: pull_request", b"branch: main")
    told = run("explain", *words, env=env, folder=folder, stdin=only_branch)
    assert "target_branch" in told.out + told.err


NOT_STARTED = [folder for folder in FOLDERS if "no_start" in json.loads((folder / "expected.json").read_text(encoding="utf-8"))]
WAITING = [folder for folder in NOT_STARTED if json.loads((folder / "expected.json").read_text())["declared"].get("status") == "waiting"]


@pytest.mark.parametrize("folder", NOT_STARTED, ids=lambda folder: folder.name)
def test_what_waits_or_has_ended_is_never_told_as_started(folder: Path):
    env = {**json.loads((folder / "env.json").read_text(encoding="utf-8")), "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x"}
    policy = b"channels: {team: {kind: slack}}\nnotifications: [{on: trigger, send_to: team}]"
    why = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["no_start"]
    answer = run("send", "trigger", "--policy", "-", "--dry-run", env=env, folder=folder, stdin=policy)
    assert (answer.code, "delivered" in answer.out, (why in answer.err) != (folder in WAITING)) == (0, False, True)
    explained = run("explain", "trigger", "--policy", "-", "--json", env=env, folder=folder, stdin=policy).json()
    assert (explained["event"]["event"], explained["deliveries"]) == ("waiting" if folder in WAITING else None, [])


@pytest.mark.parametrize("hook", ["trigger", "completion"])
@pytest.mark.parametrize("folder", WAITING, ids=lambda folder: folder.name)
def test_what_waits_for_a_person_is_told_at_either_hook_and_has_not_ended(folder: Path, hook: str):
    env = {**json.loads((folder / "env.json").read_text(encoding="utf-8")), "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x"}
    policy = b"channels: {team: {kind: slack}}\nnotifications: [{on: waiting, send_to: team}]"
    explained = run("explain", hook, "--policy", "-", "--json", env=env, folder=folder, stdin=policy).json()
    event = explained["event"]
    assert [row["outcome"] for row in explained["deliveries"]] == ["would send"]
    assert (event["status"], event["event"], event["transition"]) == ("waiting", "waiting", None)
    assert (event["run"]["started_at"], event["run"]["finished_at"]) == (None, None)


@pytest.mark.parametrize(
    "name", ["github-deployment-status-in-progress", "github-workflow-run-in-progress", "github-workflow-run-requested"]
)
def test_what_has_started_is_told(name: str):
    folder = CASES / name
    env = {**json.loads((folder / "env.json").read_text(encoding="utf-8")), "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x"}
    policy = b"channels: {team: {kind: slack}}\nnotifications: [{on: trigger, send_to: team}]"
    explained = run("explain", "trigger", "--policy", "-", "--json", env=env, folder=folder, stdin=policy).json()
    assert [row["outcome"] for row in explained["deliveries"]] == ["would send"]


@pytest.mark.parametrize(
    ("merged", "action", "ref", "sha"),
    [
        (True, "closed", ("branch", "release/2"), OTHER),
        (False, "closed", ("pull_request", "fix"), SHA),
        (None, "closed", ("pull_request", "fix"), SHA),
        ("true", "closed", ("pull_request", "fix"), SHA),
        (True, "labeled", ("pull_request", "fix"), SHA),
    ],
)
@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_only_a_merge_makes_a_branch_of_a_pull_request(event: str, merged: object, action: str, ref: tuple[str, str], sha: str):
    pull = {"number": 9, "merged": merged, "merge_commit_sha": OTHER, "head": {"ref": "fix", "sha": SHA}, "base": {"ref": "release/2"}}
    found = context(event, {"action": action, "pull_request": pull})
    assert (value(found, "ref.type"), value(found, "ref.name"), value(found, "commit.sha")) == (*ref, sha)
    assert (value(found, "pull_request.number"), value(found, "pull_request.target_branch")) == (9, "release/2")


@pytest.mark.parametrize(
    ("ref", "number", "target"),
    [
        ("refs/heads/gh-readonly-queue/main/pr-104-" + "9" * 40, 104, "main"),
        ("refs/heads/gh-readonly-queue/release/2/pr-7-" + "a" * 64, 7, "release/2"),
        ("refs/heads/gh-readonly-queue/pr-1-" + "b" * 40 + "/pr-2-" + "c" * 40, 2, "pr-1-" + "b" * 40),
        ("refs/heads/gh-readonly-queue/main/pr-104-main", None, None),
        ("refs/heads/gh-readonly-queue/main/pr-" + "1" * 30 + "-" + "9" * 40, None, None),
        ("refs/heads/my/gh-readonly-queue/main/pr-104-" + "9" * 40, None, None),
    ],
)
def test_a_queue_s_branch_names_its_pull_request(ref: str, number: int | None, target: str | None):
    found = context("merge_group", {}, GITHUB_REF=ref)
    assert (value(found, "pull_request.number"), value(found, "pull_request.target_branch")) == (number, target)
    assert (value(found, "ref.type"), value(found, "ref.branch")) == ("pull_request", None)


@pytest.mark.parametrize(
    ("ref", "full", "facts"),
    [
        ("main", "refs/heads/main", ("branch", "main")),
        ("refs/heads/main", "", ("branch", "main")),
        ("v1", "refs/tags/v1", ("tag", "v1")),
        ("v1", "refs/heads/main", (None, "v1")),
        ("main", "", (None, "main")),
        (SHA, "", (None, None)),
        (OTHER, "refs/heads/main", (None, None)),
        ("", "refs/heads/main", ("branch", "main")),
    ],
)
@pytest.mark.parametrize("event", ["deployment", "deployment_status"])
def test_a_deployment_s_ref_has_a_kind_where_it_is_the_run_s(event: str, ref: str, full: str, facts: tuple[str | None, str | None]):
    found = context(event, {"deployment": {"ref": ref, "sha": SHA}}, GITHUB_REF=full)
    assert (value(found, "ref.type"), value(found, "ref.name")) == facts


def test_a_repetition_of_a_schedule_is_its_person_s():
    assert value(context("schedule", {}, GITHUB_TRIGGERING_ACTOR="grace"), "triggered_by.login") is None
    assert value(context("schedule", {}, GITHUB_TRIGGERING_ACTOR="grace", GITHUB_RUN_ATTEMPT="2"), "triggered_by.login") == "grace"
    assert value(context("schedule", {}, GITHUB_RUN_ATTEMPT="2"), "triggered_by.login") is None
    assert value(context("push", {}, GITHUB_TRIGGERING_ACTOR="grace"), "triggered_by.login") == "grace"


def test_a_merge_ref_is_a_pull_request_on_what_runs_on_code():
    assert subject_of("workflow_dispatch", "refs/pull/7/merge") == EVENTS["pull_request"]
    assert subject_of("custom", "refs/pull/7/merge") == EVENTS["pull_request"]
    assert subject_of("custom", "refs/heads/main") == UNKNOWN
    assert subject_of("issues", "refs/pull/7/merge") == EVENTS["issues"]


@pytest.mark.parametrize(
    ("env", "server"),
    [
        ({}, GITHUB),
        ({"GITHUB_API_URL": "https://api.github.com"}, GITHUB),
        ({"GITHUB_API_URL": "https://github.acme.example/api/v3"}, GITHUB),
        ({"GITHUB_API_URL": "https://[::1"}, GITHUB),
        ({"GITEA_ACTIONS": "false", "FORGEJO_ACTIONS": ""}, GITHUB),
        ({"GITEA_ACTIONS": "true"}, GITEA),
        ({"GITHUB_API_URL": "https://git.acme.example/api/v1/"}, GITEA),
        ({"GITHUB_API_URL": "https://acme.example/git/api/v1"}, GITEA),
        ({"GITEA_ACTIONS": "true", "FORGEJO_ACTIONS": "true"}, FORGEJO),
        ({"GITEA_ACTIONS": "true", "ACT": "true"}, GITEA),
        ({"ACT": "true", "GITHUB_RUN_ID": "1"}, ACT),
        ({"ACT": "true", "GITHUB_RUN_ID": "9120456781"}, GITHUB),
    ],
)
def test_a_server_is_known_by_its_runner_or_its_api(env: dict[str, str], server: object):
    assert forge(env) is server


def test_pull_requests_of_another_repository_do_not_count():
    def listed(repository: object, *bases: object) -> int:
        items = [{"number": number, "base": {"ref": "main", "repo": base}} for number, base in enumerate(bases)]
        return len(own_pull_requests(document({"repository": repository, "list": items}), "list"))

    here, there = {"id": 1, "url": "https://x/1"}, {"id": 2, "url": "https://x/2"}
    assert listed(here, here, there) == 1
    assert listed({"full_name": "a/b"}, here, there) == 2
    assert listed(here, {}, None) == 2
    assert listed(here, {"id": 1}, {"url": "https://x/2"}) == 1


def test_a_commit_s_words_are_those_of_the_commit():
    other = {"id": OTHER, "message": "Another one"}
    given_ = Given(variables(ENV), document({"head_commit": other}), None, None, None, GITHUB)
    assert "commit.message" not in given_.commit(variables(ENV).text("GITHUB_SHA"), "head_commit")
