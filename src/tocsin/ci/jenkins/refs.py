"""What was built, by its name: the git plug-in's GIT_BRANCH, and the branch of a multibranch job.

The git plug-in names what it found in its clone, without "refs/remotes/": a branch with its remote before it ("upstream/main"), a
tag as "tags/v1", a commit without a name as "detached"; `getBranchName` in
https://github.com/jenkinsci/git-plugin/blob/master/src/main/java/hudson/plugins/git/GitSCM.java. A remote's name holds no slash, so
what stands before the first one is the remote, unless another variable names the branch whole.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tocsin.ci.common import Source, mapped
from tocsin.event import Fact

_REMOTES = re.compile(r"(?:refs/)?remotes/")
_LIKE_GIT = ("origin/", "refs/", "remotes/", "tags/")  # what a parameter begins with that a list of git's refs has filled
_TAG = re.compile(r"(?:refs/|[^/]+/)?tags/(?P<tag>.+)")
# Where GitHub, Gitea, Bitbucket, GitLab, Azure and Gerrit keep what people ask to have merged, and where their users fetch it to.
_REQUEST = re.compile(
    r"(?:refs/|[^/]+/)?(?:pr|pull|pull-requests|merge-requests|mr)/(?P<number>[0-9]{1,18})(?:/[a-z-]+)?"
    r"|(?:refs/|[^/]+/)?changes/[0-9]{2}/(?P<change>[0-9]{1,18})(?:/(?:[0-9]+|meta))?",
    re.ASCII,
)
_REQUEST_JOB = re.compile(r"(?:PR|MR)-(?P<number>[0-9]{1,18})(?:-(?:head|merge))?", re.ASCII)  # how multibranch jobs call one
GITLAB_PUSHES = ("PUSH", "TAG_PUSH")  # gitlab-plugin's words, https://github.com/jenkinsci/gitlab-plugin, CauseData.ActionType
_NO_BRANCH = re.compile(r"(?:.+/)?(?:HEAD|FETCH_HEAD)|detached|\(no branch\)|[0-9a-f]{40}|[0-9a-f]{64}")


class Built(NamedTuple):
    """What a variable names: a branch, a tag, or a pull request by its number; of the three at most one is there."""

    branch: Fact | None = None
    tag: Fact | None = None
    request: Fact | None = None


def built(v: Source, multibranch: Fact | None) -> Built:
    """What this build is of; `multibranch` is a multibranch job's branch. In another job BRANCH_NAME and TAG_NAME are parameters."""
    own, tag, git = v.text("BRANCH_NAME"), v.text("TAG_NAME"), v.text("GIT_BRANCH")
    if own and not git and own.value.startswith(_LIKE_GIT):
        git = own
    request = mapped(multibranch, _number_of_job) or mapped(multibranch or git or own, _number) or mapped(git, _number)
    if request:
        return Built(request=request)
    if multibranch:
        return Built(tag=tag) if tag else Built(branch=mapped(multibranch, _branch))
    pushed = v.text("gitlabBranch") if v.raw("gitlabActionType") in GITLAB_PUSHES else None
    tagged = mapped(git or pushed, _tagged)
    if tagged:
        return Built(tag=tagged)
    branch = _of_git(v, git) if git else mapped(v.text("GIT_LOCAL_BRANCH") or pushed or own, _branch)
    return Built(tag=tag) if tag and (not git or not branch) else Built(branch=branch)


def _number(name: str) -> int | None:
    """The number of the pull request whose ref this is."""
    found = _REQUEST.fullmatch(_REMOTES.sub("", name, count=1))
    return int(found["number"] or found["change"]) if found else None


def _number_of_job(name: str) -> int | None:
    found = _REQUEST_JOB.fullmatch(name)
    return int(found["number"]) if found else None


def _tagged(name: str) -> str | None:
    found = _TAG.fullmatch(_REMOTES.sub("", name, count=1))
    return found["tag"] if found else None


def _of_git(v: Source, git: Fact) -> Fact | None:
    """GIT_BRANCH's branch, behind its remote; without one where GIT_LOCAL_BRANCH or BRANCH_NAME, which may be others, name it whole."""
    name = _REMOTES.sub("", git.value, count=1)
    for whole in (v.text("GIT_LOCAL_BRANCH"), v.text("BRANCH_NAME")):
        if whole and name == whole.value and not name.startswith("origin/"):
            return mapped(whole, _branch)
    if name.startswith("refs/"):
        return mapped(git, _branch)
    return mapped(Fact(name.partition("/")[2] or name, git.source), _branch)


def _branch(name: str) -> str | None:
    """The name, if it is a branch's."""
    name = name.removeprefix("refs/heads/")
    return None if name.startswith("refs/") or _NO_BRANCH.fullmatch(name) else name
