"""Build a release again from its sources, and compare it file by file with what is shipped.

    python release/verify.py TAG    the tree under a tag, against one built from the tag's parent commit, by the parent's own scripts
    python release/verify.py DIR    the tree in a folder, against one built from this checkout

Exit 0: the same bytes. 1: not; what differs is printed.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from layout import MANIFEST, TOOLS
from tree import ROOT, default_wheels, digest, digests

SHOWN = 50  # differences that are printed


def main() -> int:
    """Compare, and say what came of it."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shipped, source = _trees(sys.argv[1], folder)
        found = list(tampered(shipped))
        found += differences(shipped, _build_again(source, folder))
        count = len(digests(shipped))
    for line in found[:SHOWN]:
        print(line)
    more = f", of which {SHOWN} are shown" if len(found) > SHOWN else ""
    print(f"{sys.argv[1]}: {f'{len(found)} differences{more}' if found else f'{count} files, the same bytes as built again'}")
    return 1 if found else 0


def _build_again(source: Path, folder: Path) -> Path:
    """Build by the sources' own script and tools; from this clone's wheels, which the lock's hashes check whoever fetched them."""
    tree, python = folder / "again", _with_tools_of(source, folder / "tools")
    command = [python, str(source / "release" / "tree.py"), str(tree), "--no-table", "--source", str(source)]
    built = subprocess.run([*command, "--wheels", str(default_wheels(source))], check=False, stdout=subprocess.DEVNULL)
    return tree if not built.returncode else sys.exit("it cannot be built again: see above")


def _with_tools_of(source: Path, folder: Path) -> str:
    """A Python with what builds a wheel of these sources: another hatchling may make another one."""
    if digest(source / TOOLS) == digest(ROOT / TOOLS):
        return sys.executable
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(source / TOOLS)], check=True)
    return python


def _trees(what: str, folder: Path) -> tuple[Path, Path]:
    """The tree that is shipped, and its sources."""
    if Path(what).is_dir():
        return Path(what).resolve(), ROOT
    for name, commit in {"shipped": what, "source": f"{what}^"}.items():
        done = subprocess.run(
            ["git", "-C", str(ROOT), "-c", "core.autocrlf=false", "archive", f"{commit}^{{commit}}"], capture_output=True, check=False
        )
        if done.returncode:
            sys.exit(f"{what} is neither a folder nor a tag of a release in this clone (git fetch --tags?): {done.stderr.decode().strip()}")
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder / name)  # what git made
    return folder / "shipped", folder / "source"


def tampered(tree: Path) -> Iterator[str]:
    """Where a tree is not what its own manifest says."""
    listed, files = _manifest(tree).get("files", {}), digests(tree)
    for name in sorted(listed.keys() | files.keys()):
        if listed.get(name) != files.get(name):
            yield f"{name}: is not as {MANIFEST} says"


def differences(shipped: Path, again: Path) -> Iterator[str]:
    """Where two trees differ. Bytecode is the same only from the same release of Python."""
    theirs, ours = _manifest(shipped), _manifest(again)
    other = set()
    for version, whole in sorted(theirs.get("bytecode", {}).items()):
        here = ours["bytecode"].get(version)
        if here != whole:
            other.add(f".cpython-{version.replace('.', '')}.pyc")
            yield f"bytecode of Python {version}: not compared, it was made by {whole}, and here is {here or 'none'}: set TOCSIN_PYTHONS"
    if theirs.get("lock") != ours["lock"]:
        yield "built from another lock"
    left, right = digests(shipped), digests(again)
    for name in sorted(left.keys() | right.keys()):
        if left.get(name) != right.get(name) and not name.endswith(tuple(other)):
            yield f"{name}: {'differs' if name in left and name in right else 'only shipped' if name in left else 'only built again'}"


def _manifest(tree: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((tree / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        sys.exit(f"{tree} is no tree of a release: it has no {MANIFEST}")
    return content


if __name__ == "__main__":
    sys.exit(main())
