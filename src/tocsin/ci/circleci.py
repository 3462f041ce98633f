"""CircleCI. https://circleci.com/docs/reference/variables/#built-in-environment-variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, Source, commit_facts, commit_path, mapped, merged, ref_facts, variables, web_url
from tocsin.ci.no_api import learn, open_api
from tocsin.ci.run import Run, TrustedRef, unread
from tocsin.event import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.run import ReadFile

__all__ = ["context", "detect", "learn", "open_api"]

_FORK_VARIABLES = (
    "CIRCLE_PR_NUMBER",
    "CIRCLE_PR_REPONAME",
    "CIRCLE_PR_USERNAME",
)  # "only available on forked PRs", from GitHub OAuth and Bitbucket
_FORK_BRANCH = re.compile(r"(?:refs/)?pull/([0-9]{1,18})(?:/|$)", re.ASCII)  # what CIRCLE_BRANCH is where a fork has the branch
_NUMBER_AT_END = re.compile(r"/([0-9]{1,18})/?$", re.ASCII)
_CLOUD = ("https://circleci.com/", "https://app.circleci.com/")  # a server of one's own has its pages elsewhere
_WORKFLOWS = "https://app.circleci.com/pipelines/workflows/"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)


def detect(env: Mapping[str, str]) -> bool:
    """CIRCLECI is true."""
    return env.get("CIRCLECI", "").lower() == "true"


def context(env: Mapping[str, str], files: ReadFile) -> Run:  # noqa: ARG001  CircleCI has no event file
    """What CircleCI's variables say; "<nil>" is what an empty pipeline value becomes in one."""
    v = variables(env, absent=("<nil>",))
    if not detect(env) and not v.text("CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"):
        return unread("circleci", "neither CIRCLECI nor CIRCLE_WORKFLOW_ID is set")
    fork = _fork(v)
    declared: OptionalFacts = {
        "ci": Fact("circleci", "CIRCLECI"),
        "scope": Fact("job", "CIRCLECI"),
        "triggered_by.login": v.text("CIRCLE_USERNAME"),
        "repository.name": v.text("CIRCLE_PROJECT_REPONAME"),
        "repository.owner": v.text("CIRCLE_PROJECT_USERNAME"),
        "repository.url": mapped(v.text("CIRCLE_REPOSITORY_URL"), web_url),
        **_run(v),
        **_job(v),
        **_pull_request(v, fork),
        **_ref(v, fork),
        **_commit(v),
    }
    guessed = {"app": v.text("CIRCLE_PROJECT_REPONAME"), "project": v.text("CIRCLE_PROJECT_USERNAME")}
    built, untrusted = v.text("CIRCLE_SHA1"), _untrusted(fork)
    own = TrustedRef("", built.value, built.value, "notify before another commit is checked out") if built and not untrusted else None
    facts = merged(declared, guessed)
    return Run("circleci", facts, untrusted, _secretless(v, fork), trusted=own, commits=(built.value,) if built else ())


def _run(v: Source) -> OptionalFacts:
    """The workflow: its id is the same for all of its jobs, and no variable has its name."""
    workflow, page = v.text("CIRCLE_WORKFLOW_ID"), v.text("CIRCLE_BUILD_URL")
    cloud = page is not None and page.value.startswith(_CLOUD)
    return {
        "run.id": workflow,
        "run.url": mapped(workflow, lambda name: f"{_WORKFLOWS}{name}" if cloud and _ID.fullmatch(name) else None),
    }


def _job(v: Source) -> OptionalFacts:
    index, total = v.number("CIRCLE_NODE_INDEX"), v.number("CIRCLE_NODE_TOTAL")
    return {
        "job.id": v.text("CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_BUILD_NUM"),
        "job.name": v.text("CIRCLE_JOB"),
        "job.url": v.text("CIRCLE_BUILD_URL"),
        "job.variant": Fact(f"{index.value + 1}/{total.value}", index.source) if index and total and total.value > 1 else None,
    }


def _ref(v: Source, fork: Fact | None) -> OptionalFacts:
    """CircleCI runs for branches and tags; for a pull request only where a fork has the branch, whose name no variable holds."""
    if fork:
        return ref_facts("pull_request", None, fork.source)
    tag = v.text("CIRCLE_TAG")
    name = tag or v.text("CIRCLE_BRANCH")
    return ref_facts("tag" if tag else "branch", name) if name else {}


def _pull_request(v: Source, fork: Fact | None) -> OptionalFacts:
    """The pull request of a fork, or the open one that a branch has: of several, CIRCLE_PULL_REQUEST names any."""
    several = v.text("CIRCLE_PULL_REQUESTS")
    url = None if several and "," in several.value else v.text("CIRCLE_PULL_REQUEST")
    number = v.number("CIRCLE_PR_NUMBER") or mapped(v.text("CIRCLE_BRANCH"), lambda name: _number(_FORK_BRANCH.match(name)))
    if fork:
        return {"pull_request.number": number, "pull_request.url": url, "pull_request.fork": Fact(True, fork.source)}
    speaks = v.text("CIRCLE_REPOSITORY_URL")  # is there where a fork's variables would be: from GitHub OAuth and Bitbucket
    return {
        "pull_request.number": mapped(url, lambda page: _number(_NUMBER_AT_END.search(page))),
        "pull_request.url": url,
        "pull_request.source_branch": v.text("CIRCLE_BRANCH") if url else None,
        "pull_request.fork": mapped(url, lambda _: False) if speaks else None,
    }


def _number(found: re.Match[str] | None) -> int | None:
    return int(found[1]) if found else None


def _commit(v: Source) -> OptionalFacts:
    url = mapped(v.text("CIRCLE_REPOSITORY_URL"), web_url)
    path = commit_path(url)
    return commit_facts(v.text("CIRCLE_SHA1"), url if path else None, path or "")


def _fork(v: Source) -> Fact | None:
    """What says that the branch is a fork's.

    In a project of the GitHub App nothing would, and there CircleCI builds no fork:
    https://circleci.com/docs/guides/orchestrate/github-trigger-event-options/.
    """
    branch = v.text("CIRCLE_BRANCH")
    return v.text(*_FORK_VARIABLES) or (branch if branch and _FORK_BRANCH.match(branch.value) else None)


def _untrusted(fork: Fact | None) -> str | None:
    return f"this pull request comes from a fork ({fork.source} says so)" if fork else None


def _secretless(v: Source, fork: Fact | None) -> str | None:
    """A fork's build has an OpenID Connect token only where the project passes it the secrets too.

    https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
    """
    if fork and not v.text("CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2"):
        return "CircleCI gives no secrets to a pull request from a fork"
    return None
