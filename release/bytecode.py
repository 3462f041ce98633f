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
from collections.abc import Iterator
from types import CodeType
from typing import Any

UNCHECKED = (1).to_bytes(4, "little")  # PEP 552: by the source's hash, which is not looked at


def main() -> None:
    """Compile the files named on standard input."""
    for name in sys.stdin.read().splitlines():
        with open(name, "rb") as file:  # noqa: PTH123  a Path would leave its parts among the shared names, see `parts`
            source = file.read()
        first = compile(source, name, "exec", dont_inherit=True)  # whose names are now known to the process, whatever came before
        code = compile(source, name, "exec", dont_inherit=True)
        held = [first, *parts(code)]
        content = importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(source) + marshal.dumps(code)
        held.clear()
        target = importlib.util.cache_from_source(name)
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        with open(target, "wb") as file:  # noqa: PTH123
            file.write(content)
    print(platform.python_version())


def parts(value: Any) -> Iterator[Any]:
    """Every object that is written with a code object.

    marshal marks what more than one place refers to, were it only a name that another module of this process has too. Held all
    at once, everything is marked, and the bytes depend on the source alone.
    """
    yield value
    if isinstance(value, CodeType):
        names = (value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars, value.co_consts)
        table = value.co_linetable
        yield from (value.co_filename, value.co_name, getattr(value, "co_qualname", None), table, getattr(value, "co_exceptiontable", None))
        for group in names:
            yield from parts(group)
    elif isinstance(value, (tuple, frozenset)):
        for item in value:
            yield from parts(item)


if __name__ == "__main__":
    main()
