"""A machine with no CI variables: `TOCSIN_*` alone give the event, and they are layered on for every CI alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.no_api import learn, open_api
from tocsin.ci.run import Run
from tocsin.event import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.run import ReadFile

__all__ = ["context", "detect", "learn", "open_api"]


def detect(env: Mapping[str, str]) -> bool:  # noqa: ARG001  the shape of every CI
    """Always: what no other CI claims is generic, with or without `CI=true`."""
    return True


def context(env: Mapping[str, str], files: ReadFile) -> Run:  # noqa: ARG001  the shape of every CI
    """Nothing but the name. Whose code lies beside us nobody says: on a machine without a CI it is the owner's."""
    return Run("generic", {"ci": Fact("generic", "no CI variables")}, untrusted=None)
