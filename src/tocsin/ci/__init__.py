"""The table of CIs. Each is a module or a folder that is loaded only when it is asked.

A CI is what `CI` names. A new one is a file or a folder, its row in CIS, and its cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tocsin.checkout import checked_out, repository_root
from tocsin.errors import UsageError
from tocsin.file_io import read_regular
from tocsin.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tocsin.ci.rest import Api
    from tocsin.ci.run import ReadFile, Run
    from tocsin.clock import Clock
    from tocsin.event import Event, Facts
    from tocsin.network import Network


EVENT_MAX_BYTES = 32 * 1024 * 1024  # ours: GitHub sends no payload above 25 MB, and the runner's file has it with line breaks


class CI(Protocol):
    """What a CI offers. One whose API is not asked takes the last two from `no_api`."""

    def detect(self, env: Mapping[str, str]) -> bool:
        """Whether `env` has the variables that this CI always sets."""

    def context(self, env: Mapping[str, str], files: ReadFile) -> Run:
        """What the variables say of this run, and the event file, which `files` reads.

        Pure. Whatever stands in them, nothing is raised: what does not fit is absent, and a broken event file gives a warning.
        """

    def open_api(self, env: Mapping[str, str], network: Network, clock: Clock, deadline: float, token: str | None = None) -> Api | None:
        """The CI's API, to be asked until `deadline` in the clock's monotonic seconds; None without a token that was made for us.

        `token` is one that was passed to us. The CI's own in the environment is never used.
        """

    def learn(self, api: Api, run: Run, event: Event, env: Mapping[str, str]) -> Facts:
        """What the API adds to the event of a run. Raises nothing: `api.notes` says what stays unknown."""


def _github() -> CI:
    from tocsin.ci import github

    return github


def _gitlab() -> CI:
    from tocsin.ci import gitlab

    return gitlab


def _circleci() -> CI:
    from tocsin.ci import circleci

    return circleci


def _jenkins() -> CI:
    from tocsin.ci import jenkins

    return jenkins


def _generic() -> CI:
    from tocsin.ci import generic

    return generic


# By name, in the order they are asked: a runner of one may live on a machine of the next.
CIS: dict[str, Callable[[], CI]] = {
    "github": _github,
    "gitlab": _gitlab,
    "circleci": _circleci,
    "jenkins": _jenkins,
    "generic": _generic,
}


def load(name: str) -> CI:
    """A CI by its name in the table. Raises KeyError for an unknown one."""
    return CIS[name]()


def detect(env: Mapping[str, str]) -> str:
    """The name of the CI whose variables `env` has, "generic" where no other is recognised."""
    return next(name for name in CIS if load(name).detect(env))


def read_run(env: Mapping[str, str], folder: Path, name: str | None = None) -> Run:
    """What the CI says of this run: the one named, else TOCSIN_CI's, else by its own variables. Raises UsageError.

    `folder` is the current one: what is checked out there must be what the CI says, for its policy to hold. Whatever CI is named,
    whose code it is counts as the CI says that the variables are of.
    """
    seen = detect(env)
    name = name or env.get("TOCSIN_CI") or seen
    if name not in CIS:
        raise UsageError(f"TOCSIN_CI is {clean(name, 40)!r}: use one of {', '.join(CIS)}, or unset it")
    run = _context(name, env, folder)
    if not run.untrusted and seen != name:
        other = _context(seen, env, folder)
        run = run._replace(untrusted=other.untrusted, trusted=run.trusted or other.trusted, commits=run.commits or other.commits)
    root = repository_root(folder)
    if seen == name == "generic" and not run.untrusted:
        from tocsin.ci.local import local_facts

        run = run._replace(facts={**local_facts(env, root), **run.facts})
    return run.beside(checked_out(root))


def _context(name: str, env: Mapping[str, str], folder: Path) -> Run:
    return load(name).context(env, lambda path: read_regular(folder / path, EVENT_MAX_BYTES).decode("utf-8"))
