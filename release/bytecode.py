"""Compile files to bytecode that a checkout can load; run by each Python that a release is for, with nothing but its standard library.

    python3.12 -I release/bytecode.py TREE < NAMES      prints this Python's version

A checkout gives every file a new time, so bytecode that is checked by time would never be used. This is not checked at all:
vendor/MANIFEST.json says what it was compiled from.
"""

from __future__ import annotations

import platform
import py_compile
import sys
from pathlib import Path


def main() -> None:
    """Compile the files named on standard input, relative to the tree, in their order: the bytes depend on nothing else."""
    tree = Path(sys.argv[1])
    for name in sys.stdin.read().splitlines():
        py_compile.compile(str(tree / name), dfile=name, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    print(platform.python_version())


if __name__ == "__main__":
    main()
