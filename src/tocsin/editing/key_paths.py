"""Keys below keys, as the command line names them: `headers.X-Team`, `payload.blocks.0.text`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.errors import PolicyError
from tocsin.policy.words import quoted

if TYPE_CHECKING:
    from tocsin.editing.data import Data

_DOT = re.compile(r"(?<!\\)\.")


def _steps(key: str) -> list[str]:
    """The keys of a path. A dot that is part of a key has a backslash before it."""
    return [step.replace("\\.", ".") for step in _DOT.split(key)]


def set_key(data: dict[str, Data], key: str, value: str) -> bool:
    """Set a key; whether it had another value. Raises PolicyError where a key above it has no keys below."""
    *above, last = _steps(key)
    node: Data = data
    for step in above:
        if isinstance(node, dict) and node.get(step) in (None, ""):
            node[step] = {}
        node = _below(node, step, key)
    if isinstance(node, list) and last.isdecimal() and int(last) < len(node):
        was, node[int(last)] = node[int(last)], value
    elif isinstance(node, dict):
        was = node.get(last)
        node[last] = value
    else:
        raise PolicyError(f"{quoted(key)} cannot be set: what is above it has no keys")
    return bool(was != value)


def unset_key(data: dict[str, Data], key: str) -> bool:
    """Take a key out, and what would be empty without it; whether it was there."""
    *above, last = _steps(key)
    path: list[Data] = [data]
    for step in above:
        if not isinstance(path[-1], dict) or step not in path[-1]:
            return False
        path.append(path[-1][step])
    if not isinstance(path[-1], dict) or last not in path[-1]:
        return False
    del path[-1][last]
    for node, step in reversed(list(zip(path, above, strict=False))):
        if not node[step]:
            del node[step]
    return True


def _below(node: Data, step: str, key: str) -> Data:
    if isinstance(node, dict):
        return node[step]
    if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
        return node[int(step)]
    raise PolicyError(f"{quoted(key)} cannot be set: what is above it has no keys")
