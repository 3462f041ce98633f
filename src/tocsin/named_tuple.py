"""`typing.NamedTuple` without its price: that compiles a constructor for each class, and each annotation, at every start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections.abc import Iterable
    from operator import itemgetter
    from types import MappingProxyType

    class _Class(type):
        """Makes the annotations of a class that derives from NamedTuple itself the fields of its tuples."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
            namespace.setdefault("__slots__", ())
            made = super().__new__(cls, name, bases, namespace)
            if len(made.__mro__) == 4:  # itself, NamedTuple, tuple, object: what derives from such a class has its fields
                fields = tuple(made.__annotations__)
                made._fields = made.__match_args__ = fields
                made._field_defaults = {field: namespace[field] for field in fields if field in namespace}
                for index, field in enumerate(fields):
                    setattr(made, field, property(itemgetter(index)))
            return made

    class NamedTuple(tuple, metaclass=_Class):
        """https://docs.python.org/3/library/typing.html#typing.NamedTuple, as a class statement."""

        __slots__ = ()
        _fields = ()
        _field_defaults = MappingProxyType({})

        def __new__(cls, *values: Any, **named: Any) -> Any:
            """Raises TypeError, as a call does, for a value that is missing, unknown or given twice."""
            return tuple.__new__(cls, values if len(values) == len(cls._fields) and not named else cls._filled(values, named))

        @classmethod
        def _filled(cls, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
            known = {**cls._field_defaults, **dict(zip(cls._fields, values, strict=False)), **named}
            given_twice = any(field in named for field in cls._fields[: len(values)])
            if given_twice or len(values) > len(cls._fields) or known.keys() != set(cls._fields):
                raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}, each once")
            return tuple(known[field] for field in cls._fields)

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Any:
            return cls(*values)

        def _replace(self, **named: Any) -> Any:
            return type(self)(**{**self._asdict(), **named})

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            return f"{type(self).__name__}({', '.join(f'{field}={value!r}' for field, value in self._asdict().items())})"


__all__ = ["NamedTuple"]
