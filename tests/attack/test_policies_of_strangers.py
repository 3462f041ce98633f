"""A policy in the workspace holds only at a commit that the CI vouches for; at another one its commit's own does, or nothing is sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from inprocess import Answer, run
from projects import GITHUB, Project
from runners import git
from servers import ScriptedServer

OURS = "channels: {team: {kind: slack}}\nnotifications: [{on: success, send_to: team}]\n"
THEIRS = (
    "channels: {x: {kind: webhook, url: '%s', headers: {Authorization: 'Bearer ${SLACK_WEBHOOK_URL}'}}}\n"
    "notifications: [{on: success, send_to: x}]\n"
)
OF_ANOTHER = (
    *("issue_comment", "issues", "discussion", "discussion_comment", "repository_dispatch", "check_run", "check_suite", "status"),
    *("watch", "fork", "gollum", "label", "milestone", "branch_protection_rule", "workflow_run", "pull_request_target", "a_new_event"),
)
OF_THE_COMMIT = ("push", "create", "schedule", "workflow_dispatch", "release", "deployment", "deployment_status", "merge_group")
SHARED = {"head": {"repo": {"full_name": "acme/payments"}}, "base": {"repo": {"full_name": "acme/payments"}}}
GITLAB = {"GITLAB_CI": "true", "CI_PROJECT_ID": "1", "CI_PROJECT_NAME": "payments", "CI_PIPELINE_ID": "2", "CI_COMMIT_BRANCH": "main"}


class Scene(NamedTuple):
    """A repository with our policy on `main`, a stranger's head beside it, and where both send."""

    project: Project
    slack: ScriptedServer
    eve: ScriptedServer
    ours: str
    theirs: str

    def check_out(self, commit: str) -> None:
        """Check a commit out, as the job's own step did."""
        git(self.project.folder, "checkout", "-q", commit)

    def send(self, ci: Mapping[str, str], file: Mapping[str, object] = {}) -> Answer:
        """Send, with an event file outside of the workspace."""
        path = self.project.folder.parent / "event.json"
        path.write_text(json.dumps(file))
        env = {"PATH": os.environ["PATH"], "SLACK_WEBHOOK_URL": self.slack.url("/hook"), "GITHUB_EVENT_PATH": str(path), **ci}
        answer = run("send", "completion", "--status", "success", env=env, folder=self.project.folder)
        assert answer.code == 0, answer.err
        return answer

    def arrived(self) -> tuple[int, int]:
        """How many messages came by our policy and by theirs."""
        return len(self.slack.requests), len(self.eve.requests)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    folder = tmp_path / "repository"
    folder.mkdir()
    with ScriptedServer() as slack, ScriptedServer() as eve:
        project = Project.__new__(Project)
        project.folder = folder
        git(folder, "init", "-q")
        project.policy(OURS)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "ours")
        ours = git(folder, "rev-parse", "HEAD")
        project.policy(THEIRS % eve.url("/"))
        git(folder, "commit", "-q", "-a", "-m", "theirs")
        yield Scene(project, slack, eve, ours, git(folder, "rev-parse", "HEAD"))


def github(event: str, sha: str) -> dict[str, str]:
    return {**GITHUB, "GITHUB_EVENT_NAME": event, "GITHUB_SHA": sha}


@pytest.mark.parametrize("event", OF_ANOTHER)
def test_on_an_event_that_is_of_something_else_the_workspace_s_policy_never_holds(scene: Scene, event: str):
    scene.send(github(event, scene.ours))
    assert scene.arrived() == (1, 0), "the policy of the commit that GitHub names is at hand"
    scene.check_out(scene.ours)
    scene.send(github(event, scene.ours))
    assert scene.arrived() == (2, 0)
    scene.project.policy(THEIRS % scene.eve.url("/"))
    result = scene.send(github(event, "c" * 40))
    assert (scene.arrived(), "nothing is sent: " in result.err) == ((2, 0), True)
    git(scene.project.folder, "update-ref", "-d", "HEAD")
    (scene.project.folder / ".git").rename(scene.project.folder.parent / "away")
    result = scene.send(github(event, scene.ours))
    assert (scene.arrived(), "nothing is sent: " in result.err) == ((2, 0), True)


