"""One rendering of a template: what it may spend, and how its values become text and data.

Jinja2's sandbox stops attribute tricks but neither memory nor time, so every loop step and every result is paid for here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import Context

SIZE_MAX = 256 * 1024  # ours: characters of one text, items of one list
STEPS_MAX = 200_000  # ours: a loop step or an operation is one, and one more for each 64 characters or items that come of it
DATA_MAX_VALUES = 50_000  # ours: values of one list or record that is written out
DATA_MAX_DEPTH = 50  # ours: levels of it


class TemplateRefusal(TemplateRuntimeError):  # noqa: N818  an answer to the template's author
    """What a template may not do or name; `word` is the part of its text that is meant."""

    def __init__(self, message: str, word: str = "") -> None:
        super().__init__(message)
        self.word = word


class TooMuch(TemplateRefusal):
    """A template takes too much time or memory, or its text grows too long."""


def fitting(size: float) -> None:
    """Raise TooMuch where a text or list of this many characters or items would be too large."""
    if size > SIZE_MAX:
        raise TooMuch(f"this makes a text or list of more than {SIZE_MAX:,} characters or items")


class Rendering(Context):
    """One rendering, and the steps it has left."""

    steps = STEPS_MAX

    def pay(self, value: Any = None) -> Any:
        """Charge for `value` and give it back. Raises TooMuch."""
        size = len(value) if isinstance(value, (str, list, tuple, dict)) else 0
        fitting(size)
        self.steps -= 1 + size // 64
        if self.steps < 0:
            raise TooMuch("this takes too many steps: loop over less")
        return value


def to_text(value: Any) -> str:
    """A value as text: absent is empty, true and false are as in JSON, lists and records are JSON. Raises Refused for what is no data."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float, Undefined)):
        return str(value)  # raises for a name without a value
    return to_json(value)


def to_json(value: Any) -> str:
    """A value as JSON text. Raises Refused, TooMuch."""
    parts, size = [], 0
    for part in json.JSONEncoder(ensure_ascii=False, allow_nan=False).iterencode(to_data(value)):
        size += len(part)
        fitting(size)
        parts.append(part)
    return "".join(parts)


def to_data(value: Any) -> Any:
    """A value as plain data for JSON; a number that JSON cannot hold is null. Raises Refused, TooMuch.

    An absent value is empty text here too: a card or an embed with null where it wants text is refused, or lost without a word.
    """
    return "" if value is None else _Writing().data(value, 0)


class _Writing:
    """Counts what it writes out: a list that holds one list many times is small only until then."""

    def __init__(self) -> None:
        self.left = DATA_MAX_VALUES

    def data(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0 or depth > DATA_MAX_DEPTH:
            raise TooMuch("this makes a list that is too long or too deep")
        if isinstance(value, Mapping):
            return {to_text(key): self.data(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple, range)) or type(value).__name__ in ("dict_items", "dict_keys", "dict_values"):
            return [self.data(item, depth + 1) for item in value]
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, Undefined):
            return str(value)  # raises: the name has no value
        if value is None or isinstance(value, (str, int)):
            return value
        name = getattr(value, "__name__", "").lstrip("_")
        raise TemplateRefusal(f"{name} is a function: call it, {name}(…)" if name else "this gives neither a text nor data", name)
