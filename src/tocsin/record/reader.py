"""Read a record whose data is plainly right. Whoever gets None here asks pydantic, which says what is wrong or takes what is odd."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

from tocsin.record.fields import AfterValidator, BeforeValidator, Given, RecordBase, RecordField, SchemaOnly, Where

R = TypeVar("R", bound=RecordBase)
Reader: TypeAlias = Callable[[Any, str], Any]
"""Takes a value and the name of its field, and returns what is read. Raises DoubtError, and ValueError from a record's own checks."""

_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?")
TRUTH = {  # https://docs.pydantic.dev/latest/api/standard_library_types/#booleans, in any case
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


class DoubtError(Exception):
    """The data is not plainly right."""


def read(cls: type[R], data: Any) -> R | None:
    """The record of the data, or None where that is not beyond doubt."""
    shape: object = cls
    try:
        record: R = _reader(shape)(data, "")
    except (DoubtError, ValueError):
        return None
    return record


@cache
def _reader(kind: Any) -> Reader:
    """What reads the values of a type. Raises DoubtError for a type that is pydantic's alone."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    if get_origin(kind) in _SHAPES:
        return _SHAPES[get_origin(kind)](kind)
    if isinstance(kind, type) and issubclass(kind, RecordBase):
        return _record(kind)
    if is_typeddict(kind):
        return _typed_dict(kind)
    raise DoubtError


def _record(cls: type[RecordBase]) -> Reader:
    members = [(name, field.alias or name, field.is_required(), field) for name, field in cls.model_fields.items()]
    readers: dict[str, Reader] = {}  # of the fields that were met: most policies have few of them

    def reader(name: str, field: RecordField) -> Reader:
        readers[name] = _marked(field.annotation, (*field.metadata, field.given))
        return readers[name]

    def record(data: Any, _: str) -> Any:
        if isinstance(data, cls):
            return data
        if type(data) is not dict:
            raise DoubtError
        values: dict[str, Any] = {}
        seen = 0
        for name, key, required, field in members:
            if key in data:
                seen += 1
                read_field = readers.get(name) or reader(name, field)
                values[name] = cls.check_field(name, read_field(cls.check_given(name, data[key]), name), values)
            elif required:
                raise DoubtError
            else:
                values[name] = field.default()
        if seen < len(data):
            raise DoubtError
        made = cls.__new__(cls)
        made.__dict__.update(values)
        made.check()
        return made

    return record


def _marked(kind: Any, marks: tuple[Any, ...]) -> Reader:
    """Reads an annotated type: what is to be done before goes from the last mark to the first, what after from the first on."""
    inner = _reader(kind)
    before = [mark.func for mark in reversed(marks) if type(mark) is BeforeValidator]
    after = [step for mark in marks if (step := _after(mark))]

    def marked(value: Any, name: str) -> Any:
        for function in before:
            value = function(value)
        value = inner(value, name)
        for step in after:
            value = step(value, name)
        return value

    return marked if before or after else inner


def _after(mark: Any) -> Reader | None:
    """What a mark asks for once the value is read."""
    if type(mark) is AfterValidator:
        function = mark.func
        if function.__code__.co_argcount > 1:
            return lambda value, name: function(value, Where(name))
        return lambda value, _: function(value)
    if type(mark) is Given:
        return _limited(mark.limits) if mark.limits else None
    if type(mark) not in (BeforeValidator, SchemaOnly, str):
        raise DoubtError
    return None


def _limited(limits: tuple[tuple[str, Any], ...]) -> Reader:
    checks = [(_LIMITS.get(limit), bound) for limit, bound in limits]

    def limited(value: Any, _: str) -> Any:
        if not all(keeps and keeps(value, bound) for keeps, bound in checks):
            raise DoubtError
        return value

    return limited


def _text(value: Any, _: str = "") -> str:
    if type(value) is not str:
        raise DoubtError
    return value


def _whole(value: Any, _: str = "") -> int:
    if type(value) is int:
        return value
    if not _WHOLE.fullmatch(_text(value)):
        raise DoubtError
    return int(value)


def _float(value: Any, _: str = "") -> float:
    if type(value) is float:
        return value
    if type(value) is not int and not _NUMBER.fullmatch(_text(value)):
        raise DoubtError
    return float(value)


def _boolean(value: Any, _: str = "") -> bool:
    if type(value) is bool:
        return value
    if _text(value) not in TRUTH:
        raise DoubtError
    return TRUTH[value]


def _optional(kind: Any) -> Reader:
    some = [one for one in get_args(kind) if one is not type(None)]
    if len(some) > 1:
        raise DoubtError
    inner = _reader(some[0])
    return lambda value, name: None if value is None else inner(value, name)


def _literal(kind: Any) -> Reader:
    words = frozenset(get_args(kind))

    def literal(value: Any, _: str) -> Any:
        if _text(value) not in words:
            raise DoubtError
        return value

    return literal


def _list(kind: Any) -> Reader:
    inner = _reader(*get_args(kind))

    def listed(value: Any, name: str) -> list[Any]:
        if type(value) is not list:
            raise DoubtError
        return [inner(one, name) for one in value]

    return listed


def _dict(kind: Any) -> Reader:
    read_key, read_value = map(_reader, get_args(kind))

    def mapping(value: Any, name: str) -> dict[Any, Any]:
        if type(value) is not dict:
            raise DoubtError
        return {read_key(key, name): read_value(one, name) for key, one in value.items()}

    return mapping


def _typed_dict(kind: Any) -> Reader:
    readers = {name: _reader(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}

    def typed_dict(value: Any, _: str) -> dict[str, Any]:
        if type(value) is not dict or not kind.__required_keys__ <= value.keys() <= readers.keys():
            raise DoubtError
        return {name: reader(value[name], name) for name, reader in readers.items() if name in value}

    return typed_dict


_SCALARS: dict[Any, Reader] = {str: _text, int: _whole, float: _float, bool: _boolean, Any: lambda value, _: value}
_SHAPES: dict[Any, Callable[[Any], Reader]] = {
    Annotated: lambda kind: _marked(kind.__origin__, kind.__metadata__),
    UnionType: _optional,
    Union: _optional,
    Literal: _literal,
    list: _list,
    dict: _dict,
}
_LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda value, bound: value > bound,
    "ge": lambda value, bound: value >= bound,
    "le": lambda value, bound: value <= bound,
    "min_length": lambda value, bound: len(value) >= bound,
    "allow_inf_nan": lambda value, _: abs(value) < float("inf"),
}
