"""The clock: what time it is, all waiting, and what waits apart: threads. Only the entrance makes one; everything else is given it.

A test gives another one, whose time goes by as fast as the program can run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back, whose zero means nothing: for deadlines and durations."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970 in UTC: for what a person or a service reads."""
        return time.time()

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait until `event` is set, at most `seconds`; True if it is."""
        return event.wait(max(0.0, seconds))

    def take(self, queue: SimpleQueue[T], seconds: float) -> T:
        """The next of `queue`, as soon as there is one. Raises queue.Empty after `seconds`."""
        return queue.get(timeout=max(0.0, seconds))

    def start(self, work: Callable[[], None]) -> None:
        """Do `work` in a thread that does not hold up the process's end. Raises RuntimeError where the machine has no room for one more."""
        Thread(target=work, daemon=True).start()

    def random(self) -> float:
        """A number from 0 up to 1, for pauses that should not fall together."""
        from random import random

        return random()  # noqa: S311  no secret depends on it
