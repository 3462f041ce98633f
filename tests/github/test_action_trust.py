"""Where the head may be a stranger's, the policy is the one at the commit that GitHub vouches for, or nothing is sent."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from runners import git
from servers import Answer, ScriptedServer
from step import POLICY, Step

EVIL = "channels: {evil: {kind: slack, url: '${SLACK_WEBHOOK_URL}/evil'}}\nnotifications: [{on: [trigger, success], send_to: evil}]\n"


class Repository(Step):
    """A step whose workspace is a real repository with a policy on its main branch."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (self.workspace / ".git").rmdir()
        self.git("init", "-q")
        self.policy()
        self.env["GITHUB_SHA"] = self.commit()

    def git(self, *words: str) -> str:
        """What git answers."""
        return git(self.workspace, *words)

    def commit(self) -> str:
        """Commit all, and the commit's id."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def head(self) -> None:
        """Check a stranger's head out, whose policy is evil."""
        self.git("checkout", "-q", "-b", "head")
        self.policy(EVIL)
        self.commit()


@pytest.fixture
def step(tmp_path, slack) -> Repository:
    """A pull request of a stranger's, run for the target branch."""
    step = Repository(tmp_path)
    step.env["SLACK_WEBHOOK_URL"] = slack.url("/hook")
    head = {"ref": "main", "sha": "b" * 40, "repo": {"full_name": "mallory/payments"}}
    base = {"ref": "main", "repo": {"full_name": "acme/payments"}}
    step.event("pull_request_target", {"pull_request": {"number": 7, "title": "x", "head": head, "base": base}})
    return step


def paths(slack) -> list[str]:
    return [request.path for request in slack.requests]


def test_the_target_branch_s_checkout_holds(step, slack):
    begun, ended = step.main(), step.post()
    assert paths(slack) == ["/hook", "/hook"]
    assert begun.annotations == ended.annotations == []
    assert begun.report["event"]["pull_request"]["fork"] is True


def test_a_file_that_is_not_what_is_committed_does_not_hold(step, slack):
    step.policy(EVIL)
    step.main()
    assert paths(slack) == ["/hook"]


def test_the_head_s_policy_never_holds_where_the_target_s_is_at_hand(step, slack):
    step.head()
    step.main()
    step.post()
    assert paths(slack) == ["/hook", "/hook"]


def test_payload_files_are_the_trusted_commit_s_too(step, slack):
    step.policy(
        "channels: {team: {kind: webhook, url: '${SLACK_WEBHOOK_URL}', payload_file: body.json}}\nnotifications: [{on: [trigger, success], send_to: team}]\n"
    )
    step.policy('{"text": "trusted"}', "body.json")
    step.env["GITHUB_SHA"] = step.commit()
    step.policy('{"text": "evil"}', "body.json")
    step.main()
    step.post()
    assert [request.json()["text"] for request in slack.requests] == ["trusted", "trusted"]


def test_without_the_commit_and_a_token_nothing_is_sent_and_one_notice_says_why(step, slack):
    step.head()
    part = step.main(env={"GITHUB_SHA": "c" * 40}, strict="true")
    [warning] = part.annotations
    assert "stranger" in warning
    assert "check out the default branch" in warning
    assert (part.code, slack.requests, part.state) == (0, [], {})


@pytest.mark.parametrize("name", ["../evil.yml", "link/evil.yml", "link.yml"])
def test_a_link_in_the_head_leads_to_no_policy(step, slack, name):
    (step.workspace.parent / "artifact").mkdir()
    (step.workspace.parent / "artifact" / "evil.yml").write_text(EVIL)
    (step.workspace / "link").symlink_to(step.workspace.parent / "artifact", target_is_directory=True)
    (step.workspace / "link.yml").symlink_to(step.workspace.parent / "artifact" / "evil.yml")
    step.main(policy=name)
    assert slack.requests == []


def test_a_policy_outside_of_the_workspace_holds(step, slack, tmp_path):
    step.head()
    (tmp_path / "org.yml").write_text(POLICY)
    step.main(policy=str(tmp_path / "org.yml"))
    step.main(env={"GITHUB_SHA": "", "TOCSIN_DEFAULT_POLICY": str(tmp_path / "org.yml")})
    assert paths(slack) == ["/hook", "/hook"]


