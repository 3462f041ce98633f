"""`--strict` asks the cause of what was not delivered, never its words."""

from __future__ import annotations

import json

import pytest
from projects import GITHUB, Project
from runners import git
from servers import Answer, ScriptedServer

MAIL = """\
channels: {mail: {kind: smtp, host: "${MAIL_HOST}", username: "${MAIL_USER}", password: "${MAIL_PASSWORD}", from: ci@example.com}}
notifications: [{on: failure, send_to: dev@example.com}]
"""
HOOK = 'channels: {hook: {kind: webhook, url: "${HOOK_URL}", payload_file: body.json}}\nnotifications: [{on: failure, send_to: hook}]\n'


def test_a_missing_variable_counts_though_another_s_value_is_a_part_of_its_name(project: Project):
    project.policy(MAIL)
    done = project.send("failure", "--strict", env={"MAIL_USER": "MAIL", "MAIL_HOST": "127.0.0.1"})
    assert done.code == 1
    assert done.rows()["dev@example.com"][0] == "skipped"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("channels: {team: {kind: slack, project: other}}\nnotifications: [{on: failure, send_to: team}]\n", "serves only project other"),
        ("channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n", "dry run"),
    ],
    ids=["scope", "dry run"],
)
def test_what_the_policy_or_the_user_keeps_back_is_no_failure(project: Project, policy: str, words: str):
    project.policy(policy)
    done = project.send("failure", "--strict", "--dry-run", env={"SLACK_WEBHOOK_URL": "http://127.0.0.1:1/"})
    assert done.code == 0
    assert words in str(done.rows()["team"][1])


def fork(project: Project, commit: str) -> dict[str, str]:
    """A pull request of a fork's, run with the secrets of the base."""
    head = {"ref": "main", "sha": "b" * 40, "repo": {"full_name": "mallory/payments"}}
    base = {"ref": "main", "repo": {"full_name": "acme/payments"}}
    (project.folder / "event.json").write_text(json.dumps({"pull_request": {"number": 7, "title": "x", "head": head, "base": base}}))
    return {**GITHUB, "GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_EVENT_PATH": "event.json", "GITHUB_SHA": commit}


def test_a_payload_file_that_may_not_be_read_is_no_failure_of_a_fork_s_run(project: Project):
    project.policy('{"evil": true}', "body.json")
    with ScriptedServer(Answer(200, b"ok")) as server:
        words = ("send", "completion", "--status", "failure", "--strict", "--report", "report.json", "--policy", "-")
        done = project.run(*words, ci=fork(project, "c" * 40), env={"HOOK_URL": server.url()}, stdin=HOOK.encode())
        assert (done.code, server.requests) == (0, [])
    assert done.rows()["hook"] == ("skipped", "its payload file could be the untrusted head's own: write the payload into the policy")


def test_the_payload_file_of_a_trusted_policy_is_the_trusted_commit_s(project: Project):
    (project.folder / ".git").rmdir()
    git(project.folder, "init", "-q")
    project.policy(HOOK)
    project.policy('{"trusted": true}', "body.json")
    git(project.folder, "add", "-A")
    git(project.folder, "commit", "-q", "-m", "x")
    commit = git(project.folder, "rev-parse", "HEAD")
    project.policy('{"evil": true}', "body.json")
    with ScriptedServer(Answer(200, b"ok")) as server:
        done = project.send("failure", "--strict", ci=fork(project, commit), env={"HOOK_URL": server.url()})
        assert done.code == 0, done.err
        assert [request.json() for request in server.requests] == [{"trusted": True}]
