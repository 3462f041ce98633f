"""Which server runs the workflow: GitHub, or Gitea or Forgejo, which set GitHub's variables and have other pages and another API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tocsin.ci.common import mapped
from tocsin.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.common import Source
    from tocsin.event import Fact


class Forge(NamedTuple):
    """Where a server's pages are, below a repository's address. Commits are at the same place on all three."""

    pull: str = "pull"
    run: str | None = "GITHUB_RUN_ID"  # the variable by which a run's page is named; None where that cannot be known
    attempts: bool = True  # whether an attempt has a page of its own
    has_runs_api: bool = True  # whether its API has GitHub's questions for runs and jobs


GITHUB = Forge()
# `act` runs a workflow on a person's machine, and gives each run the id 1: https://nektosact.com/usage/index.html
ACT = GITHUB._replace(run=None)
# Forgejo names a run's page by the run's number in the repository: https://codeberg.org/forgejo/forgejo/issues/611
FORGEJO = Forge("pulls", "GITHUB_RUN_NUMBER", attempts=False, has_runs_api=False)
# Gitea did so too, and goes by the id since 1.26: https://github.com/go-gitea/gitea/pull/36842. No variable says which one it is.
GITEA = FORGEJO._replace(run=None)
_GITEA_API = "/api/v1"  # https://docs.gitea.com/development/api-usage; GitHub's own ends in /api/v3 or has a host of its own


def forge(env: Mapping[str, str]) -> Forge:
    """The server by its runner's variables, or by its API's address where an old runner sets none of them."""
    if _true(env, "FORGEJO_ACTIONS"):
        return FORGEJO
    if _true(env, "GITEA_ACTIONS") or _path(env.get("GITHUB_API_URL", "")).endswith(_GITEA_API):
        return GITEA
    return ACT if _true(env, "ACT") and env.get("GITHUB_RUN_ID") == "1" else GITHUB


def run_page(where: Forge, v: Source, base: Fact | None) -> Fact | None:
    """The page of this run's attempt; None where it cannot be known."""
    attempt = v.number("GITHUB_RUN_ATTEMPT")
    named = v.text(where.run) if where.run else None
    return mapped(named, lambda run: attempt_page(where, f"{base.value}/actions/runs/{run}", attempt) if base else None)


def attempt_page(where: Forge, url: str, attempt: Fact | None) -> str:
    """The page of one attempt: the run's own page is the last one's."""
    return f"{url}/attempts/{attempt.value}" if where.attempts and attempt and attempt.value > 1 else url


def _true(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").strip().lower() == "true"


def _path(url: str) -> str:
    try:
        return urlsplit(url.strip()).path.rstrip("/")
    except ValueError:
        return ""
