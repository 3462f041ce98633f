"""One question to git: files as they are in a commit.

The repository may hold a stranger's files, so git runs nothing of it: no hooks, no file system monitor, no fetch, and it is told
which repository is meant. An object is named by its content's hash, so what a commit holds cannot be another's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

    from tocsin.clock import Clock

FILE_MAX_BYTES = 8 * 1024 * 1024  # ours: twice what any file that is read this way may have; of a larger one this is its beginning
_HEADER_MAX_BYTES = 64 * 1024  # ours: a path and an object's name, as git repeats them
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LINE_ENDS = frozenset("\n\r\0")  # git reads one name a line
_SETTINGS = ("core.fsmonitor=", f"core.hooksPath={os.devnull}", "protocol.allow=never", "core.sshCommand=false")
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")  # what a process needs to start at all
_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # for a git that does not know the one before
    "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
}  # fmt: skip


def committed(root: Path, env: Mapping[str, str], commit: str, paths: Sequence[str], seconds: float, clock: Clock) -> dict[str, bytes]:
    """Those of `paths` that are files in `commit`, with their bytes; `root` is the folder that holds `.git`.

    None where git, the repository or the commit is not here, or where git has not answered all within `seconds`.
    """
    import shutil

    git = shutil.which("git", path=env.get("PATH"))
    named = [path for path in paths if not _LINE_ENDS & set(path)]
    if not git or not named or seconds <= 0 or not _COMMIT.fullmatch(commit) or not (root / ".git").exists():
        return {}
    return _asked([*hardened(git, root), "cat-file", "--batch"], root, environment(env), commit, named, seconds, clock)


def hardened(git: str, root: Path) -> list[str]:
    """The beginning of a command line of git that runs nothing of the repository in `root`."""
    settings = [word for setting in (*_SETTINGS, f"safe.directory={root}") for word in ("-c", setting)]
    return [git, "--no-pager", f"--git-dir={root / '.git'}", *settings]


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that such a git gets: none that names a program, a repository or a configuration."""
    return {**{variable: env[variable] for variable in _KEPT if variable in env}, **_ENV}


def _asked(
    command: list[str], root: Path, env: Mapping[str, str], commit: str, paths: Sequence[str], seconds: float, clock: Clock
) -> dict[str, bytes]:
    """Ask one git for all of `paths`, in a thread that is left behind with it, should even a killed git not end."""
    import subprocess

    answers: SimpleQueue[dict[str, bytes]] = SimpleQueue()
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
            answers.put({})  # the first answer counts: this one, where there is none

    try:
        clock.start(ask)
        return clock.take(answers, seconds)
    except (RuntimeError, Empty):  # no room for a thread, or no answer
        over.set()
        for process in started:
            _end(process)
        return {}


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


def _converse(git: subprocess.Popen[bytes], commit: str, paths: Sequence[str]) -> dict[str, bytes]:
    """https://git-scm.com/docs/git-cat-file, "BATCH OUTPUT". Raises OSError where git ends early, ValueError where it answers otherwise."""
    stdin: Any = git.stdin
    stdout: Any = git.stdout
    found: dict[str, bytes] = {}
    for path in paths:
        stdin.write(os.fsencode(f"{commit}:{path}\n"))
        stdin.flush()
        header = stdout.readline(_HEADER_MAX_BYTES)
        if not header.endswith(b"\n"):
            raise BrokenPipeError
        if header.endswith(b" missing\n"):
            continue
        _, kind, size = header.split()
        data = _read(stdout, int(size))
        if kind == b"blob":
            found[path] = data
    return found


def _read(stream: IO[bytes], size: int) -> bytes:
    """The beginning of an object of `size` bytes; the rest, and the line's end, is read and thrown away."""
    kept = stream.read(min(size, FILE_MAX_BYTES))
    left = size - len(kept) + 1
    while left > 0:
        passed = stream.read(min(left, 65536))
        if not passed:
            raise BrokenPipeError
        left -= len(passed)
    return kept
