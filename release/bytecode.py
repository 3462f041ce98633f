"""Compile files to bytecode that a checkout can load; run by each Python that a release is for, with nothing but its standard library.

    cd TREE; python3.12 -s -S release/bytecode.py < NAMES      prints this Python's version

A checkout gives every file a new time, so bytecode that is checked by time would never be used. This is not checked at all:
vendor/MANIFEST.json says what it was compiled from.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import platform
import sys

UNCHECKED = (1).to_bytes(4, "little")  # PEP 552: by the source's hash, which is not looked at


def main() -> None:
    """Compile the files named on standard input."""
    for name in sys.stdin.read().splitlines():
        with open(name, "rb") as file:  # noqa: PTH123  a Path would leave its parts among the names that modules share
            content = compiled(file.read(), name)
        target = importlib.util.cache_from_source(name)
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        with open(target, "wb") as file:  # noqa: PTH123
            file.write(content)
    print(platform.python_version())


def compiled(source: bytes, name: str) -> bytes:
    """What stands in the file of a module's bytecode: the same bytes from the same source, whatever else this process has compiled.

    marshal marks each name that something else refers to as well, were it only another module that uses the same one. While a twin
    of the code exists, all names are marked.
    """
    twin = compile(source, name, "exec", dont_inherit=True)
    code = compile(source, name, "exec", dont_inherit=True)
    content = importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(source) + marshal.dumps(code)
    del twin
    return content


if __name__ == "__main__":
    main()
