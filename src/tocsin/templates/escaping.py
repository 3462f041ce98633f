"""Escaping: what a template puts into a text is made harmless there, by the markup of the text; what its author wrote is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

Escape: TypeAlias = Callable[[str], str]

_now: ContextVar[Escape | None] = ContextVar("escape", default=None)


def escaped(text: str) -> str:
    """A value as the text that is rendered now needs it."""
    escape = _now.get()
    return escape(text) if escape else text


@contextmanager
def escaping(escape: Escape | None) -> Iterator[None]:
    """Whatever value a template puts into its text inside is escaped so."""
    token = _now.set(escape)
    try:
        yield
    finally:
        _now.reset(token)
