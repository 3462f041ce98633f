"""The CI systems, one file each: what this run is about, from the CI's own variables and event file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from tocsin.ci.common import Context, ReadFile
from tocsin.errors import UsageError
from tocsin.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CIS", "Context", "ReadFile", "context", "detect"]

CIS = ("github", "gitlab", "jenkins", "generic")  # in the order they are asked: a runner of one may live on a machine of the next


class _CI(Protocol):
    def detect(self, env: Mapping[str, str]) -> bool: ...

    def context(self, env: Mapping[str, str], files: ReadFile) -> Context: ...


def detect(env: Mapping[str, str]) -> str:
    """The CI whose variables `env` has: one of `CIS`, "generic" where no other is recognised."""
    return next(name for name in CIS if _module(name).detect(env))


def context(ci: str, env: Mapping[str, str], files: ReadFile) -> Context:
    """What the CI named says of this run.

    `files` reads the event file. A broken one costs facts and gives a warning. Raises UsageError for a CI that is not in `CIS`.
    """
    if ci not in CIS:
        raise UsageError(f'the CI "{clean(ci, 40)}" is unknown: use one of {", ".join(CIS)}')
    return _module(ci).context(env, files)


def _module(name: str) -> _CI:
    """The file of one CI, loaded only when it is asked."""
    return cast("_CI", import_module(f"tocsin.ci.{name}"))
