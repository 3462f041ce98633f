"""`.tocsin/lock`: which texts in `.tocsin/bases` are the bases of a repository's policies, and what they must be."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from tocsin.checks import Check
from tocsin.named_tuple import NamedTuple
from tocsin.policy.nodes import MAPPING, PLAIN, QUOTED, SEQUENCE, BadFileError, Node, decode, root_node, start
from tocsin.policy.plain import members

_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
HEAD = """\
# The bases that the policies of this repository extend. `tocsin update` writes this file and the texts in bases/:
# commit both. A text that is not the one whose digest stands here is refused.
"""


class Entry(NamedTuple):
    """A vendored text: its file in `.tocsin/bases`, its SHA-256, the policies that need it, and its line in the lock."""

    file: str
    sha256: str
    policies: tuple[str, ...]
    line: int = 0


def digest(data: bytes) -> str:
    """The SHA-256 of a text, in small hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def read_lock(data: bytes) -> dict[str, Entry]:
    """The entries by the bases' names. Raises BadFileError."""
    root = root_node(decode(data, "the lock"))
    bases = _of(root).get("bases") if root else None
    return {name: _entry(key, node) for name, (key, node) in _of(bases[1]).items()} if bases else {}


def _entry(key: Node, node: Node) -> Entry:
    keys = _of(node)
    file, sha256 = (_text(keys[name][1]) if name in keys else "" for name in ("file", "sha256"))
    if not _FILE.fullmatch(file) or not _SHA256.fullmatch(sha256):
        raise BadFileError.at(node, "an entry of the lock has a 'file' in .tocsin/bases and its 'sha256'", Check.BASE_LOCK_FILE)
    policies = keys["policies"][1] if "policies" in keys else None
    named = tuple(_text(item) for item in policies.value) if policies is not None and policies.tag == SEQUENCE else ()
    return Entry(file, sha256, named, start(key)[0])


def _of(node: Node) -> dict[str, tuple[Node, Node]]:
    if node.tag != MAPPING:
        raise BadFileError.at(node, "the lock is a mapping with 'bases': let tocsin update write it anew", Check.BASE_LOCK_FILE)
    return members(node, lambda *_: None)


def _text(node: Node) -> str:
    return str(node.value) if node.tag in (PLAIN, QUOTED) else ""


def lock_text(entries: Mapping[str, Entry]) -> str:
    """The lock as a file, sorted by the bases' names."""
    import json

    lines = [HEAD, "bases:\n" if entries else "bases: {}\n"]
    for name, entry in sorted(entries.items()):
        policies = ", ".join(json.dumps(path, ensure_ascii=False) for path in sorted(entry.policies))
        lines += [
            f"  {json.dumps(name, ensure_ascii=False)}:\n",
            f"    file: {entry.file}\n    sha256: {entry.sha256}\n    policies: [{policies}]\n",
        ]
    return "".join(lines)
