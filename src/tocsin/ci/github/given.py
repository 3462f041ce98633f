"""What is read of a run, and the refs and commits in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, Source, commit_facts, mapped, ref_facts
from tocsin.ci.github import event_file
from tocsin.event import Fact
from tocsin.named_tuple import NamedTuple

if TYPE_CHECKING:
    from tocsin.ci.github.forge import Forge

PREFIXES = {"branch": "refs/heads/", "tag": "refs/tags/"}


class Given(NamedTuple):
    """What is read: the variables, the event file, GITHUB_REF, GITHUB_SHA, the repository's address and its server's pages."""

    v: Source
    e: Source
    ref: Fact | None
    sha: Fact | None
    base: Fact | None
    forge: Forge

    def commit(self, sha: Fact | None, *keys: str) -> OptionalFacts:
        """A commit, with its message and author from the first of `keys` in the event file that holds it."""
        key = next((key for key in keys if sha and self.e.raw(f"{key}.id") == sha.value), None)
        return {**commit_facts(sha, self.base), **(event_file.commit_text(self.e, key) if key else {})}

    def pull_url(self, number: Fact | None) -> Fact | None:
        """The page of a pull request of this repository."""
        return mapped(number, lambda n: f"{self.base.value}/{self.forge.pull}/{n}" if self.base else None)


def named_ref(full: Fact | None) -> OptionalFacts:
    """The ref of "refs/heads/main" or "refs/tags/v1"; a name without its kind is only a name."""
    for kind, prefix in PREFIXES.items():
        if full and full.value.startswith(prefix):
            name = full.value[len(prefix) :]
            return ref_facts(kind, Fact(name, full.source)) if name else {}
    return {"ref.name": full}


def plain(full: Fact | None) -> str | None:
    """The name in a ref, without what says its kind."""
    return full.value.removeprefix(PREFIXES["branch"]).removeprefix(PREFIXES["tag"]) if full else None


def default_branch(g: Given) -> str | None:
    """The repository's default branch, as the event file has it."""
    name = g.e.text("repository.default_branch")
    return name.value if name else None
