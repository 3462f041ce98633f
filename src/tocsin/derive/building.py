"""The event, made of the facts that have been laid over each other."""

from __future__ import annotations

from typing import Any

from tocsin.event import LISTS, RECORDS, Event, Facts, Person


def build(facts: Facts) -> Event:
    """The event of facts that have been laid over each other; fields without a fact keep their default.

    Only the fields of `Event` are taken; `sources` is filled from the facts.
    """
    values: dict[str, Any] = {}
    for name, fact in facts.items():
        *parts, last = name.split(".")
        place = values
        for part in parts:
            place = place.setdefault(part, {})
        place[last] = tuple(_item(LISTS[name], item) for item in fact.value) if name in LISTS else fact.value
    return Event(**_filled(values), sources={name: fact.source for name, fact in facts.items()})


def _filled(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of a record's fields, those of the records in it made into records."""
    return {
        name: RECORDS[full](**_filled(value, f"{full}.")) if (full := prefix + name) in RECORDS else value for name, value in values.items()
    }


def _item(record: type[Any], item: Any) -> Any:
    if isinstance(item, record):
        return item
    author = item.get("author")
    return record(**{**item, "author": Person(**author)}) if author else record(**{k: v for k, v in item.items() if k != "author"})
