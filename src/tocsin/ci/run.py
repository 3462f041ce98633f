"""What a CI says of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tocsin.event import Fact, Facts
from tocsin.named_tuple import NamedTuple

ReadFile: TypeAlias = Callable[[str], str]  # path -> text; may raise OSError or UnicodeDecodeError


class TrustedRef(NamedTuple):
    """Where a policy counts that may not come from the workspace: a commit or a branch of the repository's own, as the CI names it."""

    repository: str  # as the CI's API knows it
    ref: str
    commit: str | None  # its full id, where the CI says it
    step: str  # what to do, in words for the user, where the policy cannot be had from there


class Run(NamedTuple):
    """What a CI says of this run.

    `facts` are by dotted field. Each names the variable or the event file's key it came from, and has the rank CI where the CI
    declares it, GUESS where it is guessed from a name.
    `commits` are those for which the CI vouches as the repository's own: beside another one no policy of the workspace holds.
    """

    ci: str  # its name in the table of CIs
    facts: Facts
    untrusted: str | None  # why the code beside us may be a stranger's, in words for the user; without a default, so that nobody forgets it
    secretless: str | None = None  # why the CI gives this run no secrets
    warnings: tuple[str, ...] = ()  # what could not be read, and what is unknown for it
    trusted: TrustedRef | None = None
    commits: tuple[str, ...] = ()  # full ids; none where the CI vouches for what it checked out without naming it
    before: str | None = None  # the commit after which `changes` begin, where the CI says it
    no_start: str | None = None  # why no start can be told of, in words for the user: what is reported waits, or has ended

    def beside(self, head: str | None) -> Run:
        """The same run, whose workspace is at the commit `head`; None where no commit is to be seen there."""
        if self.untrusted or head is None or not self.commits or head in self.commits:
            return self
        return self._replace(untrusted=f"the workspace is at commit {head[:8]}, which is not the one that this run is for")

    def as_whole(self, source: str) -> Run:
        """The same run, told as a whole by one of its jobs; `source` says so in words for the user."""
        facts = {name: fact for name, fact in self.facts.items() if not name.startswith("job.")}
        return self._replace(facts={**facts, "scope": Fact("run", source)})


def unread(name: str, missing: str) -> Run:
    """The run of a CI that a person has named, of whose own variables there are none (`missing` says so): other CIs use its other names."""
    warning = (
        f"the CI is said to be {name}, but {missing}, so nothing is taken from its other variables: name none, or set TOCSIN_* variables"
    )
    return Run(name, {"ci": Fact(name, "TOCSIN_CI")}, untrusted=None, warnings=(warning,))
