"""The tests of templates (`x is even`). Those of Jinja2 that compare, hash or write out what they are given are written anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from jinja2 import tests

from tocsin.templates.filters import FILTERS
from tocsin.templates.rendering import to_text
from tocsin.templates.work import compare

_OPERATIONS = {
    "eq": ("==", "eq", "equalto"),
    "ne": ("!=", "ne"),
    "gt": (">", "gt", "greaterthan"),
    "gteq": (">=", "ge"),
    "lt": ("<", "lt", "lessthan"),
    "lteq": ("<=", "le"),
    "in": ("in",),
}


def _number(value: Any) -> Any:
    if isinstance(value, str):  # whose % formats texts
        raise TypeError("a text is no number")
    return value


def _divisible(value: Any, number: Any) -> bool:
    return bool(_number(value) % number == 0)


def _known(names: Any, value: Any) -> bool:
    return isinstance(value, str) and value in names


_KEPT = ("defined", "undefined", "none", "boolean", "false", "true", "integer", "float", "string", "mapping", "number", "sequence")
_ALSO_KEPT = ("iterable", "callable", "sameas", "escaped")

TESTS: dict[str, Callable[..., bool]] = {
    **{name: cast("Callable[..., bool]", tests.TESTS[name]) for name in (*_KEPT, *_ALSO_KEPT)},
    **{name: partial(compare, operation) for operation, names in _OPERATIONS.items() for name in names},
    "odd": lambda value: bool(_number(value) % 2 == 1),
    "even": lambda value: _divisible(value, 2),
    "divisibleby": _divisible,
    "lower": lambda value: to_text(value).islower(),
    "upper": lambda value: to_text(value).isupper(),
}
TESTS["filter"] = partial(_known, FILTERS)
TESTS["test"] = partial(_known, TESTS)
