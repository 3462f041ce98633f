"""`tocsin init` in small repositories: what it writes is right by `check`, actionlint and GitLab's schema, and takes nothing away.

tests/cases/init/NAME.yml:

    files    the repository: a path's text
    remote   the address of `origin`; git: false is no repository at all
    folder   where it is called (default: the root)
    added    with --apply, the lines that a file has besides
    shown    the lines that are shown for a file that stays as it is
    pages    where the secret is saved, by CI
    policy   lines that the policy has; says: parts of the talk
    error    what is wrong, and the exit `code`; nothing is written then
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from inprocess import CASES, Answer, run
from runners import require

from tocsin.init.change import ACTION, INCLUDE

FILES = sorted((CASES / "init").glob("*.yml"))
CONFIG = '[core]\n\tbare = false\n[remote "origin"]\n\turl = {}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch "main"]\n\tremote = origin\n'
POLICY = ".tocsin.yml"


class Case:
    """A repository of the cases, in a folder."""

    def __init__(self, data: Mapping[str, Any], folder: Path) -> None:
        self.data, self.root = data, folder
        self.folder = folder / data.get("folder", ".")
        self.files: Mapping[str, str] = data["files"]
        self.added = {path: text.strip("\n") for path, text in data.get("added", {}).items()}
        for path, text in self.files.items():
            write(folder / path, text)
        if data.get("git", True):
            write(folder / ".git/config", CONFIG.format(data["remote"]) if "remote" in data else "[core]\n\tbare = false\n")

    def init(self, *words: str) -> Answer:
        """Run the command."""
        return run("init", *words, folder=self.folder)

    def now(self) -> dict[str, str]:
        """The files as they are now, without git's."""
        paths = [path for path in self.root.rglob("*") if path.is_file() and ".git" not in path.relative_to(self.root).parts]
        return {path.relative_to(self.root).as_posix(): path.read_bytes().decode() for path in paths}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    return Case(yaml.safe_load(request.param.read_text(encoding="utf-8")), tmp_path)


def added(before: str, after: str) -> str:
    """The lines that are new, where all others are there in their order."""
    rest = iter(before.splitlines(keepends=True))
    expected, new = next(rest, None), []
    for line in after.splitlines(keepends=True):
        if line == expected:
            expected = next(rest, None)
        else:
            new.append(line)
    assert expected is None, f"gone: {expected!r}"
    return "".join(new).strip("\n")  # an empty line above may pass for the one below


def test_it_writes_the_policy_and_with_apply_the_lines(case: Case):
    answer = case.init("--yes", "--apply")
    files = case.now()
    assert answer.code == case.data.get("code", 0)
    if "error" in case.data:
        assert case.data["error"] in answer.err
        assert files == case.files
        return
    policy = files.pop(POLICY)
    assert {path: new for path in files if (new := added(case.files[path], files[path]))} == case.added
    assert set(case.data.get("policy", [])) <= set(policy.splitlines())
    assert all(part in answer.err for part in case.data.get("says", []))
    assert ("in the place of OWNER" in answer.err) is any(
        "OWNER/" in text for text in {**case.added, **case.data.get("shown", {})}.values()
    )
    assert "s3cr3t" not in answer.out + answer.err + policy


def test_without_apply_it_shows_the_same_lines(case: Case):
    answer = case.init("--yes", "--json")
    if "error" in case.data:
        return
    data = answer.json()
    files = case.now()
    files.pop(POLICY)
    assert files == case.files
    assert {change["applied"] for change in data["changes"]} <= {False}
    shown = {change["file"]: change["lines"] + "\n" for change in data["changes"]}
    assert shown.keys() == case.added.keys() | case.data.get("shown", {}).keys()
    assert {path: shown[path] for path in case.data.get("shown", {})} == case.data.get("shown", {})
    assert data["pages"] == case.data.get("pages", {})


def test_what_is_written_is_right_by_every_judge(case: Case):
    case.init("--yes", "--apply")
    if "error" in case.data:
        return
    answer = run("check", folder=case.folder)
    assert (answer.code, answer.out) == (0, "")
    workflows = [str(path) for path in case.root.glob(".github/workflows/*.yml") if path.name != "flow.yml"]
    if any(path.startswith(".github") for path in case.added):
        judge([require("actionlint"), "-shellcheck=", "-pyflakes=", "-ignore=is too old to run", *workflows], case.root)
    if ".gitlab-ci.yml" in case.added:
        judge([sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", ".gitlab-ci.yml"], case.root)


def judge(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_stands_in_comments_is_right_too(tmp_path: Path):
    case = Case(yaml.safe_load((CASES / "init/gitlab.yml").read_text(encoding="utf-8")), tmp_path)
    case.init("--yes")
    policy = tmp_path / POLICY
    text = policy.read_text()
    taken = "\n".join(line[2:] if line.startswith(("# context:", "#   ")) else line for line in text.splitlines())
    policy.write_text(taken.replace("    # pipelines:", "    pipelines:"))
    answer = run("check", folder=tmp_path)
    assert (answer.code, answer.out) == (0, "")
    gitlab = {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push", "CI_PIPELINE_ID": "7"}
    [_, deployments] = run("explain", "trigger", "--json", folder=tmp_path, env=gitlab).json()["rules"]
    assert deployments["matches"] is True


def test_a_second_time_it_changes_nothing(case: Case):
    case.init("--yes", "--apply")
    before = case.now()
    assert case.init("--yes", "--apply").code == 3
    if "error" not in case.data:
        (case.root / POLICY).unlink()
        assert not [change for change in case.init("--json").json()["changes"] if change["file"] in case.added]
    assert case.now() == before


def test_the_owner_is_put_into_each_line(tmp_path: Path):
    case = Case(yaml.safe_load((CASES / "init/several.yml").read_text(encoding="utf-8")), tmp_path)
    answer = case.init("--yes", "--apply", "--owner", "acme")
    texts = case.now()
    assert "- uses: " + ACTION.replace("OWNER", "acme") in texts[".github/workflows/ci.yml"]
    assert INCLUDE.partition("\n")[0].replace("OWNER", "acme") in texts[".gitlab-ci.yml"]
    assert "OWNER" not in answer.out + answer.err
    assert run("init", "--owner", "a b/tocsin", folder=tmp_path).code == 2


def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path: Path):
    """Root may write everywhere but there."""
    folder = Path("/proc/self") if hasattr(os, "geteuid") and os.geteuid() == 0 else tmp_path
    tmp_path.chmod(0o555)
    try:
        answer = run("init", "--yes", folder=folder)
    finally:
        tmp_path.chmod(0o755)
    assert answer.code == 2
    assert "cannot be written" in answer.err
    assert answer.out == ""


def test_a_link_out_of_the_repository_is_neither_read_nor_replaced(tmp_path: Path):
    write(tmp_path / "outside.yml", "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v6\n")
    root = tmp_path / "repository"
    write(root / ".git/config", "")
    (root / ".github/workflows").mkdir(parents=True)
    link = root / ".github/workflows/ci.yml"
    link.symlink_to(tmp_path / "outside.yml")
    answer = run("init", "--apply", folder=root)
    assert answer.code == 0
    assert "ci.yml must be changed by hand" in answer.err
    assert link.is_symlink()
