"""Whether the code beside a run of GitHub's may be a stranger's, where its policy may come from then, and whether it has secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.github import event_file
from tocsin.ci.run import TrustedRef

if TYPE_CHECKING:
    from tocsin.ci.common import Source
    from tocsin.event import Fact

_DEPENDABOT = "dependabot[bot]"
# The events on which GitHub runs Dependabot's changes as it runs a fork's; on others (workflow_run, schedule) the secrets are there.
_DEPENDABOT_EVENTS = ("push", "create", "deployment", "deployment_status", *event_file.PULL_REQUESTS)
_VOUCHED_FOR = ("pull_request_target", "workflow_run")


def untrusted(name: str, fork: Fact | None, *, pull_request: bool) -> str | None:
    """Why the head is not trusted; where nothing says that it is no fork's, it is not."""
    if name == "workflow_run":
        return "workflow_run follows a run whose code may be a stranger's"
    if name == "pull_request_target":
        return "pull_request_target runs for a head that may be a stranger's"
    if not pull_request:
        return None
    if fork is None:
        return "whether this pull request comes from a fork is unknown: the event file does not say"
    return "this pull request comes from a fork" if fork.value else None


def trusted(v: Source, name: str) -> TrustedRef | None:
    """On these events GITHUB_SHA is the last commit of the target or the default branch, whatever the head is."""
    if name not in _VOUCHED_FOR:
        return None
    repository, sha = (fact.value if fact else "" for fact in (v.text("GITHUB_REPOSITORY"), v.text("GITHUB_SHA")))
    step = "check out the default branch before this step, or give it a token with `permissions: contents: read`"
    return TrustedRef(repository, sha, sha or None, step)


def secretless(v: Source, e: Source, name: str, fork: Fact | None) -> str | None:
    """Why GitHub gives the run no secrets. A repetition by a person keeps the rights of the first run's GITHUB_ACTOR."""
    target = name == "pull_request_target"  # has its secrets, but for Dependabot's own pull requests
    if name in event_file.PULL_REQUESTS and not target and fork and fork.value:
        return "GitHub gives no secrets to a pull request from a fork"
    dependabot = v.raw("GITHUB_ACTOR") == _DEPENDABOT and name in _DEPENDABOT_EVENTS
    if dependabot and (not target or e.raw("pull_request.user.login") == _DEPENDABOT):
        return "GitHub gives Dependabot's runs only the secrets made for Dependabot"
    return None
