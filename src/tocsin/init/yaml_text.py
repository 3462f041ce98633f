"""A YAML file as text and as nodes, and lines put into it such that everything else stays, to the letter and in meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import yaml

from tocsin.policy.scalar_text import scalar_text
from tocsin.text import UNSAFE


class YamlText(NamedTuple):
    """A file's text, and the root of its one document."""

    text: str
    root: yaml.MappingNode


def read_yaml(text: str) -> YamlText | None:
    """The file, where it is one document with a mapping in it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return YamlText(text, root) if isinstance(root, yaml.MappingNode) else None


def entries(node: yaml.Node | None) -> dict[str, yaml.Node]:
    """The values of a mapping by their keys; of anything else none."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {key.value: value for key, value in pairs if isinstance(key, yaml.ScalarNode)}


def items(node: yaml.Node | None) -> list[yaml.Node]:
    """What stands in a list; of anything else nothing."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def words(node: yaml.Node | None) -> list[str]:
    """A text as a list of one, the texts of a list, or the keys of a mapping."""
    if isinstance(node, yaml.ScalarNode):
        return [node.value]
    return [item.value for item in items(node) if isinstance(item, yaml.ScalarNode)] or list(entries(node))


def word(node: yaml.Node | None) -> str:
    """A text; of anything else the empty one."""
    return node.value if isinstance(node, yaml.ScalarNode) else ""


def scalar(text: str) -> str:
    """A text as YAML writes it on one line."""
    return scalar_text(UNSAFE.sub(" ", text))


def end_line(file: YamlText, node: yaml.Node) -> int:
    """The number, from 0, of the line after a node's last one; blank lines and comments that follow are none of it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    whole = file.text.splitlines()
    line = cast("int", node.end_mark.line + (node.end_mark.column > 0))
    while line and not whole[line - 1].strip():
        line -= 1
    return line


def insert(file: YamlText, line: int, lines: str, parent: yaml.Node, *, gap_above: bool = False, gap_below: bool = False) -> str | None:
    """The file with `lines` before its line `line`, as the next entries of the block `parent`.

    `lines` are written without indentation. None where the file would then mean anything else than before and the lines together.
    """
    if not isinstance(parent, yaml.CollectionNode) or parent.flow_style:
        return None
    newline = "\r\n" if "\r\n" in file.text else "\n"
    whole = file.text.splitlines(keepends=True)
    if whole and not whole[-1].endswith("\n"):
        whole[-1] += newline
    indent = " " * parent.start_mark.column
    block = [f"{indent}{text}{newline}" if text else newline for text in lines.splitlines()]
    block = [newline] * gap_above + block + [newline] * gap_below
    new = "".join([*whole[:line], *block, *whole[line:]])
    return new if _same_but("".join(whole), new, lines, line, parent) else None


def _same_but(old: str, new: str, lines: str, line: int, parent: yaml.Node) -> bool:
    """Whether the new text says what the old one does, and the lines' entries besides, at the place in the parent."""
    try:
        before, after, added = (list(yaml.parse(text, Loader=yaml.SafeLoader)) for text in (old, new, lines))
    except (yaml.YAMLError, RecursionError, ValueError):
        return False
    at = _place(before, line, parent)
    told = [_told(event) for event in added[3:-3]]  # without the stream, the document and the collection around them
    have, want = [_told(event) for event in after], [_told(event) for event in before]
    return at is not None and have == [*want[:at], *told, *want[at:]]


def _place(events: Sequence[yaml.Event], line: int, parent: yaml.Node) -> int | None:
    """The number of the event before which an entry of `parent` at that line stands; None where the line is not in it."""
    opened: list[Any] = []
    event: Any  # its marks may be None by their types alone
    for number, event in enumerate(events):
        inside = opened and opened[-1].start_mark.index == parent.start_mark.index
        if inside and event.start_mark.line >= line:
            return number
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            opened.pop()
    return None


def _told(event: yaml.Event) -> tuple[object, ...]:
    return type(event), *(getattr(event, name, None) for name in ("value", "anchor", "tag", "style", "flow_style", "explicit"))
