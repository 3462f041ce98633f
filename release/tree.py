"""Build the tree of a release, the same bytes from the same lock.

    python release/tree.py [OUT] [--source DIR] [--wheels DIR] [--no-table] [--complete]

Bytecode is made by the Pythons that are at hand as `python3.12` and so on: on PATH, or in the folders that TOCSIN_PYTHONS lists as
PATH does. With --complete it is an error if one is missing, and if the docs lead to `main` yet.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import references
import sizes
import stamp
import wheels
from layout import BYTECODE_OF_SES, LOCK, MANIFEST, NOT_IN_A_JOB, PROGRAM, PYTHONS, SES_ALONE, VENDOR
from pythons import find_pythons

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Build, and print what it weighs; 1 over the budget."""
    words = _words()
    pythons = find_pythons()
    missing = [version for version in PYTHONS if version not in pythons]
    if words.complete and references.of_main(words.source):
        sys.exit("the docs lead to `main` yet: run release/references.py --version, and bring that to `main` first")
    if missing and words.complete:
        sys.exit(f"no Python {', '.join(missing)} on PATH or in TOCSIN_PYTHONS: a complete release has bytecode for each")
    try:
        build(words.source, words.out, words.wheels or default_wheels(words.source), pythons)
    except wheels.Unfit as error:
        sys.exit(str(error))
    if missing:
        print(f"without bytecode for Python {', '.join(missing)}, which is not at hand: this is no tree to release")
    return 0 if words.no_table else sizes.report(words.out)


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the tree of a release.")
    parser.add_argument(
        "out", nargs="?", type=Path, default=ROOT / "build" / "release", help="the folder to build, replaced if it is there"
    )
    parser.add_argument("--source", type=Path, default=ROOT, help="the checkout to build from")
    parser.add_argument("--wheels", type=Path, help="where wheels are kept between builds")
    parser.add_argument("--no-table", action="store_true", help="do not weigh the tree")
    parser.add_argument("--complete", action="store_true", help="fail if a Python is missing")
    return parser.parse_args()


def default_wheels(source: Path) -> Path:
    """The folder for a lock's wheels."""
    return ROOT / "build" / f"wheels-{digest(source / LOCK)[:16]}"


def build(source: Path, out: Path, cache: Path, pythons: Mapping[str, str]) -> None:
    """The whole tree. Raises Unfit where the wheels are not as the layout says."""
    lock = (source / LOCK).read_text(encoding="utf-8")
    wheels.download(lock, cache)
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    copy_files(source, out, PROGRAM)
    with tempfile.TemporaryDirectory() as folder:
        stamp.stamp(out, stamp.build_wheel(source, Path(folder)))
    wheels.lay_out(lock, cache, out / VENDOR)
    (out / ".gitattributes").write_text("* -text\n", encoding="utf-8")  # git leaves every byte as it is
    versions = {version: compile_for(version, program, out) for version, program in sorted(pythons.items())}
    write_manifest(out, versions)


def copy_files(source: Path, out: Path, names: Sequence[str]) -> None:
    """Some files and folders of ours, less what Python left there."""
    for name in names:
        where = source / name
        for path in sorted(where.rglob("*")) if where.is_dir() else [where]:
            if path.is_file() and "__pycache__" not in path.parts:
                to = out / path.relative_to(source)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)


def compile_for(version: str, program: str, tree: Path) -> str:
    """Bytecode for one Python; returns its whole version."""
    names = "\n".join(modules(version, tree))
    env = {"PYTHONHASHSEED": "0"}  # not -I, which would ignore it; there is nothing else in the environment
    command = [program, "-s", "-S", str(Path(__file__).with_name("bytecode.py"))]
    return subprocess.run(command, cwd=tree, input=names, env=env, capture_output=True, text=True, check=True).stdout.strip()


def modules(version: str, tree: Path) -> list[str]:
    """The modules that this Python may load in a job, less those that only a mail by SES needs where these do not fit."""
    without = NOT_IN_A_JOB if version in BYTECODE_OF_SES else (*NOT_IN_A_JOB, *SES_ALONE)
    names = sorted(path.relative_to(tree).as_posix() for top in ("src", VENDOR) for path in (tree / top).rglob("*.py"))
    return [name for name in names if not name.startswith(without)]


def write_manifest(tree: Path, versions: Mapping[str, str]) -> None:
    """Every file's digest, and what it was built from and with."""
    content = {
        "version": 1,
        "lock": digest(tree / LOCK),
        "bytecode": dict(versions),
        "files": digests(tree),
    }
    (tree / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def digests(tree: Path) -> dict[str, str]:
    """The SHA-256 of each file but the manifest itself, by its path in the tree."""
    names = sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {name: digest(tree / name) for name in names if name != MANIFEST}


def digest(path: Path) -> str:
    """A file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
