"""The Pythons at hand: what compiles a release's bytecode, and what the tests of both bounds run on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from layout import PYTHONS


def find_pythons(env: Mapping[str, str] = os.environ, versions: Sequence[str] = PYTHONS) -> dict[str, str]:
    """The interpreters at hand, by `3.12` and so on."""
    path = os.pathsep.join(filter(None, (env.get("TOCSIN_PYTHONS"), env.get("PATH"))))
    found: dict[str, str] = {}
    for folder in path.split(os.pathsep):
        for version in versions:
            program = shutil.which(f"python{version}", path=folder)
            if program and version not in found and _answers(program, version):
                found[version] = program
    return found


def _answers(program: str, version: str) -> bool:
    """Whether it is what its name says. A version manager's stand-in may be nothing."""
    code = "import platform; print(platform.python_implementation() + ' ' + platform.python_version())"
    done = subprocess.run([program, "-E", "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.startswith(f"CPython {version}.")
