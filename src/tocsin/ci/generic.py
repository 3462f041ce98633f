"""A machine with no CI variables that are known: `TOCSIN_*` alone give the event, and they are layered on for every CI alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tocsin.ci.no_api import learn, open_api
from tocsin.ci.run import Run
from tocsin.event import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.run import ReadFile

__all__ = ["context", "detect", "learn", "open_api"]

_NONE = ("", "false", "0", "null")  # what stands in a pull request's variable where there is none


class _Request(NamedTuple):
    """What a CI calls a pull request's number, and the two variables that hold one value where its head is the repository's own."""

    number: str
    head: str = ""
    base: str = ""


_REQUESTS = (
    _Request("CI_COMMIT_PULL_REQUEST"),  # https://woodpecker-ci.org/docs/usage/environment
    _Request("DRONE_PULL_REQUEST"),  # https://docs.drone.io/pipeline/environment/reference/
    # https://docs.travis-ci.com/user/environment-variables/#default-environment-variables
    _Request("TRAVIS_PULL_REQUEST", "TRAVIS_PULL_REQUEST_SLUG", "TRAVIS_REPO_SLUG"),
    # https://buildkite.com/docs/pipelines/configure/environment-variables
    _Request("BUILDKITE_PULL_REQUEST", "BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO"),
    # https://www.appveyor.com/docs/environment-variables/
    _Request("APPVEYOR_PULL_REQUEST_NUMBER", "APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME", "APPVEYOR_REPO_NAME"),
    # https://docs.semaphore.io/reference/env-vars
    _Request("SEMAPHORE_GIT_PR_NUMBER", "SEMAPHORE_GIT_PR_SLUG", "SEMAPHORE_GIT_REPO_SLUG"),
    # https://learn.microsoft.com/azure/devops/pipelines/build/variables
    _Request("SYSTEM_PULLREQUEST_PULLREQUESTID", "SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI", "BUILD_REPOSITORY_URI"),
    _Request("CIRRUS_PR"),  # https://cirrus-ci.org/guide/writing-tasks/#environment-variables
)


def detect(env: Mapping[str, str]) -> bool:  # noqa: ARG001  the shape of every CI
    """Always: what no other CI claims is generic, with or without `CI=true`."""
    return True


def context(env: Mapping[str, str], files: ReadFile) -> Run:  # noqa: ARG001  the shape of every CI
    """Nothing but the name. On a machine without a CI the code beside us is the owner's; of a pull request that must be said."""
    return Run("generic", {"ci": Fact("generic", "no CI variables")}, _untrusted(env))


def _untrusted(env: Mapping[str, str]) -> str | None:
    """Why the code beside us may be a stranger's: a pull request of which its CI does not say that it is the repository's own."""
    for request in _REQUESTS:
        if env.get(request.number, "").strip().lower() in _NONE:
            continue
        head = env.get(request.head, "").strip().lower()
        if not head or head != env.get(request.base, "").strip().lower():
            return f"nothing says that this pull request is the repository's own ({request.number} is set)"
    return None
