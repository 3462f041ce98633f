"""A clock that stands where a test puts it."""

from __future__ import annotations

import time
from datetime import datetime

from tocsin.clock import Clock


class StandingClock(Clock):
    """The day and hour stand still at an instant of ISO 8601; what measures durations goes on."""

    def __init__(self, at: str) -> None:
        self._at = datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return self._at
