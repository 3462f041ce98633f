"""A job that checks a stranger's head out, under a real runner: on a comment, on a dispatch, with an artifact in `.git`."""

from __future__ import annotations

import pytest
from act import told
from runners import git

CHECKS_OUT = """\
on: [issue_comment, workflow_dispatch]
jobs:
  slash:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: git checkout -q stranger
      - uses: OWNER/tocsin@main
        with: {token: ""}
        env: {SLACK_WEBHOOK_URL: "${{ secrets.SLACK_WEBHOOK_URL }}"}
"""
COMMENT = {
    "action": "created",
    "issue": {"number": 7, "title": "Add a basket", "pull_request": {"url": "x"}},
    "comment": {"body": "/deploy"},
}


@pytest.mark.parametrize(("event", "payload"), [("issue_comment", COMMENT), ("workflow_dispatch", {"inputs": {"pr": "7"}})])
def test_the_head_s_policy_sends_nothing_and_the_commit_s_own_does(repository, secrets, slack, event, payload):
    repository.workflow(CHECKS_OUT)
    git(repository.folder, "add", "-A")
    git(repository.folder, "commit", "-q", "-m", "ours")
    git(repository.folder, "checkout", "-q", "-b", "stranger")
    evil = "channels: {x: {kind: slack, url: '${SLACK_WEBHOOK_URL}/evil'}}\nnotifications: [{on: [trigger, success], send_to: x}]\n"
    repository.policy(evil)
    git(repository.folder, "commit", "-q", "-a", "-m", "theirs")
    git(repository.folder, "checkout", "-q", "main")
    run = repository.run(event, payload, secrets=secrets)
    assert (run.code, run.annotations("warning", "error")) == (0, [])
    assert not [request.path for request in slack.requests if request.path.endswith("/evil")]
    assert len(told(slack)) == 2
