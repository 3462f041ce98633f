"""Programs that start by a process that has loaded tocsin already (loaded.py): for the many starts that prove something else than a start.

def test_it(quick, tmp_path):
    subprocess.run([*quick, "tocsin", "send", "completion"])
    wrapper(tmp_path / "bin" / "tocsin", quick_tocsin(quick))
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SERVER = Path(__file__).parent / "loaded.py"
REAL = (sys.executable, "-I", "-m")  # words before "tocsin", where each start is one

# No shell: some take variables away whose names they cannot say, as INPUT_DRY-RUN.
PYTHON = """\
#!{python} -IS
import os, sys
words, real = sys.argv[1:], {python!r}
if "sys.executable" in " ".join(words):  # what the shim asks each Python
    print("%d.%d" % sys.version_info[:2], os.path.abspath(__file__))
elif words[:3] == ["-I", "-X", "utf8"] and words[3].endswith("/plugins/github/start.py"):
    os.execv(real, {starts} + words[3:])
else:
    os.execv(real, [real] + words)
"""


@contextmanager
def served(path: Path) -> Iterator[Sequence[str]]:
    """The words that stand before `tocsin`, or before a script; the server listens at the path. Real starts where there can be no server."""
    if sys.platform != "linux":  # elsewhere a socket that keeps messages apart does not pass streams
        yield REAL
        return
    words = [sys.executable, "-I", "-X", "utf8", SERVER, "serve", path]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            yield sys.executable, "-I", "-S", "-X", "utf8", str(SERVER), str(path)
        finally:
            server.terminate()


def running(starts: Sequence[str], path: Path) -> list[str]:
    """The words that run a script of Python's."""
    return [sys.executable, "-I", str(path)] if starts == REAL else [*starts, str(path)]


def script(path: Path, text: str, begins: str = "#!/bin/sh\n") -> Path:
    """A script that can be started."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{begins}{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def tocsin(folder: Path, starts: Sequence[str]) -> Path:
    """A folder with the program `tocsin`."""
    script(folder / "tocsin", f'exec {shlex.join(starts)} tocsin "$@"')
    return folder


def pythons(folder: Path, starts: Sequence[str]) -> Path:
    """A folder with a Python, which runs an action's start.py by the server, and all else by itself."""
    for name in ("python", "python3"):
        if starts == REAL:
            script(folder / name, f'exec "{sys.executable}" "$@"')
        else:
            script(folder / name, PYTHON.format(python=sys.executable, starts=list(starts)), "")
    return folder
