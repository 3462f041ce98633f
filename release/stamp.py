"""The version by which the plug-ins for GitLab and Jenkins install the program, with the hash of the wheel that the release publishes.

hatchling makes the same wheel from the same sources, so whoever has the sources and release/tools.lock can tell the hash beforehand.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from layout import STAMPED, UNRELEASED
from wheels import Unfit

TIMES = {"SOURCE_DATE_EPOCH": "1580601600"}  # 2020-02-02, what hatchling writes where nothing else is said


def build_wheel(source: Path, folder: Path) -> Path:
    """The wheel of a checkout. Raises Unfit."""
    command = [sys.executable, "-I", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=source, env={**os.environ, **TIMES}, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Unfit(f"the wheel cannot be built: {done.stderr.strip()}")
    [wheel] = folder.glob("*.whl")
    return wheel


def version_of(wheel: Path) -> str:
    """The version of a wheel, as its name says: `1.2.3`."""
    return wheel.name.split("-")[1]


def pinned(wheel: Path) -> str:
    """The version and the hash: `1.2.3@sha256:HEX`."""
    return f"{version_of(wheel)}@sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"


def stamp(out: Path, wheel: Path) -> None:
    """Write the hash of the sources' wheel into the plug-ins of a tree. Raises Unfit where one has no place for it."""
    for name, form in STAMPED.items():
        text, said = (out / name).read_bytes().decode("utf-8"), form.format(UNRELEASED)
        if text.count(said) != 1:
            raise Unfit(f"{name} has to say {said} once: it is where a release writes the hash of its wheel")
        (out / name).write_bytes(text.replace(said, form.format(pinned(wheel))).encode("utf-8"))
