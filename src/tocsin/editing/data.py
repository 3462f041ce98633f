"""A policy's nodes as plain data that may be changed, and which node each part of it came from."""

from __future__ import annotations

from typing import Any, TypeAlias

import yaml

from tocsin.policy.nodes import MAPPING, PLAIN, QUOTED, BadFileError, Node
from tocsin.policy.plain import IGNORED, members

MERGE = "<<"

Data: TypeAlias = Any
"""What a policy says: dicts, lists, texts, and None for a value that is not there."""


class Origins:
    """The data of one text. Each alias gets lists and dicts of its own, so that what is changed in one place stays in the others."""

    def __init__(self) -> None:
        self._nodes: dict[int, tuple[Data, Node]] = {}  # with the data itself, whose id then stays its own
        self._said: dict[int, Data] = {}
        self._copies: dict[int, tuple[Data, Node]] = {}

    def policy(self, root: Node | None) -> dict[str, Data]:
        """The whole policy. Raises nodes.BadFileError where it is no mapping, and for a key that is no text."""
        if root is None or root.tag != MAPPING:
            raise BadFileError("a policy is a mapping")
        data: dict[str, Data] = {}
        said: dict[str, Data] = {}
        for name, (_, value) in _members(root).items():
            data[name] = _opaque(value) if name.startswith(IGNORED) else self.of(value)
            said[name] = data[name] if name.startswith(IGNORED) else self.said(value)
        self._note(root, data, said)
        return data

    def of(self, node: Node) -> Data:
        """A node's data, to be changed."""
        if isinstance(node, yaml.SequenceNode):
            items = [self.of(item) for item in node.value]
            return self._note(node, items, [self.said(item) for item in node.value])
        if isinstance(node, yaml.MappingNode):
            pairs = _members(node)
            changing = {name: self.of(value) for name, (_, value) in pairs.items()}
            return self._note(node, changing, {name: self.said(value) for name, (_, value) in pairs.items()})
        return _scalar(node)

    def _note(self, node: Node, changing: Data, said: Data) -> Data:
        self._nodes[id(changing)] = changing, node
        self._said[id(node)] = said
        return changing

    def said(self, node: Node) -> Data:
        """What a node says in the text, whatever was changed since."""
        return self._said[id(node)] if isinstance(node, yaml.CollectionNode) else _scalar(node)

    def node(self, data: Data) -> Node | None:
        """The node that a list or a dict came from."""
        found = self._nodes.get(id(data)) if isinstance(data, (list, dict)) else None
        return found[1] if found else None

    def copy(self, data: Data) -> Data:
        """A copy of a list or a dict, whose text is to be a copy too."""
        made = _deep(data)
        node = self.node(data)
        if node is not None:
            self._copies[id(made)] = made, node
        return made

    def copied(self, data: Data) -> Node | None:
        """The node that a copy is a copy of."""
        found = self._copies.get(id(data)) if isinstance(data, (list, dict)) else None
        return found[1] if found else None


def _members(node: Node) -> dict[str, tuple[Node, Node]]:
    return members(node, lambda *_: None)  # what is wrong with them the loader says


def merged_names(node: Node) -> set[str]:
    """The keys of the mapping, or of the mappings, that a merge names."""
    sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return {name for source in sources for name in _members(source)}


def _scalar(node: Node) -> Data:
    if node.tag == PLAIN:
        return node.value or None
    return node.value if node.tag == QUOTED else _opaque(node)


def _opaque(node: Node) -> Data:
    """What stands under a key that is ignored, or under a tag: it can be compared, and not changed."""
    if isinstance(node, yaml.MappingNode):
        return node.tag, tuple((_opaque(key), _opaque(value)) for key, value in node.value)
    return node.tag, tuple(map(_opaque, node.value)) if isinstance(node, yaml.SequenceNode) else node.value


def _deep(data: Data) -> Data:
    if isinstance(data, dict):
        return {name: _deep(value) for name, value in data.items()}
    return [_deep(item) for item in data] if isinstance(data, list) else data


def same(said: Data, wanted: Data) -> bool:
    """Whether data mean the same: a list of one is its item, and an empty list is none."""
    if said == wanted:
        return True
    if isinstance(said, dict) and isinstance(wanted, dict):
        return all(same(said.get(name), wanted.get(name)) for name in said.keys() | wanted.keys())
    if isinstance(said, list) and isinstance(wanted, list):
        return len(said) == len(wanted) and all(map(same, said, wanted))
    if isinstance(said, list) and len(said) == 1:
        return same(said[0], wanted)
    if isinstance(wanted, list) and len(wanted) == 1:
        return same(said, wanted[0])
    return said in (None, []) and wanted in (None, [])
