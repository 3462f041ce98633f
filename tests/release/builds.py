"""What the tests of a release build with, and run its scripts by."""

from __future__ import annotations

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


def script(checkout: Path, name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts of release/."""
    command = [sys.executable, str(checkout / "release" / name), *map(str, words)]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
