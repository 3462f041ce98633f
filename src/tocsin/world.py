"""All that the process has, handed in: nothing below reads it from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tocsin.clock import Clock
from tocsin.network import Network

if TYPE_CHECKING:
    from tocsin.ci.rest import Api


class World(NamedTuple):
    """The environment, the clock, the streams and the network."""

    env: Mapping[str, str]
    folder: Path
    read_stdin: Callable[[], bytes]
    clock: Clock
    started: float  # the process's start, on the clock's monotonic seconds
    network: Network
    api: Api | None = None  # the CI's, where a token was made or passed for us: the CI's own in the environment was not

    def now(self) -> str:
        """The present, as ISO 8601 in UTC."""
        from datetime import datetime, timezone

        return datetime.fromtimestamp(self.clock.time(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
