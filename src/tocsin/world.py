"""All that the process has, handed in: nothing below reads it from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tocsin.clock import Clock
from tocsin.network import Network


class World(NamedTuple):
    """The environment, the current folder, standard input (None where it is not ours to read), the clock and the network."""

    env: Mapping[str, str]
    folder: Path
    read_stdin: Callable[[], bytes] | None
    clock: Clock
    started: float  # the process's start, on the clock's monotonic seconds
    network: Network

    def now(self) -> str:
        """The present, as ISO 8601 in UTC."""
        from datetime import datetime, timezone

        return datetime.fromtimestamp(self.clock.time(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
