"""Whether the code beside a run of GitLab's may be a stranger's, where its policy may come from then, and whether it has secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.gitlab import TOKEN
from tocsin.ci.run import TrustedRef

if TYPE_CHECKING:
    from tocsin.ci.common import Source
    from tocsin.event import Fact


def origin(v: Source) -> tuple[str, Fact | None, Fact | None]:
    """The variable that says where a merge request's head lives, its value, and where the request was made."""
    if v.text("CI_MERGE_REQUEST_IID"):
        name, target = "CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID"
    else:
        name, target = "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY", "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"
    return name, v.text(name), v.text(target)


def fork(v: Source) -> bool | None:
    """Whether the head lives in another project; None where this is no merge request, or nothing says so."""
    _, source, target = origin(v)
    return source.value != target.value if source and target else None


def untrusted(v: Source, fork: bool | None) -> str | None:
    """A fork's head is a stranger's where the parent runs it, and in the fork it speaks for nobody but the fork."""
    if not v.text("CI_MERGE_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_IID"):
        return None
    name, _, _ = origin(v)
    if fork is None:
        return f"whether this merge request comes from a fork is unknown: {name}, or what to hold it against, is not set"
    return f"this merge request comes from a fork and runs in {'it' if _at_home(v) else 'the parent project'}" if fork else None


def _at_home(v: Source) -> bool:
    """Whether a merge request's pipeline runs in the project that its head lives in."""
    here, source = v.text("CI_PROJECT_ID"), v.text("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    return bool(here and source and here.value == source.value)


def trusted(v: Source, fork: bool | None) -> TrustedRef | None:
    """The commit of the run; of a merge request that may be a fork's, the target branch, whose commit is said where the merge was built."""
    step = f"give the project a masked variable {TOKEN} with the scope read_api, by which the {{}} policy can be read"
    if not untrusted(v, fork):
        project, own = v.text("CI_PROJECT_ID"), v.text("CI_COMMIT_SHA")
        return TrustedRef(project.value, own.value, own.value, step.format("commit's")) if project and own else None
    project, branch = v.text("CI_MERGE_REQUEST_PROJECT_ID"), v.text("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    if not project or not branch:
        return None
    sha = v.text("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")
    return TrustedRef(project.value, branch.value, sha.value if sha else None, step.format("target branch's"))


def commits(v: Source) -> tuple[str, ...]:
    """The commits of a run of the project's own: what was built, and of a merge request's its head and what it is for."""
    names = ("CI_COMMIT_SHA", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA")
    return tuple(fact.value for fact in map(v.text, names) if fact)


def secretless(v: Source, fork: bool | None) -> str | None:
    """Why GitLab gives the run no secrets."""
    if fork and _at_home(v):
        return "this merge request's pipeline runs in the fork, where GitLab does not give the parent project's variables"
    return None
