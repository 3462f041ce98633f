"""The rendering of a payload: its templates give their values, in which tokens stand for the values of variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from tocsin.templates import Template, TemplateProblem, TooLarge
from tocsin.templates.markup import Reading
from tocsin.wrong import DataPath

RENDERED_MAX_CHARS = 1024 * 1024  # ours: what all templates of one payload may make together

MARK = f"tocsin{os.urandom(16).hex()}"  # payloads are rendered in several threads: it must be one for all
_TOKEN = re.compile(rf"{MARK}x(\w*?)x{MARK}")
APART = "${NAME} is put in as it stands: a template cannot take it apart, or change it"


class PayloadRendering:
    """One payload on its way: what its templates may still make, all together."""

    def __init__(self, variables: Mapping[str, Any], values: Mapping[str, str], reading: Reading | None = None) -> None:
        self.variables, self.values, self.left, self.reading = variables, values, RENDERED_MAX_CHARS, reading

    def of(self, node: Any, path: DataPath = (), holder: Mapping[str, Any] = {}) -> Any:
        """A part of the payload, rendered: what is at `path` of the whole, in `holder`. Raises TemplateProblem."""
        if isinstance(node, Template):
            markup = self.reading(path, holder) if self.reading else None
            value = node.value(self.variables, markup.put if markup else None)
            return self.revealed(value if isinstance(value, str) or not self.reading else self.escaped(value, path, holder))
        if isinstance(node, dict):
            return {key: self.of(value, (*path, key), node) for key, value in node.items()}
        return [self.of(value, (*path, index), holder) for index, value in enumerate(node)] if isinstance(node, list) else node

    def escaped(self, value: Any, path: DataPath, holder: Mapping[str, Any]) -> Any:
        """Data that a template gave, with its texts as they are read where they stand."""
        if isinstance(value, str) and self.reading:
            return self.reading(path, holder).put(value)
        if isinstance(value, dict):
            return {key: self.escaped(item, (*path, key), value) for key, item in value.items()}
        return [self.escaped(item, (*path, index), holder) for index, item in enumerate(value)] if isinstance(value, list) else value

    def revealed(self, value: Any) -> Any:
        """What a template gave, with the values of the variables in it, all of it counted before it is made."""
        if isinstance(value, str):
            self.count(len(value) + sum(len(self.known(found[1])) for found in _TOKEN.finditer(value)))
            text = _TOKEN.sub(lambda found: self.known(found[1]), value)
            if MARK in text:
                raise TemplateProblem(APART)
            return text
        if isinstance(value, dict):
            return {self.revealed(key): self.revealed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.revealed(item) for item in value]
        self.count(len(str(value)))
        return value

    def known(self, name: str) -> str:
        """What a token stands for: a variable's value, or the text of `$${`."""
        if name and name not in self.values:
            raise TemplateProblem(APART)
        return self.values[name] if name else "${"

    def count(self, characters: int) -> None:
        """Charge for what is about to be made. Raises TooLarge."""
        self.left -= characters
        if self.left < 0:
            raise TooLarge(f"the payload's templates make more than {RENDERED_MAX_CHARS:,} characters")


def token(name: str) -> str:
    """What stands for a secret while a template is rendered: one word, whatever is done around it."""
    return f"{MARK}x{name}x{MARK}"