@pytest.mark.parametrize("event", OF_THE_COMMIT)
def test_on_an_event_of_a_commit_the_workspace_must_be_at_it(scene: Scene, event: str):
    scene.send(github(event, scene.ours))
    assert scene.arrived() == (1, 0), "another commit is checked out: the policy is that of the run's own"
    result = scene.send(github(event, "c" * 40))
    assert scene.arrived() == (1, 0)
    assert f"the workspace is at commit {scene.theirs[:8]}, which is not the one that this run is for" in result.err
    scene.check_out(scene.ours)
    scene.send(github(event, scene.ours))
    assert scene.arrived() == (2, 0)


def test_a_change_that_the_job_has_made_itself_holds(scene: Scene):
    """A policy that an earlier step wrote: what stands in the workspace counts, not what is committed."""
    scene.check_out(scene.ours)
    scene.project.policy(OURS.replace("success", "[success, failure]"))
    scene.send(github("push", scene.ours))
    assert scene.arrived() == (1, 0)


@pytest.mark.parametrize("at", ["merge", "head", "base"])
def test_a_pull_request_of_the_repository_s_own_needs_no_token(scene: Scene, at: str):
    scene.check_out(scene.ours)
    place = {"merge": {}, "head": {"head": {**SHARED["head"], "sha": scene.ours}}, "base": {"base": {**SHARED["base"], "sha": scene.ours}}}
    sha = scene.ours if at == "merge" else "c" * 40
    scene.send(github("pull_request", sha), {"pull_request": {**SHARED, **place[at]}})
    assert scene.arrived() == (1, 0)


def test_a_checkout_without_git_holds_on_an_event_of_the_commit(scene: Scene):
    """actions/checkout downloads an archive where the machine has no git."""
    scene.check_out(scene.ours)
    (scene.project.folder / ".git").rename(scene.project.folder.parent / "away")
    scene.send(github("push", scene.ours))
    assert scene.arrived() == (1, 0)


def test_a_git_folder_that_was_unpacked_moves_no_root(scene: Scene):
    """A policy beside it, named by the workflow, does not come to lie outside of the workspace by it."""
    folder = scene.project.folder
    inner = folder / "artifact"
    (inner / ".git").mkdir(parents=True)
    ci = {**github("issue_comment", scene.ours), "TOCSIN_POLICY": "../.tocsin.yml"}
    scene.project.folder = inner
    scene.send(ci)
    assert scene.arrived() == (0, 0)


def test_the_start_without_a_policy_holds_where_the_commit_is_seen_to_have_none(scene: Scene):
    git(scene.project.folder, "checkout", "-q", "--orphan", "bare")
    git(scene.project.folder, "rm", "-q", "-f", ".tocsin.yml")
    git(scene.project.folder, "commit", "-q", "--allow-empty", "-m", "none")
    bare = git(scene.project.folder, "rev-parse", "HEAD")
    scene.check_out(scene.theirs)
    scene.send(github("issue_comment", bare))
    assert scene.arrived() == (1, 0)


@pytest.mark.parametrize("reference", ["detached", "loose", "packed", "worktree"])
def test_gitlab_s_workspace_must_be_at_its_commit(scene: Scene, reference: str):
    folder = scene.project.folder
    if reference in ("loose", "packed"):
        git(folder, "checkout", "-q", "-B", "main", scene.theirs)
    if reference == "packed":
        git(folder, "pack-refs", "--all")
    if reference == "worktree":
        git(folder, "worktree", "add", "-q", "-b", "theirs", "../worktree", scene.theirs)
        scene.project.folder = folder.parent / "worktree"
    scene.send({**GITLAB, "CI_COMMIT_SHA": scene.ours})
    assert scene.arrived() == (1, 0)
    result = scene.send({**GITLAB, "CI_COMMIT_SHA": "c" * 40})
    assert scene.arrived() == (1, 0)
    assert "TOCSIN_GITLAB_TOKEN" in result.err
    scene.send({**GITLAB, "CI_COMMIT_SHA": scene.theirs})
    assert scene.arrived() == (1, 1), "at its commit the workspace's policy is the repository's own"


def test_explain_shows_the_workspace_s_rules_and_says_that_they_do_not_hold(scene: Scene):
    ci = github("issue_comment", "c" * 40)
    env = {"PATH": os.environ["PATH"], "SLACK_WEBHOOK_URL": scene.slack.url("/hook"), **ci}
    result = run("explain", "completion", "--status", "success", "--json", env=env, folder=scene.project.folder)
    shown = result.json()
    assert [rule["matches"] for rule in shown["rules"]] == [True]
    assert [(row["outcome"], row["reason"]) for row in shown["deliveries"]] == [
        ("skipped", "the policy in the workspace does not hold on this run")
    ]
    assert "nothing is sent: what is checked out on issue_comment may be a stranger's" in result.err
