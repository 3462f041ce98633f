"""`tocsin context` where no CI is: branch, commit and remote are git's, read from plain files, and it says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inprocess import run
from runners import git

COMMIT = "3f9c1d27b8a64e0f95a1c07d2be84f6a90d5e113"
NOTICE = "no CI is seen here, so the branch, the commit and the remote are those of this checkout, by git"
URL = "https://github.com/acme/payments"


def checkout(folder: Path, head: str = "ref: refs/heads/feature/a b", config: str = "") -> Path:
    """A repository of plain files, as git writes them."""
    (folder / ".git" / "refs" / "heads" / "feature").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text(f"{head}\n")
    (folder / ".git" / "refs" / "heads" / "feature" / "a b").write_text(f"{COMMIT}\n")
    (folder / ".git" / "config").write_text(config or f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {URL}.git\n\tfetch = +x\n')
    (folder / "sub").mkdir()
    return folder


def context(folder: Path, *words: str, **env: str) -> dict[str, Any]:
    return run("context", *words, "--json", env=env, folder=folder).json()


def test_branch_commit_and_remote_come_from_git_and_it_says_so(tmp_path: Path):
    answer = run("context", folder=checkout(tmp_path) / "sub")
    assert NOTICE in answer.err
    rows = {line.split()[0]: line.split() for line in answer.out.splitlines()[1:]}
    assert rows["ref.branch"] == ["ref.branch", "feature/a", "b", "git", "HEAD"]
    assert rows["commit.sha"] == ["commit.sha", COMMIT, "git", "HEAD"]
    assert rows["repository.url"] == ["repository.url", URL, "git", "remote", "origin"]
    assert (rows["app"][1], rows["project"][1]) == ("payments", "acme")
    assert rows["commit.url"][1] == f"{URL}/commit/{COMMIT}"


def test_it_is_as_git_itself_has_it(tmp_path: Path):
    main = tmp_path / "main"
    main.mkdir()
    git(main, "init", "-q", "-b", "trunk")
    git(main, "commit", "-q", "--allow-empty", "-m", "x")
    git(main, "remote", "add", "origin", "git@git.example.com:shop/web/cart.git")
    git(main, "remote", "add", "upstream", "https://ada:secret@git.example.com/upstream/cart.git")
    git(main, "config", "branch.trunk.remote", "upstream")
    git(main, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    trunk, side = context(main), context(tmp_path / "side")
    head = git(main, "rev-parse", "HEAD")
    assert (trunk["ref"]["branch"], trunk["commit"]["sha"], trunk["repository"]["url"]) == (
        "trunk",
        head,
        "https://git.example.com/upstream/cart",
    )
    assert (side["ref"]["branch"], side["commit"]["sha"], side["project"]) == ("side", head, "shop/web")
    git(main, "checkout", "-q", "--detach")
    assert (context(main)["ref"]["type"], context(main)["commit"]["sha"]) == (None, head)


@pytest.mark.parametrize(
    "name", ["CI", "BUILD_NUMBER", "TF_BUILD", "TEAMCITY_VERSION", "TOCSIN_BRANCH", "TOCSIN_COMMIT", "TRAVIS_PULL_REQUEST"]
)
def test_git_is_asked_nothing_where_a_ci_or_a_person_says_what_the_run_is(tmp_path: Path, name: str):
    answer = run("context", "--json", env={name: "7"}, folder=checkout(tmp_path))
    event = answer.json()
    assert NOTICE not in answer.err
    assert (event["commit"]["sha"], event["repository"]["url"], event["app"]) == ("7" if name == "TOCSIN_COMMIT" else None, None, None)


def test_whatever_is_said_is_before_it(tmp_path: Path):
    event = context(checkout(tmp_path), "--app=web", TOCSIN_PROJECT="shop")
    assert (event["app"], event["project"], event["ref"]["branch"]) == ("web", "shop", "feature/a b")


@pytest.mark.parametrize(
    "config",
    [
        "[remote",
        "=\n[]\n",
        '[remote "origin"]\nurl\n',
        '[remote "x"] url = ../other\n',
        "\0\xff",
        '[remote "a"]\nurl=x\n[remote "b"]\nurl=y\n',
    ],
)
def test_a_setting_that_cannot_be_read_is_none(tmp_path: Path, config: str):
    event = context(checkout(tmp_path, config=config))
    assert (event["ref"]["branch"], event["repository"]["url"]) == ("feature/a b", None)


def test_no_repository_says_nothing(tmp_path: Path):
    answer = run("context", folder=tmp_path)
    assert (answer.code, NOTICE in answer.err) == (0, False)
