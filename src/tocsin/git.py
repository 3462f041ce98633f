"""One question to git: files as they are in a commit.

The repository may hold a stranger's files, so git runs nothing of it: no hooks, no file system monitor, no fetch, and it is told
which repository is meant. What it answers is held against the commit's id (`git_objects`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Any

from tocsin.checkout import commit_id
from tocsin.programs import find_program

if TYPE_CHECKING:
    import subprocess

    from tocsin.clock import Clock

_SETTINGS = ("core.fsmonitor=", f"core.hooksPath={os.devnull}", "protocol.allow=never", "core.sshCommand=false")
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")  # what a process needs to start at all
_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # for a git that does not know the one before
    "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
}  # fmt: skip


def committed(
    root: Path, env: Mapping[str, str], commit: str, paths: Sequence[str], seconds: float, clock: Clock
) -> dict[str, bytes] | None:
    """Those of `paths` that are files in `commit`, with their bytes; `root` is the folder that holds `.git`.

    None where git, the repository or the commit is not here, where git has not answered all within `seconds`, and where an object is
    not what its name says.
    """
    git = find_program("git", env, root)
    if not git or seconds <= 0 or commit_id(commit) != commit or not (root / ".git").exists():
        return None
    return _asked([*hardened(git, root), "cat-file", "--batch"], root, environment(env), commit, paths, seconds, clock)


def hardened(git: str, root: Path) -> list[str]:
    """The beginning of a command line of git that runs nothing of the repository in `root`."""
    settings = [word for setting in (*_SETTINGS, f"safe.directory={root}") for word in ("-c", setting)]
    return [git, "--no-pager", f"--git-dir={root / '.git'}", *settings]


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that such a git gets: none that names a program, a repository or a configuration."""
    return {**{variable: env[variable] for variable in _KEPT if variable in env}, **_ENV}


def _asked(
    command: list[str], root: Path, env: Mapping[str, str], commit: str, paths: Sequence[str], seconds: float, clock: Clock
) -> dict[str, bytes] | None:
    """Ask one git for all of `paths`, in a thread that is left behind with it, should even a killed git not end."""
    import subprocess

    answers: SimpleQueue[dict[str, bytes] | None] = SimpleQueue()
    started: list[subprocess.Popen[bytes]] = []
    over = Event()
    pipe = subprocess.PIPE

    def ask() -> None:
        try:
            with subprocess.Popen(  # noqa: S603  a hash and paths, no shell
                command, env=env, cwd=root, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, start_new_session=True
            ) as process:
                started.append(process)
                if over.is_set():  # it was given up while it was being started
                    _end(process)
                try:
                    answers.put(_converse(process, commit, paths))
                finally:
                    _end(process)
        except (OSError, ValueError):
            return
        finally:
            answers.put(None)  # the first answer counts: this one, where there is none

    try:
        clock.start(ask)
        return clock.take(answers, seconds)
    except (RuntimeError, Empty):  # no room for a thread, or no answer
        over.set()
        for process in started:
            _end(process)
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill git and what it may have started; it only reads, so nothing is left half done."""
    import signal

    if process.returncode is not None:
        return
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except OSError:  # it has ended
        return


def _converse(git: subprocess.Popen[bytes], commit: str, paths: Sequence[str]) -> dict[str, bytes] | None:
    """Raises OSError where git ends early, ValueError where it answers otherwise, or with an object that is not what its name says."""
    from tocsin.git_objects import Objects

    stdin: Any = git.stdin
    stdout: Any = git.stdout
    found = Objects(stdin, stdout).files(commit, [os.fsencode(path) for path in paths])
    return None if found is None else {os.fsdecode(path): data for path, data in found.items()}
