"""Where the commits are compared between which a run was broken, for a CI whose API is not asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inprocess import run

GOOD, BAD = "9b2f5d1e0c6a47b8d3e1f0a9c8b7d6e5f4a3b2c1", "1c51fa4bc0f0fb5adfb2a1f07c5d6bdd1a0a2d0f"
JENKINS = {"JENKINS_HOME": "/var/jenkins_home", "JOB_NAME": "shop/payments", "GIT_COMMIT": BAD, "GIT_BRANCH": "origin/main"}


def compared(folder: Path, repository: str, status: str = "failure", previous: str = "success", base: str = GOOD) -> str | None:
    facts = {"run": {"previous_status": previous, "last_success": {"number": 6, "commit": base}}}
    words = ("context", "--status", status, "--json", "--facts", "-")
    answer = run(*words, env={**JENKINS, "GIT_URL": repository}, folder=folder, stdin=json.dumps(facts).encode())
    url: str | None = answer.json()["compare_url"]
    return url


@pytest.mark.parametrize(
    ("repository", "page"),
    [
        ("https://github.com/shop/payments.git", f"https://github.com/shop/payments/compare/{GOOD}...{BAD}"),
        ("git@gitlab.com:shop/payments.git", f"https://gitlab.com/shop/payments/-/compare/{GOOD}...{BAD}"),
        ("https://bitbucket.org/shop/payments.git", None),
        ("https://git.example.com/shop/payments.git", None),
    ],
)
def test_what_broke_it_is_compared_with_the_last_good_commit(tmp_path: Path, repository: str, page: str | None):
    assert compared(tmp_path, repository) == page


@pytest.mark.parametrize(
    "said", [{"status": "success"}, {"previous": "failure"}, {"base": "main"}, {"base": BAD}], ids=["good", "still failing", "name", "same"]
)
def test_nothing_else_is_compared(tmp_path: Path, said: dict[str, str]):
    assert compared(tmp_path, "https://github.com/shop/payments.git", **said) is None
