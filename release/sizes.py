"""What a release tree weighs, and the archive of it."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

from layout import BUDGET_BYTES, COMPILED_FILE, VENDOR

LEVEL = 6  # of gzip: what hosts use that make an archive of a tag


def archive(tree: Path, part: str | None = None, top: str = "") -> bytes:
    """The tree as tar.gz, or one part of it (see `part_of`), in the folder `top`; the same bytes from the same files."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()):
            if part in (None, part_of(name)):
                content = (tree / name).read_bytes()
                info = tarfile.TarInfo(top + name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return gzip.compress(held.getvalue(), LEVEL, mtime=0)


def part_of(name: str) -> str:
    """The part of the tree that a path belongs to, as the table calls it."""
    if name.endswith(".pyc"):
        return f"bytecode of Python 3.{name.rsplit('.cpython-3', 1)[1].removesuffix('.pyc')}"
    if name.startswith(f"{VENDOR}/{COMPILED_FILE}"):
        return f"for {name.removeprefix(f'{VENDOR}/{COMPILED_FILE}.')}"
    return "packages" if name.startswith(VENDOR) else "program"


def report(tree: Path) -> int:
    """Print the table; 1 if the tree is over its budget."""
    names = [path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()]
    print(f"{'compressed':<40} {'MB':>7} {'files':>7}")
    for part in sorted({part_of(name) for name in names}):
        count = sum(part_of(name) == part for name in names)
        print(f"{part:<40} {len(archive(tree, part)) / 1e6:7.2f} {count:7}")
    total = len(archive(tree))
    print(f"{'all of it':<40} {total / 1e6:7.2f} {len(names):7}   of {BUDGET_BYTES / 1e6:.0f}")
    return 0 if total <= BUDGET_BYTES else 1
