"""Programs that some tests need and a user's machine may lack."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

_GIT = ("-c", "user.name=Ada Muster", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str, at: str = "") -> str:
    """What git says in a folder, as Ada and on `main`, whatever this machine's settings are; `at` is the time of a commit."""
    env = {**os.environ, **{name: at for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE") if at}}
    done = subprocess.run([require("git"), *_GIT, *words], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def untested(reasons: Iterable[str]) -> str:
    """What was not tested, and why, in one line; `reasons` are those of the skipped tests, as pytest has them."""
    counted = Counter(reason.removeprefix("Skipped: ") for reason in reasons)
    why = "; ".join(f"{number} because {reason}" for reason, number in counted.most_common())
    return f"Not tested: {why}" if why else "Not tested: nothing was skipped"


def require(program: str) -> str:
    """The path of a program. Without it the test is skipped, or fails where TOCSIN_REQUIRE_RUNNERS=1 says that all must be there."""
    path = shutil.which(program)
    if path:
        return path
    if os.environ.get("TOCSIN_REQUIRE_RUNNERS") == "1":
        pytest.fail(f"{program} is not installed, and TOCSIN_REQUIRE_RUNNERS=1 wants every runner's tests")
    pytest.skip(f"{program} is not installed")
