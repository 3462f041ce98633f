"""The connection or client that the deliveries of one channel share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedConnection(Generic[T]):
    """What the deliveries of one channel share: an open connection or a client, made by the first that needs it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._value: T | None = None

    def get(self, make: Callable[[ExitStack], T]) -> T:
        """The connection, made by `make` at first, which pushes its closing onto the stack."""
        if self._value is None:
            self._value = make(self._stack)
        return self._value

    @property
    def made(self) -> bool:
        """Whether there is something to close."""
        return self._value is not None

    def drop(self) -> None:
        """Forget and close the connection: the next `get` makes it anew."""
        stack, self._stack, self._value = self._stack, ExitStack(), None
        stack.close()