def test_a_named_policy_of_the_trusted_commit(step, slack):
    step.policy(POLICY, "ci/notify.yml")
    step.env["GITHUB_SHA"] = step.commit()
    (step.workspace / "ci" / "notify.yml").write_text(EVIL)
    step.main(policy="ci/../ci/notify.yml")
    step.main(policy=str(step.workspace / "ci" / "notify.yml"))
    assert paths(slack) == ["/hook", "/hook"]


def test_two_policies_at_the_trusted_commit_are_an_error(step, slack):
    step.policy(POLICY, ".github/tocsin.yml")
    step.env["GITHUB_SHA"] = step.commit()
    [error] = step.main().annotations
    assert ".tocsin.yml and .github/tocsin.yml" in error
    assert slack.requests == []


def test_git_runs_nothing_of_the_repository(step, slack, tmp_path):
    """A hostile configuration, hooks, a file system monitor and variables that name programs: none of them runs."""
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho ran >> {tmp_path / 'ran'}\nexit 1\n")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand", "textconv.x.textconv"):
        step.git("config", name, str(trap))
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (step.workspace / ".git" / "hooks" / hook).write_text(trap.read_text())
        (step.workspace / ".git" / "hooks" / hook).chmod(0o755)
    env = {name: str(trap) for name in ("GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_TRACE")}
    step.main(env={**env, "GIT_DIR": "/nowhere", "GIT_OBJECT_DIRECTORY": "/nowhere"})
    assert paths(slack) == ["/hook"]
    assert not (tmp_path / "ran").exists()


def test_a_commit_s_name_that_is_no_commit_s_asks_git_nothing(step, slack):
    for name in ("HEAD", "main", "--batch", "-p", ""):
        step.main(env={"GITHUB_SHA": name})
    assert slack.requests == []


def test_the_api_gives_the_policy_where_nothing_is_checked_out(step, slack):
    step.env |= {"GITHUB_WORKSPACE": str(step.temp), "GITHUB_SHA": "c" * 40}
    found = json.dumps({"type": "file", "encoding": "base64", "content": base64.b64encode(POLICY.encode()).decode()}).encode()
    absent = Answer(404, b'{"message": "Not Found"}')
    with ScriptedServer(Answer(200, found), absent) as api:
        part = step.main(token="ghs_token", env={"GITHUB_API_URL": api.url("")})
        assert {request.headers["authorization"] for request in api.requests} == {"Bearer ghs_token"}
        assert all(f"ref={'c' * 40}" in request.path for request in api.requests)
    assert paths(slack) == ["/hook"]
    assert part.annotations == []


def test_a_token_without_rights_sends_nothing_and_says_so(step, slack):
    step.env |= {"GITHUB_WORKSPACE": str(step.temp), "GITHUB_SHA": "c" * 40}
    with ScriptedServer(Answer(403, b"{}")) as api:
        part = step.main(token="ghs_token", env={"GITHUB_API_URL": api.url("")})
    [warning] = part.annotations
    assert "contents: read" in warning
    assert (part.code, slack.requests) == (0, [])


def test_workflow_run_tells_of_the_other_run(step, slack):
    step.head()
    ended = {
        "id": 77,
        "name": "CI",
        "path": ".github/workflows/ci.yml",
        "event": "pull_request",
        "status": "completed",
        "conclusion": "success",
        "head_branch": "main",
        "head_sha": "b" * 40,
        "run_number": 5,
        "head_repository": {"full_name": "mallory/payments"},
    }
    step.event("workflow_run", {"action": "completed", "workflow_run": ended})
    part = step.main(matrix='{"os": "x"}', job_id="5")
    event = part.report["event"]
    assert paths(slack) == ["/hook"]
    assert (event["status"], event["scope"], event["run"]["id"], event["job"]) == (
        "success",
        "run",
        "77",
        {"id": None, "name": None, "url": None, "variant": None},
    )
    assert (part.state, step.post().log) == ({}, "")
    step.event("workflow_run", {"action": "in_progress", "workflow_run": {**ended, "conclusion": None, "status": "in_progress"}})
    step.policy(EVIL)
    assert step.main().outputs["event"] == "trigger"
    assert paths(slack) == ["/hook", "/hook"]
