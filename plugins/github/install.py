"""Install the program's packages once, into the runner's tool cache, in the way of ../launch.py: with every file's hash checked."""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "release" / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
CACHE = "RUNNER_TOOL_CACHE"

sys.path.insert(0, str(ROOT / "plugins"))
import launch  # noqa: E402


def place() -> Path:
    """The folder that holds the packages, or will: never one in the checkout. Raises RuntimeError."""
    given = (os.environ.get(CACHE), os.environ.get("RUNNER_TEMP"), tempfile.gettempdir(), "/tmp", "/var/tmp")  # noqa: S108  it is told
    places = [Path(folder, "tocsin") for folder in given if folder]
    cache = next((place for place in places if not launch.in_checkout(str(place))), None)
    if cache is None:
        raise RuntimeError(f"every place for its packages lies in the checkout, where the repository could bring its own: set {CACHE}")
    return cache / launch.key(_wanted().read_bytes())


def installed() -> Path:
    """The folder with the packages. Raises OSError, RuntimeError."""
    folder = place()
    if folder.parent.is_dir():
        launch.refuse_others(str(folder.parent), CACHE)
    if not folder.is_dir():
        print("::group::installing tocsin once", flush=True)
        try:
            launch.fill(str(folder), _install)
        finally:
            print("::endgroup::", flush=True)
    launch.refuse_others(str(folder), CACHE)
    return folder


def _wanted() -> Path:
    return LOCK if LOCK.is_file() else PROJECT


def _install(place: str, target: str) -> None:
    locked = ("--require-hashes", "--no-deps", "--only-binary=:all:", "-r", str(LOCK))
    try:
        launch.pip_install(locked if _wanted() == LOCK else (f"{ROOT}[ses]",), place, target)
    except RuntimeError as error:
        raise RuntimeError(
            f"its packages could not be installed: {error}. "
            "A release of the action carries them for CPython 3.10 and 3.12 to 3.14 on the images that GitHub hosts"
        ) from error
