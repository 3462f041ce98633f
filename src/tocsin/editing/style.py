"""How new lines are written: as the file writes its others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from tocsin.editing.marks import is_block
from tocsin.policy.scalar_text import double_quoted, scalar_text, single_quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.editing.data import Data
    from tocsin.editing.marks import Entry, Marks

LOOKED_AT_MAX = 20  # ours: the last entries of a list or a mapping, which what is new resembles
INDENT = 2


class Style:
    """What the file does: which keys' values stand in a block, and how far they are indented."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._blocks: dict[str, bool] = {}
        self._dash, self._indent = INDENT, INDENT
        entries = marks.entries(marks.tree) if marks.tree is not None else []
        self._is_json = bool(entries) and entries[0].flow and marks.text[entries[0].start] == '"'
        self._look(entries)

    def _look(self, entries: Sequence[Entry]) -> None:
        for entry in entries[-LOOKED_AT_MAX:]:
            node = entry.value.node
            if entry.value.alias or not isinstance(node, yaml.CollectionNode) or not node.value:
                continue
            below = self._marks.entries(node)
            if entry.key:
                self._blocks[entry.name] = is_block(node)
                if is_block(node):
                    self._note(isinstance(node, yaml.SequenceNode), self._marks.column(below[0].start) - self._marks.column(entry.start))
            self._look(below)

    def _note(self, of_list: bool, columns: int) -> None:
        if of_list and columns >= 0:
            self._dash = columns
        elif not of_list and columns > 0:
            self._indent = columns

    def is_block(self, name: str, value: Data, beside: Sequence[Entry] | None = None) -> bool:
        """Whether a new value stands in a block: as that key does elsewhere, else as what is `beside` it. Deeper ones stand in brackets."""
        if not isinstance(value, (list, dict)) or not value or beside is None:
            return bool(value) and isinstance(value, (list, dict)) and self._blocks.get(name, False)
        if name in self._blocks:
            return self._blocks[name]
        if isinstance(value, list):
            return all(isinstance(item, dict) for item in value)
        siblings = [is_block(entry.value.node) for entry in beside if isinstance(entry.value.node, yaml.MappingNode)]
        return siblings[-1] if siblings else any(isinstance(item, (dict, list)) for item in value.values())

    def flow(self, value: Data) -> str:
        """A value on one line."""
        if isinstance(value, dict):
            return f"{{{', '.join(self.flow_pair(name, item) for name, item in value.items())}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(self.flow, value))}]"
        return self._text(value or "")

    def flow_pair(self, name: str, value: Data) -> str:
        """A key with its value on one line."""
        return f"{self._key(name)}: {self.flow(value)}"

    def _text(self, text: str) -> str:
        return double_quoted(text) if self._is_json or not text else scalar_text(text)

    def _key(self, name: str) -> str:
        """A key: `on` is one of a rule's, and no truth value there."""
        return name if name == "on" and not self._is_json else self._text(name)

    def pair(self, name: str, value: Data, beside: Sequence[Entry] | None = None) -> list[str]:
        """A key with its value as lines, without indentation."""
        if not self.is_block(name, value, beside):
            return [self.flow_pair(name, value)]
        return [f"{self._key(name)}:", *self.below(value)]

    def below(self, value: Data) -> list[str]:
        """The lines of a block below its key."""
        if isinstance(value, dict):
            lines = [line for name, item in value.items() for line in self.pair(name, item)]
            return [" " * self._indent + line for line in lines]
        return [" " * self._dash + line for item in value for line in self.item(item, block=True)]

    def item(self, value: Data, *, block: bool) -> list[str]:
        """An item of a block list as lines."""
        if not block or not isinstance(value, dict) or not value:
            return [f"- {self.flow(value)}"]
        lines = [line for name, item in value.items() for line in self.pair(name, item)]
        return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]


def like(text: str, value: str) -> str:
    """A text in the quotes of another scalar's text."""
    quote = text[:1]
    return double_quoted(value) if quote == '"' else single_quoted(value) if quote == "'" else scalar_text(value)
