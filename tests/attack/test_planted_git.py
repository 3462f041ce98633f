"""A `git` that a checkout brings along, in a folder that PATH names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from runners import git, require

from tocsin.clock import Clock
from tocsin.git import committed
from tocsin.programs import find_program

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs links, and scripts of POSIX")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit, and a `git` that leaves a mark."""
    folder = tmp_path / "payments"
    for place in (folder, folder / "bin", folder / "tools" / "bin"):
        place.mkdir(parents=True, exist_ok=True)
        (place / "git").write_text(f'#!/bin/sh\n: >{tmp_path}/ran\nexec {require("git")} "$@"\n')
        (place / "git").chmod(0o755)
    git(folder, "init", "-q")
    (folder / ".tocsin.yml").write_text("ours")
    git(folder, "add", ".tocsin.yml")
    git(folder, "commit", "-q", "-m", "A policy")
    return folder


@pytest.mark.parametrize(
    "entry", ["", ".", "bin", "tools/bin", "{checkout}/bin", "{checkout}/tools/bin", "{checkout}/../payments/bin", "{link}"]
)
@pytest.mark.parametrize("told", [{}, {"CI_PROJECT_DIR": "{checkout}"}, {"GITHUB_WORKSPACE": "{link}/.."}])
def test_the_checkout_s_git_is_never_asked(checkout, tmp_path, monkeypatch, entry, told):
    (tmp_path / "link").symlink_to(checkout / "bin")
    names = {"checkout": checkout, "link": tmp_path / "link"}
    monkeypatch.chdir(checkout)
    real = str(Path(require("git")).parent)
    env = {"PATH": os.pathsep.join([entry.format(**names), real]), **{name: value.format(**names) for name, value in told.items()}}
    commit = git(checkout, "rev-parse", "HEAD")
    assert committed(checkout, env, commit, [".tocsin.yml"], 20.0, Clock()) == {".tocsin.yml": b"ours"}
    assert not (tmp_path / "ran").exists()


def test_a_workspace_around_the_repository_counts_too(checkout, tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(checkout / "bin" / "git", tmp_path / "bin" / "git")
    assert find_program("git", {"PATH": str(tmp_path / "bin")}, checkout) == str(tmp_path / "bin" / "git")
    assert find_program("git", {"PATH": str(tmp_path / "bin"), "WORKSPACE": str(tmp_path)}, checkout) is None


def test_a_link_into_the_checkout_is_not_followed(checkout, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(checkout / "bin" / "git")
    assert find_program("git", {"PATH": str(tmp_path / "bin")}, checkout) is None


def test_a_checkout_at_the_root_of_everything_is_none(checkout):
    assert find_program("git", {"PATH": str(Path(require("git")).parent), "WORKSPACE": "/"}, checkout)
