"""What a record declares: fields with their types, what they are marked with, and the checks beside the types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, get_origin, get_type_hints

from tocsin.named_tuple import NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self

MISSING: Any = object()
T = TypeVar("T")


class AfterValidator(NamedTuple):
    """In an Annotated type: a function of the value, or of the value and a `Where`, which returns what is taken or raises ValueError."""

    func: Callable[..., Any]


class BeforeValidator(NamedTuple):
    """In an Annotated type: a function of what is given, which returns what is to be read."""

    func: Callable[[Any], Any]


class SchemaOnly(NamedTuple):
    """In an Annotated type: its JSON Schema, key by key."""

    schema: tuple[tuple[str, Any], ...]


class Where(NamedTuple):
    """What a validator may ask: its field, by pydantic's name for it."""

    field_name: str | None


class Given(NamedTuple):
    """What is said of a field beside its type. See `Field`."""

    default: Any = MISSING
    default_factory: Callable[[], Any] | None = None
    description: str | None = None
    alias: str | None = None
    limits: tuple[tuple[str, Any], ...] = ()


def Field(  # noqa: N802  pydantic's name
    default: Any = MISSING,
    *,
    default_factory: Callable[[], Any] | None = None,
    description: str | None = None,
    alias: str | None = None,
    **limits: Any,
) -> Any:
    """What is said of a field or of a type: `limits` are pydantic's `gt`, `ge`, `le`, `min_length`, `allow_inf_nan`."""
    return Given(default, default_factory, description, alias, tuple(limits.items()))


def as_list(value: Any) -> Any:
    """A single value as a list of one."""
    return value if isinstance(value, list) else [value]


Some = Annotated[str, Field(min_length=1)]
"""Text that is not empty."""

OneOrMore = Annotated[list[T], BeforeValidator(as_list), Field(min_length=1)]
"""A list, for which a single value may stand."""


class RecordField(NamedTuple):
    """A field as its class declares it: its type without what it is marked with, and those marks."""

    annotation: Any
    metadata: tuple[Any, ...]
    given: Given

    @property
    def alias(self) -> str | None:
        """The key in the data, where it is not the field's name."""
        alias: str | None = self.given.alias
        return alias

    def is_required(self) -> bool:
        """Whether the data must have it."""
        return self.given.default is MISSING and self.given.default_factory is None

    def default(self) -> Any:
        """What it is where the data has none."""
        return self.given.default_factory() if self.given.default_factory else self.given.default


class _Fields:
    """The fields of the class that is asked: types are looked at when they are needed, and once."""

    def __init__(self) -> None:
        self._known: dict[Any, Mapping[str, RecordField]] = {}

    def __get__(self, _: Any, cls: Any) -> Mapping[str, RecordField]:
        if cls not in self._known:
            hints = get_type_hints(cls, include_extras=True)
            own = {name: hint for name, hint in hints.items() if name[0] != "_" and get_origin(hint) is not ClassVar}
            self._known[cls] = {name: _field(getattr(cls, name, MISSING), hint) for name, hint in own.items()}
        return self._known[cls]


def _field(said: Any, hint: Any) -> RecordField:
    given = Given(said)
    if hasattr(said, "default_factory"):  # `Field`, ours or pydantic's
        given = Given(said.default, said.default_factory, said.description, said.alias, getattr(said, "limits", ()))
    if get_origin(hint) is Annotated:
        return RecordField(hint.__origin__, hint.__metadata__, given)
    return RecordField(hint, (), given)


class RecordBase:  # noqa: PLW1641  lists are in it, which have no hash
    """A frozen object with the fields that its class declares, those of the base classes first."""

    if TYPE_CHECKING:
        model_fields: ClassVar[Mapping[str, RecordField]]
    else:
        model_fields = _Fields()

    @classmethod
    def model_keys(cls) -> dict[str, RecordField]:
        """The fields by their keys in the data."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}

    @classmethod
    def model_construct(cls, **values: Any) -> Self:
        """The record of values that are known to be right, and of defaults."""
        record = cls.__new__(cls)
        record.__dict__.update({name: values[name] if name in values else field.default() for name, field in cls.model_fields.items()})
        return record

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """The same with other values, which are not checked."""
        record = self.__new__(type(self))
        record.__dict__.update(self.__dict__, **update)
        return record

    @classmethod
    def check_given(cls, name: str, value: Any) -> Any:
        """The value given for a field, before it is read. May raise ValueError."""
        del name
        return value

    @classmethod
    def check_field(cls, name: str, value: Any, earlier: Mapping[str, Any]) -> Any:
        """The value of a field that was given, beside those of the fields before it. May raise ValueError."""
        del name, earlier
        return value

    def check(self) -> None:
        """Raise ValueError where the fields do not go together."""

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((name, self.__dict__[name]) for name in self.model_fields)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self)})"
