"""Install the program's packages once, into the runner's tool cache, with every file's hash checked.

The folder's name is the hash of what decides its contents, so a folder that is there is right, and complete: it is
filled under another name and renamed. Of two jobs that do so at once, one renames and the other uses that.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "release" / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
PIP = (sys.executable, "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet")


def place() -> Path:
    """The folder that holds the packages, or will."""
    parts = (_wanted().read_bytes(), sys.implementation.cache_tag, sys.platform, platform.machine())
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return Path(os.environ.get("RUNNER_TOOL_CACHE") or os.environ.get("RUNNER_TEMP") or tempfile.gettempdir()) / "tocsin" / key


def installed() -> Path:
    """The folder with the packages. Raises OSError, RuntimeError."""
    folder = place()
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        print("::group::installing tocsin once", flush=True)
        try:
            _install(["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)] if _wanted() == LOCK else [f"{ROOT}[ses]"], folder)
        finally:
            print("::endgroup::", flush=True)
    return folder


def _wanted() -> Path:
    return LOCK if LOCK.is_file() else PROJECT


def _install(wanted: "list[str]", folder: Path) -> None:
    """Fill a folder beside the real one and give it its name."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as place:
        target = Path(place) / "packages"
        done = subprocess.run([*PIP, "--target", str(target), *wanted], check=False, cwd=place)  # noqa: S603  our own words
        if done.returncode:
            raise RuntimeError(
                "its packages could not be installed, see the lines above: this Python needs pip and a package index within reach. "
                "A release of the action carries them for CPython 3.10 and 3.12 to 3.14 on the images that GitHub hosts"
            )
        shutil.rmtree(target / "bin", ignore_errors=True)  # scripts that nobody runs
        try:
            target.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another job was faster
                raise
