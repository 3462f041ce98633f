"""How the values of a template become text and data, each part of them paid for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from jinja2 import Undefined

from tocsin.templates.work import DEPTH_MAX, ITEMS_A_STEP, SIZE_MAX, TemplateRefusal, TooMuch, fitting, spend

DATA_MAX_VALUES = 50_000  # ours: values of one list or record that is written out


def to_text(value: Any) -> str:
    """A value as text: absent is empty, true and false are as in JSON, lists and records are JSON. Raises TemplateRefusal for others."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float, Undefined)):
        return str(value)  # raises for a name without a value
    return to_json(value)


def to_json(value: Any) -> str:
    """A value as JSON text. Raises TemplateRefusal, TooMuch."""
    parts, size = [], 0
    for part in json.JSONEncoder(ensure_ascii=False, allow_nan=False).iterencode(to_data(value)):
        size += len(part)
        fitting(size)
        parts.append(part)
    return "".join(parts)


def to_data(value: Any) -> Any:
    """A value as plain data for JSON; a number that JSON cannot hold is null. Raises TemplateRefusal, TooMuch.

    An absent value is empty text here too: a card or an embed with null where it wants text is refused, or lost without a word.
    """
    return "" if value is None else _Writing().data(value, 0)


class _Writing:
    """Counts what it writes out: a list that holds one list or one text many times is small only until then."""

    def __init__(self) -> None:
        self.left, self.characters = DATA_MAX_VALUES, SIZE_MAX

    def data(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0 or depth > DEPTH_MAX:
            raise TooMuch("this makes a list that is too long or too deep")
        if isinstance(value, Mapping):
            return {self.text(to_text(key)): self.data(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple, range)):
            return [self.data(item, depth + 1) for item in value]
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, Undefined):
            return str(value)  # raises: the name has no value
        if isinstance(value, str):
            return self.text(value)
        spend()
        if value is None or isinstance(value, int):
            return value
        name = getattr(value, "__name__", "").lstrip("_")
        raise TemplateRefusal(f"{name} is a function: call it, {name}(…)" if name else "this gives neither a text nor data", name)

    def text(self, text: str) -> str:
        spend(1 + len(text) // ITEMS_A_STEP)
        self.characters -= len(text)
        fitting(SIZE_MAX - self.characters)
        return text
