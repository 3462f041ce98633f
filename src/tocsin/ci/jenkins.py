"""Jenkins. https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables, /env-vars.html on a controller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tocsin.ci.common import OptionalFacts, Source, commit_facts, commit_path, mapped, merged, ref_facts, variables, web_url
from tocsin.ci.no_api import learn, open_api
from tocsin.ci.run import Run
from tocsin.ci.status import known
from tocsin.event import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.run import ReadFile

__all__ = ["context", "detect", "learn", "open_api"]

_REMOTE = re.compile(r"^(?:refs/heads/|(?:refs/remotes/|remotes/)?origin/)")
_TAG_BEGINS = "jenkins-"
_NO_BRANCH = ("HEAD", "detached")


def detect(env: Mapping[str, str]) -> bool:
    """JENKINS_HOME, or Jenkins's own BUILD_TAG with what it is made of: in a build both always exist.

    JENKINS_URL is no sign of a build: agents have it outside of one, and builds only where the controller's root URL is configured.
    """
    own = _tag(env) and env.get("BUILD_NUMBER") and env.get("JOB_NAME")
    return bool(env.get("JENKINS_HOME") or own)


def _tag(env: Mapping[str, str]) -> str | None:
    """Jenkins's own BUILD_TAG, "jenkins-JOB-NUMBER"; a variable of that name is many other people's too."""
    tag = env.get("BUILD_TAG", "")
    return tag if tag.startswith(_TAG_BEGINS) else None


def context(env: Mapping[str, str], files: ReadFile) -> Run:  # noqa: ARG001  Jenkins has no event file
    """What Jenkins's variables say; the text "null" is absent, which is what Groovy writes for none."""
    v = variables(env, absent=("null",))
    path, multibranch = _job(v)
    declared: OptionalFacts = {
        "ci": Fact("jenkins", "JENKINS_HOME" if env.get("JENKINS_HOME") else "BUILD_TAG"),
        "scope": Fact("run", "JENKINS_HOME" if env.get("JENKINS_HOME") else "BUILD_TAG"),
        "status": mapped(v.text("BUILD_RESULT"), known),
        "source": v.text("BUILD_CAUSE"),
        "pipeline": mapped(v.text("JOB_NAME"), lambda _: "/".join(path) or None),
        "run.id": v.text("BUILD_TAG") if _tag(env) else None,  # "v1.2.3" would be the id of many runs
        "run.number": v.number("BUILD_NUMBER"),
        "run.url": v.text("BUILD_URL"),
        "job.name": v.text("JOB_NAME"),
        "job.url": v.text("JOB_URL"),
        "triggered_by.login": v.text("BUILD_USER_ID"),
        "triggered_by.name": v.text("BUILD_USER"),
        "triggered_by.email": v.text("BUILD_USER_EMAIL"),
        **_repository(v),
        **_ref(v, multibranch=multibranch),
        **_commit(v),
    }
    guessed: OptionalFacts = {
        "app": mapped(v.text("JOB_NAME"), lambda _: path[-1] if path else None),
        "project": mapped(v.text("JOB_NAME"), lambda _: "/".join(path[:-1]) or None),
    }
    return Run("jenkins", merged(declared, guessed), _untrusted(v))


def _job(v: Source) -> tuple[list[str], bool]:
    """The job's folders and name, and whether it is a multibranch one, whose last segment (the branch, percent-encoded) is left out."""
    name, branch = v.text("JOB_NAME"), v.text("BRANCH_NAME")
    path = [segment for segment in name.value.split("/") if segment] if name else []
    multibranch = branch is not None and len(path) > 1 and branch.value in (path[-1], unquote(path[-1]))
    return path[:-1] if multibranch else path, multibranch


def _repository(v: Source) -> OptionalFacts:
    url = mapped(v.text("GIT_URL", "GIT_URL_1"), web_url)
    path = mapped(url, lambda text: urlsplit(text).path.strip("/"))
    return {
        "repository.name": mapped(path, lambda text: text.rpartition("/")[2]),
        "repository.owner": mapped(path, lambda text: text.rpartition("/")[0] or None),
        "repository.url": url,
    }


def _ref(v: Source, *, multibranch: bool) -> OptionalFacts:
    if v.text("CHANGE_ID"):
        return _pull_request(v)
    tag = v.text("TAG_NAME") or mapped(
        v.text("GIT_BRANCH"), lambda name: name[len("refs/tags/") :] if name.startswith("refs/tags/") else None
    )
    if tag:
        return ref_facts("tag", tag)
    branch = _branch(v, multibranch=multibranch)
    return ref_facts("branch", branch) if branch else {}


def _branch(v: Source, *, multibranch: bool) -> Fact | None:
    """BRANCH_NAME is Jenkins's own in a multibranch job; in another it is a parameter of the user's, and git knows better.

    Only GIT_BRANCH names the remote too: a branch that is called "origin/main" must not pass for "main".
    """
    own = v.text("BRANCH_NAME")
    git = v.text("GIT_LOCAL_BRANCH") or mapped(v.text("GIT_BRANCH"), lambda name: _REMOTE.sub("", name) or None)
    for branch in (own, git) if multibranch else (git, own):
        if branch and branch.value not in _NO_BRANCH:
            return branch
    return None


def _pull_request(v: Source) -> OptionalFacts:
    """BRANCH_NAME is "PR-24" here. CHANGE_FORK is there for a fork only, CHANGE_BRANCH wherever the origin is known."""
    branch, fork = v.text("CHANGE_BRANCH"), v.text("CHANGE_FORK")
    return {
        **ref_facts("pull_request", branch, "CHANGE_ID"),
        "pull_request.number": v.number("CHANGE_ID"),
        "pull_request.title": v.text("CHANGE_TITLE"),
        "pull_request.url": v.text("CHANGE_URL"),
        "pull_request.source_branch": branch,
        "pull_request.target_branch": v.text("CHANGE_TARGET"),
        "pull_request.fork": Fact(True, fork.source) if fork else mapped(branch, lambda _: False),
    }


def _commit(v: Source) -> OptionalFacts:
    """What was built. Of a pull request that may be a merge of Jenkins's own making, so no page is named for it."""
    url = mapped(v.text("GIT_URL", "GIT_URL_1"), web_url)
    path = commit_path(url)
    page = url if path and not v.text("CHANGE_ID") else None
    return {
        **commit_facts(v.text("GIT_COMMIT"), page, path or ""),
        "commit.author.name": v.text("CHANGE_AUTHOR_DISPLAY_NAME", "CHANGE_AUTHOR"),
        "commit.author.email": v.text("CHANGE_AUTHOR_EMAIL"),
    }


def _untrusted(v: Source) -> str | None:
    if v.text("CHANGE_FORK"):
        return "this pull request comes from a fork (CHANGE_FORK is set)"
    if v.text("CHANGE_ID") and not v.text("CHANGE_BRANCH"):
        return "whether this pull request comes from a fork is unknown: neither CHANGE_FORK nor CHANGE_BRANCH is set"
    return None
