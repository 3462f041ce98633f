"""`--diff`: what it shows, put upon the old file, is the new one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from inprocess import run
from policies_of_all import every_policy

POLICIES = every_policy()
PLAIN = sorted(name for name in POLICIES if "BOM" not in name and "crlf" not in name.lower() and "byte" not in name)
COMMANDS = (("modify", "--all", "--set", "job=x", "--add-on", "unstable"), ("delete", "#1", "--yes"), ("copy", "#1", "--name", "a copy"))


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize("name", [name for number, name in enumerate(PLAIN) if number % 3 == 0])
def test_git_makes_the_new_file_of_it(name: str, words: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / ".tocsin.yml"
    path.write_bytes(POLICIES[name])
    shown = run("rules", *words, "--diff", folder=tmp_path)
    assert path.read_bytes() == POLICIES[name]
    if shown.code or not shown.out:
        return
    assert run("rules", *words, folder=tmp_path).code == 0
    new = path.read_bytes()
    path.write_bytes(POLICIES[name])
    subprocess.run(["git", "apply", "--unidiff-zero", "-"], input=shown.out.encode(), cwd=tmp_path, check=True)
    assert path.read_bytes() == new
