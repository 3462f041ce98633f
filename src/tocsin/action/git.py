"""One question to git: a file as it is in a commit.

The repository may hold a stranger's files, so git runs nothing of it: no hooks, no file system monitor, no fetch, and it is told
which repository is meant. An object is named by its content's hash, so what a commit holds cannot be another's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

GIT_TIMEOUT_SECONDS = 5  # ours: it reads one object from the disk
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SETTINGS = ("core.fsmonitor=", f"core.hooksPath={os.devnull}", "protocol.allow=never", "core.sshCommand=false")
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")  # what a process needs to start at all
_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
}  # fmt: skip


def committed(folder: Path, env: Mapping[str, str], commit: str, paths: Sequence[str]) -> tuple[bytes, str] | None:
    """The first of `paths` that is in `commit`, and its path; None where it has none of them, or git or the commit is not here."""
    import shutil
    import subprocess

    git = shutil.which("git", path=env.get("PATH"))
    if not git or not _COMMIT.fullmatch(commit) or not (folder / ".git").exists():
        return None
    settings = [word for setting in (*_SETTINGS, f"safe.directory={folder}") for word in ("-c", setting)]
    start = [git, "--no-pager", f"--git-dir={folder / '.git'}", *settings]
    kept = {name: env[name] for name in _KEPT if name in env}
    for path in paths:
        try:
            done = subprocess.run(  # noqa: S603  a path and a hash, no shell
                [*start, "cat-file", "blob", f"{commit}:{path}"],
                env={**kept, **_ENV}, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=GIT_TIMEOUT_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None
        if done.returncode == 0:
            return done.stdout, path
    return None
