"""The commits that a policy names its bases by, changed in its text: nothing but their digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tocsin.errors import PolicyError
from tocsin.policy.base_names import GITHUB, GITLAB, BaseName, BaseNameError, parse
from tocsin.policy.nodes import MAPPING, SEQUENCE, BadFileError, decode, root_node

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tocsin.policy.nodes import Node


def pinned(data: bytes) -> list[BaseName]:
    """The bases at a commit that a policy itself names; none where it cannot be read, as `load` will say."""
    return [name for name, _ in _bases(data)]


def repinned(data: bytes, chosen: Collection[BaseName], commit: str) -> bytes:
    """The policy with another commit for some of its bases. Raises PolicyError where one does not stand there as plain text."""
    text = data.decode("utf-8", "surrogateescape")
    offset = 1 if text.startswith("\ufeff") else 0  # the parser's places begin behind the mark
    for name, node in sorted(_bases(data), key=lambda found: -found[1].start_mark.index):
        if name not in chosen:
            continue
        first, last = (mark.index + offset for mark in (node.start_mark, node.end_mark))
        written = text[first:last]
        if written.count(f"@{name.pin}") != 1:
            raise PolicyError(f"the commit of {name} is not written as one plain text: change it by hand, then run 'tocsin update'")
        text = text[:first] + written.replace(f"@{name.pin}", f"@{commit}") + text[last:]
    return text.encode("utf-8", "surrogateescape")


def _bases(data: bytes) -> Iterator[tuple[BaseName, Any]]:
    try:
        root = root_node(decode(data))
    except BadFileError:
        return
    seen: set[int] = set()
    for node in _extends(root):
        try:
            name = parse(str(node.value)) if id(node) not in seen else None
        except BaseNameError:
            continue
        seen.add(id(node))
        if name and name.kind in (GITHUB, GITLAB):
            yield name, node


def _extends(root: Node | None) -> list[Any]:
    if root is None or root.tag != MAPPING:
        return []
    value = next((value for key, value in root.value if key.value == "extends"), None)
    return [] if value is None else list(value.value) if value.tag == SEQUENCE else [value]
