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


def committed(folder: Path, env: Mapping[str, str], commit: str, paths: Sequence[str]) -> dict[str, bytes]:
    """Those of `paths` that are files in `commit`, with their bytes; none where git, the repository or the commit is not here."""
    import shutil

    git = shutil.which("git", path=env.get("PATH"))
    if not git or not _COMMIT.fullmatch(commit) or not (folder / ".git").exists():
        return {}
    found = {path: _blob(git, folder, env, f"{commit}:{path}") for path in paths}
    return {path: data for path, data in found.items() if data is not None}


def _blob(git: str, folder: Path, env: Mapping[str, str], name: str) -> bytes | None:
    import subprocess

    settings = [word for setting in (*_SETTINGS, f"safe.directory={folder}") for word in ("-c", setting)]
    command = [git, "--no-pager", f"--git-dir={folder / '.git'}", *settings, "cat-file", "blob", name]
    kept = {variable: env[variable] for variable in _KEPT if variable in env}
    try:
        done = subprocess.run(  # noqa: S603  a hash and a path, no shell
            command,
            env={**kept, **_ENV},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
