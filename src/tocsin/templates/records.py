"""An event's data as a template sees it: records with fixed fields, and lists whose items are such records.

A field that the event does not have is absent (None); a field that no event ever has is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Record(Mapping[str, Any]):
    """A part of an event by its name. It is true where anything in it is known and true."""

    def __init__(self, name: str, fields: Mapping[str, Any]) -> None:
        self.name, self._fields = name, fields

    def __getitem__(self, key: str) -> Any:
        return self._fields[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __bool__(self) -> bool:
        return any(self._fields.values())


class Records(tuple[Any, ...]):
    """A list of an event. `blank` stands for an item that is not there: a record of absent fields, or None."""

    __slots__ = ()
    blank: Any = None


def wrap(name: str, value: Any, shapes: Mapping[str, Mapping[str, Any]]) -> Any:
    """Plain data as records; `shapes` has an item with absent fields for each list of records, by the list's name."""
    if isinstance(value, Mapping):
        return Record(name, {key: wrap(f"{name}.{key}", item, shapes) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return _list(name, value, shapes)
    return value


def _list(name: str, items: list[Any] | tuple[Any, ...], shapes: Mapping[str, Mapping[str, Any]]) -> Records:
    item_name = f"an item of {name}"
    shape = shapes.get(name)
    kind: type[Records] = Records if shape is None else type("Records", (Records,), {"__slots__": (), "blank": wrap(item_name, shape, {})})
    return kind(wrap(item_name, item, {}) for item in items)
