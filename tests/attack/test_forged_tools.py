"""A package index that gives another nox than the one that is known: nox runs all that builds a release."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements", "tools", "nox")


def forged(folder: Path, name: str, version: str) -> None:
    """A wheel that says that it ran."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as made:
        made.writestr(f"{name}/__init__.py", "")
        made.writestr(f"{name}/__main__.py", "print('the forged one runs')\n")
        made.writestr(f"{name}-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        made.writestr(f"{name}-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{name}-{version}.dist-info/RECORD", "")


def test_dev_installs_nothing_whose_hash_is_not_known(tmp_path):
    checkout = tmp_path / "checkout"
    (checkout / "release").mkdir(parents=True)
    for name in ("dev", "noxfile.py", "pyproject.toml", "release/nox.lock"):
        shutil.copy(ROOT / name, checkout / name)
    known = re.findall(r"^(\S+?)==(\S+)", (ROOT / "release" / "nox.lock").read_text(), re.MULTILINE)
    for name, version in known:
        forged(tmp_path / "index", name.replace("-", "_"), version)
    env = {"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, str(checkout / "dev"), "lint"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout
    assert "forged" not in done.stdout + done.stderr
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr
    assert (checkout / ".dev").is_dir()
    assert not (checkout / ".dev" / "ready").exists()  # what could not be made whole is not taken for it the next time


def test_each_lock_gives_a_hash_to_each_package():
    for name in LOCKS:
        text = (ROOT / "release" / f"{name}.lock").read_text(encoding="utf-8").replace("\\\n", " ")
        wanted = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        assert wanted, name
        assert [line for line in wanted if "==" not in line or "--hash=sha256:" not in line] == [], name


def test_what_builds_a_release_installs_by_a_lock_alone():
    """Each `session.install` of the two sessions that release.yml runs, and the one of `dev` itself."""
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    sessions = [part for part in text.split("@nox.session") if re.search(r"def (release|verify_release)\(", part)]
    assert [re.findall(r"session\.install\((.*)\)", part) for part in sessions] == [
        ['"-q", "--require-hashes", "-r", "release/tools.lock", silent=True'],
    ] * 2
