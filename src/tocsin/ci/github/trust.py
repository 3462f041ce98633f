"""Whether the code beside a run of GitHub's may be a stranger's, where its policy may come from then, and whether it has secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.github import event_file
from tocsin.ci.github.events import EVENTS, UNKNOWN
from tocsin.ci.run import TrustedRef
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.ci.common import Source
    from tocsin.event import Fact

_DEPENDABOT = "dependabot[bot]"
# The events on which GitHub runs Dependabot's changes as it runs a fork's; on others (workflow_run, schedule) the secrets are there.
_DEPENDABOT_EVENTS = ("push", "create", "deployment", "deployment_status", *event_file.PULL_REQUESTS)
_DYNAMIC = "dynamic"  # what GitHub itself runs, such as its code scanning


def untrusted(name: str, fork: Fact | None, *, pull_request: bool) -> str | None:
    """Why what is checked out is not trusted; where nothing says that it is no stranger's, it is not."""
    if name == "workflow_run":
        return "workflow_run follows a run whose code may be a stranger's"
    if name == "pull_request_target":
        return "pull_request_target runs for a head that may be a stranger's"
    if pull_request and fork is None:
        return "whether this pull request comes from a fork is unknown: the event file does not say"
    if pull_request:
        return "this pull request comes from a fork" if fork and fork.value else None
    return (
        None
        if name in ("", _DYNAMIC) or EVENTS.get(name, UNKNOWN).vouched
        else f"what is checked out on {clean(name, 40)} may be a stranger's"
    )


def trusted(v: Source, name: str, fork: Fact | None, *, pull_request: bool) -> TrustedRef | None:
    """GITHUB_SHA, but where it is a merge of a stranger's head: on `pull_request` and its reviews."""
    if name not in ("workflow_run", "pull_request_target") and pull_request and untrusted(name, fork, pull_request=True):
        return None
    repository, sha = (fact.value if fact else "" for fact in (v.text("GITHUB_REPOSITORY"), v.text("GITHUB_SHA")))
    step = "check out the {} before this step, or give it a token with `permissions: contents: read`"
    what = "default branch" if untrusted(name, fork, pull_request=pull_request) else "run's own commit"
    return TrustedRef(repository, sha, sha or None, step.format(what))


def commits(v: Source, e: Source) -> tuple[str, ...]:
    """The commits of a run of the repository's own: GITHUB_SHA; of a pull request's also its head, its base and their merge."""
    places = ("pull_request.head.sha", "pull_request.base.sha", "pull_request.merge_commit_sha")
    return tuple(fact.value for fact in (v.text("GITHUB_SHA"), *map(e.text, places)) if fact)


def secretless(v: Source, e: Source, name: str, fork: Fact | None) -> str | None:
    """Why GitHub gives the run no secrets. A repetition by a person keeps the rights of the first run's GITHUB_ACTOR."""
    target = name == "pull_request_target"  # has its secrets, but for Dependabot's own pull requests
    if name in event_file.PULL_REQUESTS and not target and fork and fork.value:
        return "GitHub gives no secrets to a pull request from a fork"
    dependabot = v.raw("GITHUB_ACTOR") == _DEPENDABOT and name in _DEPENDABOT_EVENTS
    if dependabot and (not target or e.raw("pull_request.user.login") == _DEPENDABOT):
        return "GitHub gives Dependabot's runs only the secrets made for Dependabot"
    return None
