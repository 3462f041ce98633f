"""plugins/launch.py installs a commit of a repository: by git, with no build, and the packages by the lock that the commit has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from checkouts import snapshot
from runners import git, require
from test_launch import POLICY, SEND, launched, start

ADDRESS = "https://git.example.com/tools/tocsin"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a home folder of POSIX")


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """This checkout as a repository with a branch and a tag."""
    require("git")
    return snapshot(tmp_path_factory.mktemp("sources") / "tocsin")


@pytest.fixture
def env(wheelhouse, repository: Path, tmp_path: Path) -> dict[str, str]:
    """A machine that finds the repository at its address."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[url "{repository}"]\n\tinsteadOf = {ADDRESS}\n')
    return {**wheelhouse.env(tmp_path / "cache"), "HOME": str(home)}


def installs(env: Mapping[str, str], ref: str, **more) -> tuple[int, str, str]:
    """What the launcher says where the version is the repository at a ref."""
    return launched(("--version",), {**env, "TOCSIN_VERSION": f"git+{ADDRESS}@{ref}"}, **more)


def test_a_branch_a_tag_and_a_commit_are_one_installation_that_sends(env, repository, slack, tmp_path):
    commit = git(repository, "rev-parse", "HEAD")
    code, out, err = installs(env, "main")
    assert (code, out.startswith("tocsin "), err.count("installing tocsin once")) == (0, True, 1), err
    for ref in (commit, "v9", "v9-light"):
        assert installs(env, ref)[1:] == (out, "")
    assert len(list((tmp_path / "cache").iterdir())) == 1
    sent = {**env, "TOCSIN_VERSION": f"git+{ADDRESS}@{commit}", "SLACK_WEBHOOK_URL": slack.url("/hook")}
    with start(SEND, sent) as process:
        err = process.communicate(POLICY, timeout=60)[1]
    assert (process.returncode, len(slack.requests)) == (0, 1), err


def test_a_branch_is_followed(env, repository, tmp_path):
    """What a branch names later is installed beside what it named first."""
    moved = tmp_path / "moved"
    git(tmp_path, "clone", "-q", str(repository), str(moved))
    text = (moved / "src/tocsin/__init__.py").read_text()
    (moved / "src/tocsin/__init__.py").write_text(text + '__version__ = "9.9.9"\n')
    git(moved, "commit", "-q", "-a", "-m", "Raise the version")
    (Path(env["HOME"]) / ".gitconfig").write_text(f'[url "{moved}"]\n\tinsteadOf = {ADDRESS}\n')
    assert installs(env, "main")[1] == "tocsin 9.9.9\n"
    assert installs(env, git(repository, "rev-parse", "HEAD"))[1] != "tocsin 9.9.9\n"
    assert len(list((tmp_path / "cache").iterdir())) == 2


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (f"git+{ADDRESS}@nowhere", "the repository that TOCSIN_VERSION names has no branch or tag nowhere"),
        (f"git+{ADDRESS}@" + "0" * 40, "git could not fetch tocsin"),
        (f"git+{ADDRESS.replace('https', 'http')}@main", "sources that come without TLS need a commit's id"),
        (f"git+{ADDRESS}", "which is no version"),
        (f"git+{ADDRESS}@--upload-pack=x", "which is no version"),
        ("git+ssh://git.example.com/tools/tocsin@main", "which is no version"),
        ("git+file:///srv/tocsin@main", "which is no version"),
        ("git+https://bot:s3cr3t@git.example.com/tools/tocsin", "'tocsin', which is no version"),
    ],
)
def test_sources_that_cannot_be_had_are_told_of(env, wanted, said):
    code, out, err = launched(("--version",), {**env, "TOCSIN_VERSION": wanted})
    assert (code, out) == (70, "")
    assert said in err
    assert "s3cr3t" not in err


def test_git_is_needed(env, tmp_path):
    code, _, err = launched(("--version",), {**env, "PATH": str(tmp_path), "TOCSIN_VERSION": f"git+{ADDRESS}@main"})
    assert (code, "there is no git here: use an image with git" in err) == (70, True)


def test_no_repository_and_no_setting_of_the_checkout_decides_what_is_fetched(env, repository, tmp_path):
    """The checkout's own settings lead the address elsewhere, and so do those of a home folder in it."""
    checkout = tmp_path / "checkout"
    evil = snapshot(tmp_path / "evil", {"src/tocsin/__init__.py": "raise SystemExit('the code of the repository runs')\n"})
    checkout.mkdir()
    git(checkout, "init", "-q")
    elsewhere = f'[url "{evil}"]\n\tinsteadOf = {ADDRESS}\n'
    with (checkout / ".git" / "config").open("a") as file:
        file.write(elsewhere)
    (checkout / "home").mkdir()
    for name in ("home/.gitconfig", "gitconfig"):
        (checkout / name).write_text(elsewhere)
    commit = git(repository, "rev-parse", "HEAD")
    for ref in ("main", commit):
        code, out, err = installs({**env, "GIT_DIR": str(checkout / ".git")}, ref, cwd=checkout)
        assert (code, out.startswith("tocsin ")) == (0, True), err
    for name, value in (("HOME", "home"), ("GIT_CONFIG_GLOBAL", "gitconfig")):
        there = {**env, name: str(checkout / value), "GIT_ALLOW_PROTOCOL": "file"}
        assert "the code of the repository runs" not in str(installs(there, "main", cwd=checkout))
