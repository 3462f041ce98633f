"""`tocsin diff --comment` as the example workflow and the GitLab job run it: in a repository, against servers that keep comments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from comment_servers import CommentServer
from inprocess import run
from runners import git

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = {
    name: yaml.safe_load((ROOT / "examples" / name / "policy-review.yml").read_text(encoding="utf-8")) for name in ("github", "gitlab")
}
BEFORE = "channels: {team: {kind: slack}}\nnotifications: [{name: main, on: failure, pipelines: {branch: main}, send_to: team}]\n"
AFTER = BEFORE.replace("branch: main", "branch: [main, 'release/*']")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """At the merge of a branch that changes the policy, as GitHub checks a pull request out."""
    git(tmp_path, "init", "-q", "-b", "main")
    for text in (BEFORE, AFTER):
        (tmp_path / ".tocsin.yml").write_text(text)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", "the policy")
    return tmp_path


def compare(forge: CommentServer, repository: Path, *words: str):
    return run("diff", "HEAD^1", "--comment", *words, env={**forge.env(), "PATH": os.environ["PATH"]}, folder=repository)  # type: ignore[attr-defined]


def test_the_comment_says_what_the_change_means_and_goes_with_it(forge, repository):
    answer = compare(forge, repository)
    assert answer.code == 0
    assert "team: newly told" in answer.out
    assert answer.err.splitlines()[-1] == "tocsin: notice: the comment on the policy was written"
    (text,) = forge.texts()
    assert "branch release/&#42;" in text
    (repository / ".tocsin.yml").write_text(BEFORE)
    assert compare(forge, repository).err.endswith("the comment on the policy was removed\n")
    assert forge.texts() == []


def test_a_policy_in_a_folder_has_a_comment_of_its_own(forge, repository):
    compare(forge, repository)
    (repository / "api").mkdir()
    (repository / "api" / "policy.yml").write_text(AFTER)
    compare(forge, repository, "--policy", "api/policy.yml")
    assert len(forge.texts()) == 2


def test_names_in_a_comment_mention_nobody_and_are_no_markup(forge, repository):
    (repository / ".tocsin.yml").write_text(
        BEFORE.replace("name: main", 'name: "@acme/all <img src=x> [a](https://x.example) -->"').replace("failure", "always")
    )
    compare(forge, repository)
    (text,) = forge.texts()
    assert "<img" not in text
    assert "](https://x.example)" not in text
    assert not any(word.startswith("@acme") for word in text.replace("|", " ").split())


def test_a_refusal_is_an_error_behind_the_answer(forge, repository):
    forge.writing = 403
    answer = compare(forge, repository)
    assert answer.code == 1
    assert "team: newly told" in answer.out
    assert "error: the comment on the policy was not kept" in answer.err


def test_the_examples_run_these_words_with_the_least_rights():
    job = EXAMPLES["github"]["jobs"]["review"]
    assert EXAMPLES["github"]["permissions"] == {}
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert job["steps"][-1] == {"run": "tocsin diff HEAD^1 --comment", "env": {"GITHUB_TOKEN": "${{ github.token }}"}}
    assert EXAMPLES["gitlab"]["policy-review"]["script"][-1] == 'tocsin diff "$CI_MERGE_REQUEST_DIFF_BASE_SHA" --comment'
