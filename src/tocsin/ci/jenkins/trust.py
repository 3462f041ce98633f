"""Whether the code beside a build of Jenkins's may be a stranger's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.ci.jenkins.pull_requests import PullRequest
    from tocsin.event import Fact


def untrusted(requests: list[PullRequest], ref: Fact | None) -> str | None:
    """Why, in words for the user; `ref` is the variable whose value is a pull request's ref.

    A pull request is trusted where all that tell of it say that its head lives in the very repository it is for.
    """
    for request in requests:
        reason = _reason(request)
        if reason:
            return reason
    if ref and not requests:
        return f"{ref.source} is the ref of a pull request, and no variable says where that comes from"
    return None


def _reason(request: PullRequest) -> str | None:
    if request.fork and request.fork.value:
        says = "is set" if request.fork.source == "CHANGE_FORK" else "says so"
        return f"this pull request comes from a fork ({request.fork.source} {says})"
    if request.fork:
        return None
    if request.mark.source == "GERRIT_CHANGE_NUMBER":
        return "this is a change in review, which anybody may have pushed (GERRIT_CHANGE_NUMBER is set)"
    if request.mark.source in ("CHANGE_ID", "CHANGE_FORK"):
        return "whether this pull request comes from a fork is unknown: neither CHANGE_FORK nor CHANGE_BRANCH is set"
    asked = (
        f": {' or '.join(request.asked)}, or what to hold it against, is not set" if request.asked else ", for its plug-in does not say it"
    )
    return f"whether this pull request comes from a fork is unknown{asked} ({request.mark.source} is set)"
