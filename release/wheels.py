"""Wheels by the lock: downloaded, checked, and laid out in the tree."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from layout import COMPILED, COMPILED_FILE, DOCUMENTS, KEPT, LEFT_OUT, OFFLINE, SPEEDUPS, TARGETS, Target

ENTRY = re.compile(r"^(?P<name>[a-z0-9-]+)==.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
HASH = re.compile(r"sha256:([0-9a-f]{64})")


class Unfit(Exception):  # noqa: N818  a wheel is unfit, which is no error of the program's
    """The wheels do not make the tree that the layout describes."""


def entries(lock: str) -> dict[str, str]:
    """The lock's text by package. Raises Unfit if a package is not the same for every Python and platform."""
    found = {match["name"]: match.group() for match in ENTRY.finditer(lock)}
    for name, text in found.items():
        if ";" in text.splitlines()[0]:
            raise Unfit(f"the lock wants {name} for some Pythons or platforms alone: vendor/ is for all of them")
    return found


def download(lock: str, cache: Path) -> None:
    """Fetch the wheels into folders of `cache`: all of them for one target, and the compiled package for each. Kept for the next time."""
    packages = entries(lock)
    _fetch(lock, TARGETS[:1], cache / "all")
    for target in TARGETS:
        _fetch(packages[COMPILED], [target], cache / target.suffix)


def offline(cache: Path) -> Path:
    """The folder of `cache` for the wheels of the offline bundle, which is another one when it is for other machines."""
    return cache / f"offline-{hashlib.sha256(repr(OFFLINE).encode()).hexdigest()[:8]}"


def download_offline(lock: str, cache: Path) -> Path:
    """Fetch all wheels of the offline bundle into its folder, kept for the next time. Raises Unfit."""
    _fetch(lock, OFFLINE, folder := offline(cache))
    known = set(HASH.findall(lock))
    for wheel in folder.iterdir():
        _checked(wheel, known)
    return folder


def _fetch(requirements: str, targets: Sequence[Target], folder: Path) -> None:
    """Fill a folder beside the real one and give it its name, so that one that is there is complete, whoever else does the same."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        wanted, wheels = Path(place) / "requirements.txt", Path(place) / "wheels"
        wanted.write_text(requirements, encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        for target in targets:
            abi = f"cp{target.python.replace('.', '')}"
            kind = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", target.python, "--abi", abi, "--abi", "none"]
            subprocess.run([*pip, *kind, "--platform", target.platform, "--dest", str(wheels), "--requirement", str(wanted)], check=True)
        try:
            wheels.rename(folder)
        except OSError:
            if not folder.exists():
                raise


def lay_out(lock: str, cache: Path, vendor: Path) -> None:
    """Unpack the wheels. Raises Unfit where they are not those of the lock, or not of the form that the layout knows."""
    known = set(HASH.findall(lock))
    for wheel in sorted((cache / "all").glob("*.whl")):
        name = wheel.name.split("-")[0].lower().replace("_", "-")
        if not wheel.name.endswith("-none-any.whl") and name not in {COMPILED, *SPEEDUPS}:
            raise Unfit(f"{wheel.name} is compiled: say in release/layout.py whether {name} works without, or is one a target")
        _unpack(_checked(wheel, known), vendor)
    for target in TARGETS:
        for wheel in (cache / target.suffix).glob("*.whl"):
            _add_compiled(_checked(wheel, known), target, vendor)


def _checked(wheel: Path, known: set[str]) -> Path:
    if hashlib.sha256(wheel.read_bytes()).hexdigest() not in known:
        raise Unfit(f"{wheel} is not the file that the lock names: delete it and build again")
    return wheel


def _unpack(wheel: Path, vendor: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith("/") and is_kept(name):
                archive.extract(name, vendor)


def _add_compiled(wheel: Path, target: Target, vendor: Path) -> None:
    """The compiled file of one target; all else in its wheel has to be as it is there already, but for the ends of lines."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extract(f"{COMPILED_FILE}.{target.suffix}", vendor)
        for name in archive.namelist():
            if name.endswith(".py") and _lines(archive.read(name)) != _lines((vendor / name).read_bytes()):
                raise Unfit(f"{name} in {wheel.name} is not that of the other platforms: it cannot be shared")


def _lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def is_kept(name: str) -> bool:
    """Whether a file of a wheel belongs into the tree, whatever the platform."""
    kept = not any(fnmatch(name, pattern) for pattern in LEFT_OUT) or any(fnmatch(name, pattern) for pattern in KEPT)
    return kept and not any(fnmatch(name, pattern) for pattern in DOCUMENTS)
