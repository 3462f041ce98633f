"""The filters of templates. Those of Jinja2 that make much out of little (center, indent, format, batch, …) are left out or written anew.

What is absent (None) passes through a text filter as empty text, and through `default` as the default.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, pairwise
from typing import Any

from jinja2 import Undefined, filters, pass_context
from jinja2.runtime import Context

from tocsin.templates import helpers
from tocsin.templates.records import Records
from tocsin.templates.rendering import to_json, to_text
from tocsin.templates.work import ITEMS_A_STEP, SIZE_MAX, TemplateRefusal, compare, fitting, length, mapping, pay, search, spend, weigh

DECIMALS_MAX = 15  # digits: a float has no more
NUMBER_MAX_CHARS = 400  # ours: the longest float that is no infinity has 309 digits


def _adapted(function: Callable[..., Any], *, text: bool = False, keeps_items: bool = False, walks: bool = False) -> Callable[..., Any]:
    """A filter that is paid for, takes what is absent as empty text (`text`), and gives lists, never generators.

    With `keeps_items`, what comes of a list of records is one as well. One that `walks` compares or hashes what the items hold.
    """
    passes = getattr(getattr(function, "jinja_pass_arg", None), "name", None)

    @pass_context
    def adapted(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        value = to_text(value) if text else value
        _pay_for_input(value, args, kwargs, walks=walks)
        first = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}
        result = function(first[passes], value, *args, **kwargs) if passes else function(value, *args, **kwargs)
        if isinstance(result, Undefined):  # the first item of an empty list, and its like
            result = getattr(value, "blank", None)
        result = list(islice(result, SIZE_MAX + 1)) if isinstance(result, Iterator) else result
        if keeps_items and isinstance(value, Records):
            result = type(value)(result)
        return pay(result)

    return adapted


def _pay_for_input(value: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, walks: bool) -> None:
    weigh(*args, *kwargs.values())
    if isinstance(value, str):
        search(value, *args[:1], *kwargs.values())
    elif walks:
        if not isinstance(value, (list, tuple, range, Mapping, Undefined, type(None))):
            raise TypeError("this is no list")
        weigh(value)
    spend(length(value) // ITEMS_A_STEP)


def _default(value: Any, default: Any = "", boolean: bool = False) -> Any:
    return default if value is None or isinstance(value, Undefined) or (boolean and not value) else value


def _float(value: Any, default: float = 0.0) -> float:
    if isinstance(value, str) and len(value) > NUMBER_MAX_CHARS:
        return default
    number: float = filters.do_float(value, default)
    return number if math.isfinite(number) else default


def _int(value: Any, default: int = 0) -> int:
    return int(value) if isinstance(value, (int, float)) and math.isfinite(value) else _whole(str(value), default)


def _whole(text: str, default: int) -> int:
    return int(_float(text, float(default))) if len(text) <= DECIMALS_MAX else default


@pass_context
def _join(context: Context, value: Any, separator: Any = "", attribute: Any = None) -> str:
    texts, size, between = [], 0, to_text(separator)
    for item in () if value is None else value:
        text = to_text(item if attribute is None else context.environment.getitem(item, attribute))
        size += len(text) + len(between)
        fitting(size)
        spend()
        texts.append(text)
    return between.join(texts)


def replace(text: str, old: Any, new: Any, count: int = -1) -> str:
    """`str.replace`, once it is known that the result is not too long."""
    old, new = to_text(old), to_text(new)
    search(text, old)
    fitting(len(text) + (text.count(old) if count < 0 else count) * len(new))
    return text.replace(old, new, count)


def _replace(value: str, old: Any, new: Any, count: int | None = None) -> str:
    return replace(value, old, new, -1 if count is None else count)


def _round(value: Any, precision: int = 0, method: str = "common") -> float:
    if abs(precision) > DECIMALS_MAX:
        raise TemplateRefusal(f"this rounds to more than {DECIMALS_MAX} digits")
    return filters.do_round(value, precision, method)  # type: ignore[arg-type]  # it checks the word itself


def _length(value: Any) -> int:
    return 0 if value is None else len(value)


def _sliced(value: Any, start: Any, stop: Any, step: Any) -> Any:
    return ("" if value is None else value)[start:stop:step]


@pass_context
def _steps(_: Context, value: Any) -> Iterator[Any]:
    """The items of a loop, each of them paid for."""
    for item in () if value is None else value:
        spend()
        yield item


@pass_context
def _concat(_: Context, values: list[Any]) -> Any:
    texts = [to_text(value) for value in values]
    fitting(sum(map(len, texts)))
    return pay("".join(texts))


@pass_context
def _mapping(_: Context, pairs: list[list[Any]]) -> Any:
    return pay(mapping(pairs))


@pass_context
def _compared(_: Context, values: list[Any], operations: list[str]) -> bool:
    """A chain of comparisons: each value against the next."""
    return all(compare(operation, *pair) for operation, pair in zip(operations, pairwise(values), strict=True))


_JINJA = filters.FILTERS
_TEXT = ("capitalize", "lower", "title", "trim", "upper", "urlencode", "wordcount")
_DATA = ("abs", "first", "items", "last", "map")
_ORDERED = ("dictsort", "groupby", "max", "min")
_ITEMS = ("list", "reject", "rejectattr", "reverse", "select", "selectattr")
_ORDERED_ITEMS = ("sort", "unique")
_LENGTH = _adapted(_length)
_ESCAPE = _adapted(html.escape, text=True)
_DEFAULT = _adapted(_default)

HELPERS: dict[str, Callable[..., Any]] = {
    "date": _adapted(helpers.date),
    "duration": _adapted(helpers.duration),
    "first_line": _adapted(helpers.first_line, text=True),
    "json": _adapted(to_json),
    "link": _adapted(helpers.link),
    "truncate": _adapted(_JINJA["truncate"], text=True),
}
"""What is a filter and a function: `run | duration`, `duration(run)`."""

FILTERS: dict[str, Callable[..., Any]] = {
    **HELPERS,
    **{name: _adapted(_JINJA[name], text=True) for name in _TEXT},
    **{name: _adapted(_JINJA[name]) for name in _DATA},
    **{name: _adapted(_JINJA[name], walks=True) for name in _ORDERED},
    **{name: _adapted(_JINJA[name], keeps_items=True) for name in _ITEMS},
    **{name: _adapted(_JINJA[name], keeps_items=True, walks=True) for name in _ORDERED_ITEMS},
    "count": _LENGTH,
    "d": _DEFAULT,
    "default": _DEFAULT,
    "e": _ESCAPE,
    "escape": _ESCAPE,
    "float": _adapted(_float),
    "int": _adapted(_int),
    "join": _adapted(_join),
    "length": _LENGTH,
    "replace": _adapted(_replace, text=True),
    "round": _adapted(_round),
    "string": _adapted(to_text),
    "tojson": _adapted(to_json),
}

# What the sandbox rewrites a template's own syntax into; a template cannot write these names.
CONCAT, SLICE, STEPS, MAPPING, COMPARISON = "~", "[:]", "for", "{:}", "=="
SYNTAX: dict[str, Callable[..., Any]] = {
    CONCAT: _concat,
    SLICE: _adapted(_sliced, keeps_items=True),
    STEPS: _steps,
    MAPPING: _mapping,
    COMPARISON: _compared,
}
