"""All that the process has, handed in: nothing below reads it from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.named_tuple import NamedTuple
from tocsin.network import Network

if TYPE_CHECKING:
    from tocsin.watchdog import Watchdog

INPUT_MAX_SECONDS = 5.0  # ours, from the process's start: half of the smaller default budget, before the policy says another
INPUT_MIN_SECONDS = 1.0  # ours: for what is read after something slow


class World(NamedTuple):
    """The environment, the current folder, standard input (None where it is not ours to read), the clock and the network."""

    env: Mapping[str, str]
    folder: Path
    read_stdin: Callable[[], bytes] | None
    clock: Clock
    started: float  # the process's start, on the clock's monotonic seconds
    network: Network
    watchdog: Watchdog | None = None  # None where the process is somebody else's
    ask: Callable[[str], str] | None = None  # a person's answer to a question, empty where there is none; None without a terminal

    def now(self) -> str:
        """The present, as ISO 8601 in UTC."""
        from datetime import datetime, timezone

        return datetime.fromtimestamp(self.clock.time(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def patience(self) -> Callable[[], float]:
        """The seconds that are left for one input that is no file, such as a pipe, to come to its end."""
        deadline = max(self.started + INPUT_MAX_SECONDS, self.clock.monotonic() + INPUT_MIN_SECONDS)
        return lambda: max(0.0, deadline - self.clock.monotonic())

    def remaining(self) -> float:
        """Seconds to the time at which the work must be done; without end where there is none."""
        return self.watchdog.remaining() if self.watchdog else math.inf
