"""A machine with no CI variables: `TOCSIN_*` alone give the event, and they are layered on for every CI alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.common import Run
from tocsin.event import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.common import ReadFile


def detect(env: Mapping[str, str]) -> bool:  # noqa: ARG001  the shape of every CI's file
    """Always: what no other CI claims is generic, with or without `CI=true`."""
    return True


def context(env: Mapping[str, str], files: ReadFile) -> Run:  # noqa: ARG001  the shape of every CI's file
    """Nothing but the name."""
    return Run(declared={"ci": Fact("generic", "no CI variables")}, guessed={})
