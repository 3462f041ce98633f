"""A record as a model of pydantic's, which finds all that is wrong with its data and makes its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

import pydantic
from pydantic_core import core_schema as schemas
from typing_extensions import TypedDict

from tocsin.record.fields import MISSING, AfterValidator, BeforeValidator, Given, RecordBase, SchemaOnly

R = TypeVar("R", bound=RecordBase)
_BUILD: Any = {"annotated": Annotated, "union": Union, "typed_dict": TypedDict}  # of parts that no checker knows


def validate(cls: type[R], data: Any) -> R:
    """The record of the data. Raises pydantic.ValidationError."""
    shape: object = cls
    record: R = _adapter(shape).validate_python(data)
    return record


def json_schema(cls: type[RecordBase]) -> dict[str, Any]:
    """The JSON Schema of a record's data."""
    return model(cls).model_json_schema()


@cache
def _adapter(cls: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(cls, config=pydantic.ConfigDict(hide_input_in_errors=True, title=cls.__name__))


def core_schema(cls: type[RecordBase], handler: Any) -> Any:
    """Pydantic's schema of a record: a record as it is, or the data of one."""

    def read(value: Any, inner: Any) -> Any:
        return value if isinstance(value, cls) else _record(cls, inner(value))

    return schemas.no_info_wrap_validator_function(read, handler.generate_schema(model(cls)))


def _record(cls: type[R], found: pydantic.BaseModel) -> R:
    """The record of what pydantic has read."""
    record = cls.model_construct(**{name: getattr(found, name) for name in found.model_fields_set})
    record.check()
    return record


@cache
def _model(cls: Any) -> type[pydantic.BaseModel]:

    def given(_: Any, value: Any, info: pydantic.ValidationInfo) -> Any:
        return cls.check_given(info.field_name or "", value)

    def read(_: Any, value: Any, info: pydantic.ValidationInfo) -> Any:
        return cls.check_field(info.field_name or "", value, info.data)

    checks: dict[str, Any] = {
        "_given": pydantic.field_validator("*", mode="before")(classmethod(given)),
        "_read": pydantic.field_validator("*")(classmethod(read)),
    }
    fields: dict[str, Any] = {}
    for name, field in cls.model_fields.items():
        kind = _annotated(field.annotation, field.metadata) if field.metadata else _kind(field.annotation)
        fields[name] = (kind, _field(field.given))
    return pydantic.create_model(
        cls.__name__,
        __config__=pydantic.ConfigDict(extra="forbid", hide_input_in_errors=True),
        __doc__=cls.__doc__,
        __module__=cls.__module__,
        __validators__=checks,
        **fields,
    )


def model(cls: object) -> type[pydantic.BaseModel]:
    """The model with a record's fields, and their checks."""
    return _model(cls)


def _field(given: Any) -> Any:
    """What is said of a field, in pydantic's words."""
    said: dict[str, Any] = dict(given.limits)
    said |= {key: value for key, value in (("description", given.description), ("alias", given.alias)) if value is not None}
    if given.default_factory:
        said["default_factory"] = given.default_factory
    elif given.default is not MISSING:
        said["default"] = _default(given.default)
    return pydantic.Field(**said)


def _default(value: Any) -> Any:
    """A default as the model has it, so that the schema can show it."""
    if not isinstance(value, RecordBase):
        return value
    return model(type(value)).model_construct(**{name: _default(each) for name, each in value})


def _kind(kind: Any) -> Any:
    """A type with pydantic's marks in place of ours."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _annotated(kind.__origin__, kind.__metadata__)
    if origin in (Union, UnionType):
        return _BUILD["union"][tuple(map(_kind, parts))]
    if origin in (list, dict, tuple):
        return origin[tuple(map(_kind, parts))]
    return _typed_dict(kind) if is_typeddict(kind) else kind


def _annotated(kind: Any, marks: Iterable[Any]) -> Any:
    parts = (_kind(kind), *map(_mark, marks))
    return _BUILD["annotated"][parts]


@cache
def _typed_dict(kind: Any) -> Any:
    """Before Python 3.12 pydantic takes those of typing_extensions alone."""
    hints = get_type_hints(kind, include_extras=True)
    made = _BUILD["typed_dict"](kind.__name__, {name: _kind(hint) for name, hint in hints.items()}, total=kind.__total__)
    made.__doc__, made.__module__ = kind.__doc__, kind.__module__
    made.__pydantic_config__ = pydantic.ConfigDict(extra="forbid")
    return made


def _mark(mark: Any) -> Any:
    if isinstance(mark, AfterValidator):
        return pydantic.AfterValidator(mark.func)
    if isinstance(mark, BeforeValidator):
        return pydantic.BeforeValidator(mark.func)
    if isinstance(mark, SchemaOnly):
        return pydantic.WithJsonSchema(dict(mark.schema))
    return _field(mark) if isinstance(mark, Given) else mark
