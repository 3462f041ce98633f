"""The clock: what time it is, and how long since the start. Only the entrance makes one; everything else is given it."""

from __future__ import annotations

import time


class Clock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back, whose zero means nothing: for deadlines and durations."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970 in UTC: for what a person or a service reads."""
        return time.time()
