"""The sandbox in which templates run: a few statements, filters and methods, all bounded, and nothing that leaves the template.

Import this module only where a template is really used: it loads Jinja2.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, KeysView, Mapping, ValuesView
from typing import Any

from jinja2 import StrictUndefined, Undefined, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from tocsin.suggest import closest, do_you_mean
from tocsin.templates import budget
from tocsin.templates.escaping import escaped
from tocsin.templates.filters import FILTERS, HELPERS, SYNTAX, replace
from tocsin.templates.records import Record
from tocsin.templates.rendering import to_text
from tocsin.templates.tests import TESTS
from tocsin.templates.work import (
    ITEMS_A_STEP,
    SUGGESTION_STEPS,
    TemplateRefusal,
    TooMuch,
    fitting,
    mapping,
    pay,
    search,
    spend,
    weigh,
)
from tocsin.terms import TERMS

RANGE_MAX = 1000  # ours: numbers of one range()
NUMBER_MAX_BITS = 256  # ours: whole numbers stay below 2**256

TEXT_METHODS = frozenset(
    {
        "capitalize", "casefold", "count", "endswith", "find", "isalnum", "isalpha", "isdigit", "islower", "isnumeric", "isupper",
        "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rpartition", "rsplit", "rstrip", "split",
        "splitlines", "startswith", "strip", "swapcase", "title", "upper",
    }
)  # fmt: skip
DICT_METHODS = frozenset({"get", "items", "keys", "values"})
LOOP_FIELDS = frozenset(
    {"changed", "cycle", "depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex", "revindex0"}
)
_KINDS: dict[type, str] = {str: "a text", bool: "a yes or no", int: "a number", float: "a number", type(None): "what is absent"}


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 with the few things that a notification needs."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, finalize=_finalize, keep_trailing_newline=True, optimized=False)
        self.globals = {"range": _range, "dict": _dict, "namespace": _namespace, **HELPERS}
        self.filters = {**FILTERS, **SYNTAX}
        self.tests = dict(TESTS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field by its name, `obj.attribute`. Raises TemplateRefusal."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A field by its name or an item by its number; what is not there is absent. Raises TemplateRefusal for what can never be there."""
        spend()
        if isinstance(obj, Undefined):
            str(obj)  # raises: the name has no value
        return _field(obj, argument) if isinstance(argument, str) else _item(obj, argument)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call one of the few functions that may be called. Raises TemplateRefusal."""
        kwargs = {key: value for key, value in kwargs.items() if key not in ("_block_vars", "_loop_vars")}  # the compiler's own
        owner, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
        weigh(*args, *kwargs.values())
        if obj in HELPERS.values():
            return obj(context, *args, **kwargs)
        if isinstance(owner, str) and name in TEXT_METHODS:
            search(owner, *args[:1], *kwargs.values())
            spend(len(owner) // ITEMS_A_STEP)
            result = replace(owner, *args, **kwargs) if name == "replace" else obj(*args, **kwargs)
        elif obj in (_range, _dict, _namespace) or isinstance(owner, LoopContext) or (isinstance(owner, dict) and name in DICT_METHODS):
            result = obj(*args, **kwargs)
            result = list(result) if isinstance(result, (KeysView, ValuesView, ItemsView)) else result
        else:
            raise TemplateRefusal("this calls what is no function, or one that is not available in a template", name)
        return pay(result)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic, once it is known that the result is not too large. Raises TemplateRefusal."""
        if operator == "%" and isinstance(left, str):
            raise TemplateRefusal("% does not format texts here: join them with ~")
        if operator == "*":
            fitting(_length(left) * _times(right))
            fitting(_length(right) * _times(left))
        if operator == "+":
            fitting(_length(left) + _length(right))
        if operator == "**" and isinstance(left, int) and isinstance(right, int):
            _small(left.bit_length() * right)
        try:
            result = super().call_binop(context, operator, left, right)
        except TypeError:
            hint = ": join texts with ~" if operator == "+" and str in (type(left), type(right)) else ""
            raise TemplateRefusal(f"{operator} does not work between {_kind(left)} and {_kind(right)}{hint}") from None
        if isinstance(result, int):
            _small(result.bit_length())
        return pay(result)


def _kind(value: Any) -> str:
    return value.name if isinstance(value, Record) else _KINDS.get(type(value), "a list" if isinstance(value, (list, tuple)) else "it")


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, list, tuple)) else 0


def _times(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _small(bits: int) -> None:
    if bits > NUMBER_MAX_BITS:
        raise TooMuch("this makes a number that is too large")


@pass_context
def _finalize(_: Context, value: Any) -> Any:
    return escaped(pay(to_text(value)))


def _range(*args: int) -> range:
    numbers = range(*args)
    if numbers and abs(numbers[-1] - numbers[0]) // abs(numbers.step) >= RANGE_MAX:
        raise TooMuch(f"this counts over more than {RANGE_MAX:,} numbers")
    return numbers


def _dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    pairs = (args[0].items() if isinstance(args[0], Mapping) else args[0]) if args else ()
    return {**mapping(pairs), **kwargs}


def _namespace(*args: Any, **kwargs: Any) -> Namespace:
    return Namespace(_dict(*args, **kwargs))


def _field(obj: Any, name: str) -> Any:
    """A field or method by its name."""
    if isinstance(obj, (Record, dict)) and name in obj:
        return obj[name]
    if isinstance(obj, (str, type(None))) and name in TEXT_METHODS:
        return getattr(obj or "", name)
    if isinstance(obj, dict) and name in DICT_METHODS:
        return getattr(obj, name)
    if isinstance(obj, Namespace) or (isinstance(obj, LoopContext) and name in LOOP_FIELDS) or name in getattr(obj, "_fields", ()):
        value = getattr(obj, name)
        return None if isinstance(value, Undefined) else value
    known = list(obj) if isinstance(obj, (Record, dict)) else TEXT_METHODS if isinstance(obj, str) else ()
    raise TemplateRefusal(f"{_kind(obj)} has no field {name}{meant(name, known)}", name)


def _item(obj: Any, index: Any) -> Any:
    """An item by its number, counted from the end where it is negative."""
    weigh(index)
    if isinstance(obj, dict) and index in obj:
        return obj[index]
    if obj is None:
        return None
    if isinstance(obj, (str, list, tuple, range)) and isinstance(index, int):
        return obj[index] if -len(obj) <= index < len(obj) else getattr(obj, "blank", None)
    raise TemplateRefusal(f"{_kind(obj)} has no item {to_text(index)}")


# What people call a field who know the CI's own names for it, beside the terms.
FIELDS = {
    **{name: term.field for name, term in TERMS.items() if "." in term.field},
    "sha": "commit.sha",
    "commit_sha": "commit.sha",
    "message": "commit.message",
    "author": "commit.author.name",
    "actor": "triggered_by.login",
    "number": "run.number",
    "run_number": "run.number",
    "url": "run.url",
    "link": "run.url",
    "owner": "repository.owner",
    "repo": "repository.name",
    "pr": "pull_request.number",
}


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: " (do you mean X?)", or nothing where none is near."""
    if not budget.current().take(SUGGESTION_STEPS):
        return ""
    names = list(known)
    near = do_you_mean(word, names, cutoff=0.3 if word.lower().startswith("devtron") else 0.65)
    field = FIELDS.get(word.lower()) or (FIELDS.get(closest(word, FIELDS, cutoff=0.75) or "") if not near else None)
    return f" (do you mean {field}?)" if field and field.partition(".")[0] in names else near
