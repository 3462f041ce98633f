"""The workflow that reviews a change of the policy, under a real runner, against a server that keeps comments as GitHub does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from act import POLICY
from comment_servers import GitHubComments
from runners import git

PULL_REQUEST = {
    "number": 7,
    "head": {"ref": "try", "sha": "HEAD", "repo": {"full_name": "acme/payments", "fork": False}},
    "base": {"ref": "main", "repo": {"full_name": "acme/payments"}},
}


@pytest.fixture
def comments() -> Iterator[GitHubComments]:
    with GitHubComments() as server:
        yield server


def review(repository, comments, policy: str):
    """Run the workflow at the merge of a branch that has this policy."""
    repository.example("policy-review.yml")
    repository.program("pip", "exit 0")  # what it would install is there
    repository.policy(POLICY)
    git(repository.folder, "add", "-A")
    git(repository.folder, "commit", "-q", "--allow-empty", "-m", "main")
    repository.policy(policy)
    env = {"GITHUB_API_URL": comments.url("").rstrip("/")}
    payload = {"action": "opened", "number": 7, "pull_request": PULL_REQUEST}
    return repository.run("pull_request", payload, secrets={"GITHUB_TOKEN": comments.token}, env=env)


def test_a_change_is_commented_and_one_without_meaning_is_not(repository, comments):
    assert review(repository, comments, POLICY.replace("cancelled]", "cancelled, unstable]")).results == {"review": "success"}
    (text,) = comments.texts()
    assert "| team | 🔔 newly told | unstable |" in text
    assert review(repository, comments, POLICY + "# a comment\n").results == {"review": "success"}
    assert comments.texts() == []


def test_an_invalid_policy_fails(repository, comments):
    assert review(repository, comments, POLICY.replace("send_to: team", "send_to: teem")).results == {"review": "failure"}
    assert comments.texts() == []
