"""Shapes: what a service takes in the parts of a payload, as small checks that say what is refused, and where."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeAlias

from tocsin.channels.own_payload import Refusal
from tocsin.http import json_body
from tocsin.suggest import do_you_mean
from tocsin.text import safe_url, units
from tocsin.wrong import DataPath

Shape: TypeAlias = Callable[[Any, DataPath], Iterator[Refusal]]

LISTED_MAX = 20  # ours: known words in one message


def meant(word: str, known: Collection[str]) -> str:
    """The end of a message about an unknown word."""
    listed = sorted(known)
    more = ", …" if len(listed) > LISTED_MAX else ""
    return do_you_mean(word, listed) or f" (known: {', '.join(listed[:LISTED_MAX])}{more})"


def text(maximum: int, minimum: int = 1) -> Shape:
    """A text of so many characters."""

    def check(value: Any, path: DataPath) -> Iterator[Refusal]:
        if not isinstance(value, str):
            yield Refusal(path, "must be a text")
        elif len(value.strip()) < minimum:
            yield Refusal(path, "is an empty text, which the service refuses")
        elif units(value) > maximum:
            yield Refusal(path, f"has {units(value):,} characters, and the service takes {maximum:,}")

    return check


def url(value: Any, path: DataPath) -> Iterator[Refusal]:
    """An address."""
    if not isinstance(value, str) or not safe_url(value):
        yield Refusal(path, "is no plain http or https address")


def switch(value: Any, path: DataPath) -> Iterator[Refusal]:
    """True or false."""
    if not isinstance(value, bool):
        yield Refusal(path, "must be true or false")


def whole(least: int, most: int) -> Shape:
    """A whole number between two."""

    def check(value: Any, path: DataPath) -> Iterator[Refusal]:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            yield Refusal(path, f"must be a whole number from {least} to {most:,}")

    return check


def word(*known: str) -> Shape:
    """One of few words."""

    def check(value: Any, path: DataPath) -> Iterator[Refusal]:
        if value not in known:
            yield Refusal(path, f"is unknown: {str(value)[:40]!r}{meant(str(value), known)}")

    return check


def anything(_: Any, __: DataPath) -> Iterator[Refusal]:
    """What is not looked at."""
    yield from ()


def ours(why: str) -> Shape:
    """What tocsin puts in itself, so that no payload says it."""

    def check(_: Any, path: DataPath) -> Iterator[Refusal]:
        yield Refusal(path, why)

    return check


def each(shape: Shape, maximum: int, minimum: int = 1) -> Shape:
    """A list of so many."""

    def check(value: Any, path: DataPath) -> Iterator[Refusal]:
        if not isinstance(value, list):
            yield Refusal(path, "must be a list")
            return
        if not minimum <= len(value) <= maximum:
            yield Refusal(path, f"has {len(value)} items, and the service takes {minimum} to {maximum}")
        for index, item in enumerate(value[:maximum]):
            yield from shape(item, (*path, index))

    return check


def part(keys: Mapping[str, Shape], required: Collection[str] = (), one_of: Collection[str] = (), *, is_open: bool = False) -> Shape:
    """A mapping: its keys with their shapes, those it must have, and those of which it must have one. An open one has others too."""

    def check(value: Any, path: DataPath) -> Iterator[Refusal]:
        if not isinstance(value, dict):
            yield Refusal(path, "must be a mapping")
            return
        for key in required:
            if key not in value:
                yield Refusal(path, f"{key!r} is missing")
        if one_of and not any(value.get(key) for key in one_of):
            yield Refusal(path, f"must have one of {', '.join(one_of)}")
        for key, item in value.items():
            if key in keys:
                yield from keys[key](item, (*path, key))
            elif not is_open:
                yield Refusal((*path, key), f"is unknown: {str(key)[:40]!r}{meant(str(key), keys)}")

    return check


def typed(parts: Mapping[str, Shape], what: str) -> Shape:
    """A mapping whose `type` says which of several it is."""

    def check(value: Any, path: DataPath) -> Iterator[Refusal]:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(value, dict):
            yield Refusal(path, f"must be a mapping: {what}")
        elif not isinstance(kind, str):
            yield Refusal(path, f"'type' is missing: {what} has one")
        elif kind not in parts:
            yield Refusal((*path, "type"), f"{what} of type {kind[:40]!r} is unknown{meant(kind, parts)}")
        else:
            yield from parts[kind](value, path)

    return check


def wire_bytes(payload: Any, maximum: int) -> Iterator[Refusal]:
    """A payload of so many bytes on the wire."""
    size = len(json_body(payload))
    if size > maximum:
        yield Refusal((), f"has {size:,} bytes, and the service takes {maximum:,}")
