"""What the tests of a release build with, and run its scripts by."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from runners import require
from wheelhouse import ROOT  # puts release/ on the path

import tree  # isort: skip

PYTHONS = tree.find_pythons()
WHEELS = tree.default_wheels(ROOT)


def git(folder: Path, *words: str) -> str:
    """What git says."""
    return subprocess.run([require("git"), *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def alone(name: str, *words: str | Path) -> tuple[bool, list[str]]:
    """One of the scripts beside this file, in a network of loopback alone where that is allowed: is it, and the command."""
    apart = ["unshare", "--net", "--map-root-user"]
    allowed = bool(shutil.which("unshare")) and subprocess.run([*apart, "true"], check=False, capture_output=True).returncode == 0
    return allowed, [*(apart if allowed else []), sys.executable, str(Path(__file__).with_name(name)), *map(str, words)]


def script(checkout: Path, name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts of release/."""
    command = [sys.executable, str(checkout / "release" / name), *map(str, words)]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
