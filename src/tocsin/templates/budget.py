"""What all templates of one policy may spend together, to be tried or to fill a context: each by itself may be cheap, and thousands not."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TOGETHER_MAX = 4_000_000  # ours: steps of about a microsecond


class Budget:
    """Steps that are left."""

    __slots__ = ("left",)

    def __init__(self, left: float) -> None:
        self.left = left

    def take(self, steps: float) -> bool:
        """Take steps away; False where there are not as many, and then none is left."""
        enough = self.left >= steps
        self.left = self.left - steps if enough else 0
        return enough


_all: ContextVar[Budget] = ContextVar("steps of all templates")


def current() -> Budget:
    """The budget of all templates that are worked on now; without end where there is none."""
    return _all.get(None) or Budget(math.inf)


@contextmanager
def together(steps: float = TOGETHER_MAX) -> Iterator[None]:
    """Whatever template is worked on inside, all of them have so many steps together."""
    token = _all.set(Budget(steps))
    try:
        yield
    finally:
        _all.reset(token)
