"""The CI systems, one file each: what this run is about, from the CI's own variables and event file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from tocsin.ci.common import ReadFile, Run
from tocsin.errors import UsageError
from tocsin.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tocsin.ci.rest import Api
    from tocsin.event import Event, Facts
    from tocsin.network import Network

__all__ = ["CIS", "ReadFile", "Run", "context", "detect", "learn", "open_api", "read_run"]

CIS = ("github", "gitlab", "jenkins", "generic")  # in the order they are asked: a runner of one may live on a machine of the next


class _CI(Protocol):
    def detect(self, env: Mapping[str, str]) -> bool: ...

    def context(self, env: Mapping[str, str], files: ReadFile) -> Run: ...


def detect(env: Mapping[str, str]) -> str:
    """The CI whose variables `env` has: one of `CIS`, "generic" where no other is recognised."""
    return next(name for name in CIS if _module(name).detect(env))


def context(ci: str, env: Mapping[str, str], files: ReadFile) -> Run:
    """What the CI named says of this run.

    `files` reads the event file. A broken one costs facts and gives a warning. Raises UsageError for a CI that is not in `CIS`.
    """
    if ci not in CIS:
        raise UsageError(f'the CI "{clean(ci, 40)}" is unknown: use one of {", ".join(CIS)}')
    return _module(ci).context(env, files)


def _module(name: str) -> _CI:
    """The file of one CI, loaded only when it is asked."""
    return cast("_CI", import_module(f"tocsin.ci.{name}"))


def learn(api: Api, run: Run, event: Event, env: Mapping[str, str]) -> Facts:
    """What the CI's API adds to an event, as far as it can be known; `api.notes` says what stays unknown."""
    facts: Facts = import_module(f"tocsin.ci.{run.ci}_api").api_facts(api, event, env)
    return facts


def read_run(env: Mapping[str, str], folder: Path, name: str | None = None) -> Run:
    """What the CI says of this run: the one named, else TOCSIN_CI's, else by its own variables. Raises UsageError."""
    name = name or env.get("TOCSIN_CI") or detect(env)
    if name not in CIS:
        raise UsageError(f"TOCSIN_CI is {clean(name, 40)!r}: use one of {', '.join(CIS)}, or unset it")
    return context(name, env, lambda path: (folder / path).read_text(encoding="utf-8"))


def open_api(name: str, env: Mapping[str, str], network: Network, deadline: float, token: str | None) -> Api | None:
    """The API of a CI, where a token was made for us or is passed; None where it has none."""
    if name == "gitlab":
        from tocsin.ci.gitlab_rest import open_api as gitlab

        return gitlab(env, network, deadline)
    if name == "github" and token and env.get("GITHUB_API_URL"):
        from tocsin.ci.github_rest import Api as GitHub

        return GitHub(env["GITHUB_API_URL"], token, network, deadline)
    return None
