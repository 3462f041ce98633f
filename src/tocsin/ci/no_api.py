"""For a CI whose API is not asked: the two functions of its row that would ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.rest import Api
    from tocsin.ci.run import Run
    from tocsin.clock import Clock
    from tocsin.event import Event, Facts
    from tocsin.network import Network


def open_api(env: Mapping[str, str], network: Network, clock: Clock, deadline: float, token: str | None = None) -> Api | None:  # noqa: ARG001
    """None: there is nothing to ask."""
    return None


def learn(api: Api, run: Run, event: Event, env: Mapping[str, str]) -> Facts:  # noqa: ARG001
    """Nothing."""
    return {}
