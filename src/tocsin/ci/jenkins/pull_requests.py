"""Pull requests, as Jenkins's multibranch jobs and the plug-ins that build them otherwise tell of them by variables.

What a plug-in calls them is written in its source, or on its page:

    branch-api                    https://github.com/jenkinsci/branch-api-plugin, BranchNameContributor
    ghprb                         https://github.com/jenkinsci/ghprb-plugin, GhprbTrigger.startJob
    gitlab-plugin                 https://github.com/jenkinsci/gitlab-plugin#defined-variables, CauseData.getBuildVariables
    github-pullrequest            https://github.com/jenkinsci/github-integration-plugin, GitHubPREnv
    bitbucket-push-and-pull-request   https://plugins.jenkins.io/bitbucket-push-and-pull-request/
    bitbucket-pullrequest-builder, stash-pullrequest-builder, bbprb   their EnvironmentContributor
    gerrit-trigger, gerrit-code-review   GerritTriggerParameters; anybody may push a change, and there is no fork of it
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from tocsin.ci.common import Source, mapped, web_url
from tocsin.ci.jenkins.refs import GITLAB_PUSHES
from tocsin.event import Fact

Names = tuple[str, ...]

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PAGE = re.compile(r"/(?:pull|pulls|pull-requests)/[0-9]+(?:/.*)?$", re.ASCII)  # behind a repository's address, a pull request's


class Origin(NamedTuple):
    """The variables that name the repository of a head, and the one that it is to be merged into; two make OWNER/NAME."""

    source: Names
    target: Names
    owners: bool = False  # the plug-in says the owner of the head's repository alone


class Variables(NamedTuple):
    """What a plug-in calls a pull request. It is one where a variable of `marks` is set, and, if there are `beside`, one of those."""

    marks: Names
    beside: Names = ()
    number: Names = ()  # where it is not the first of `marks`
    title: Names = ()
    url: Names = ()
    source_branch: Names = ()
    target_branch: Names = ()
    head: Names = ()
    author: Names = ()
    origins: tuple[Origin, ...] = ()


class PullRequest(NamedTuple):
    """A pull request that `mark` tells of. `fork` is None where nothing says where its head lives; `asked` are the variables that would."""

    mark: Fact
    number: Fact | None
    title: Fact | None
    url: Fact | None
    source_branch: Fact | None
    target_branch: Fact | None
    head: Fact | None
    author: Fact | None
    fork: Fact | None
    asked: Names


_BITBUCKET = Variables(
    marks=("pullRequestId",),
    beside=("sourceBranch", "targetBranch", "destinationRepository"),
    title=("pullRequestTitle",),
    source_branch=("sourceBranch",),
    target_branch=("targetBranch",),
    head=("sourceCommitHash", "pullRequestCommit"),
    origins=(
        Origin(("repositoryOwner", "repositoryName"), ("destinationRepositoryOwner", "destinationRepositoryName")),
        Origin(("sourceRepositoryOwner", "sourceRepositoryName"), ("destinationRepositoryOwner", "destinationRepositoryName")),
        Origin(("sourceRepository",), ("destinationRepository",)),
    ),
)
_PLUGINS = (
    Variables(
        marks=("ghprbPullId",),
        title=("ghprbPullTitle",),
        url=("ghprbPullLink",),
        source_branch=("ghprbSourceBranch",),
        target_branch=("ghprbTargetBranch",),
        head=("ghprbActualCommit",),
        author=("ghprbActualCommitAuthor",),
        origins=(Origin(("ghprbAuthorRepoGitUrl",), ("ghprbPullLink",)), Origin(("ghprbAuthorRepoGitUrl",), ("ghprbGhRepository",))),
    ),
    Variables(
        marks=("gitlabMergeRequestIid", "gitlabMergeRequestId"),
        number=("gitlabMergeRequestIid",),
        title=("gitlabMergeRequestTitle",),
        source_branch=("gitlabSourceBranch",),
        target_branch=("gitlabTargetBranch",),
        head=("gitlabMergeRequestLastCommit",),
        origins=(
            # Not by gitlabSourceNamespace, which is a title that anybody may give to a group.
            Origin(("gitlabSourceRepoHttpUrl",), ("gitlabTargetRepoHttpUrl",)),
            Origin(("gitlabSourceRepoSshUrl",), ("gitlabTargetRepoSshUrl",)),
        ),
    ),
    Variables(
        marks=("GITHUB_PR_NUMBER",),
        title=("GITHUB_PR_TITLE",),
        url=("GITHUB_PR_URL",),
        source_branch=("GITHUB_PR_SOURCE_BRANCH",),
        target_branch=("GITHUB_PR_TARGET_BRANCH",),
        head=("GITHUB_PR_HEAD_SHA",),
        origins=(Origin(("GITHUB_PR_SOURCE_REPO_OWNER",), ("GITHUB_PR_URL",), owners=True),),
    ),
    Variables(
        marks=("BITBUCKET_PULL_REQUEST_ID",),
        title=("BITBUCKET_PULL_REQUEST_TITLE",),
        url=("BITBUCKET_PULL_REQUEST_LINK",),
        source_branch=("BITBUCKET_SOURCE_BRANCH",),
        target_branch=("BITBUCKET_TARGET_BRANCH",),
        head=("BITBUCKET_PULL_REQUEST_LATEST_COMMIT_FROM_SOURCE_BRANCH",),
    ),
    Variables(
        marks=("bbprbPullRequestId",),
        title=("bbprbPullRequestTitle",),
        source_branch=("bbprbSourceBranch",),
        target_branch=("bbprbDestinationBranch",),
        head=("bbprbSourceCommitHash",),
        origins=(Origin(("bbprbSourceRepository",), ("bbprbDestinationRepository",)),),
    ),
    Variables(
        marks=("GERRIT_CHANGE_NUMBER",),
        title=("GERRIT_CHANGE_SUBJECT",),
        url=("GERRIT_CHANGE_URL",),
        target_branch=("GERRIT_BRANCH",),
        head=("GERRIT_PATCHSET_REVISION",),
    ),
    _BITBUCKET,
)


def pull_requests(v: Source) -> list[PullRequest]:
    """All that the variables tell of, Jenkins's own first; none where this build is of none."""
    own = _of_multibranch(v)
    found = [own] if own else []
    for names in _PLUGINS:
        mark = v.text(*names.marks)
        if mark and (not names.beside or v.text(*names.beside)):
            found.append(_read(v, names, mark))
    return [request for request in found if not _in_repository(v, request)]


def _of_multibranch(v: Source) -> PullRequest | None:
    """BRANCH_NAME is "PR-24" here. CHANGE_FORK is there for a fork only, CHANGE_BRANCH wherever the origin is known."""
    mark, branch, fork = v.text("CHANGE_ID", "CHANGE_FORK"), v.text("CHANGE_BRANCH"), v.text("CHANGE_FORK")
    if not mark:
        return None
    return PullRequest(
        mark=mark,
        number=v.number("CHANGE_ID"),
        title=v.text("CHANGE_TITLE"),
        url=v.text("CHANGE_URL"),
        source_branch=branch,
        target_branch=v.text("CHANGE_TARGET"),
        head=None,
        author=v.text("CHANGE_AUTHOR_DISPLAY_NAME", "CHANGE_AUTHOR"),
        fork=Fact(True, fork.source) if fork else mapped(branch, lambda _: False),
        asked=("CHANGE_FORK", "CHANGE_BRANCH"),
    )


def _read(v: Source, names: Variables, mark: Fact) -> PullRequest:
    number = v.number(names.number[0] if names.number else names.marks[0])
    return PullRequest(
        mark=mark,
        number=number,
        title=v.text(*names.title),
        url=v.text(*names.url) or _gitlab_page(v, number),
        source_branch=v.text(*names.source_branch),
        target_branch=v.text(*names.target_branch),
        head=mapped(v.text(*names.head), lambda text: text if _SHA.fullmatch(text) else None),
        author=v.text(*names.author),
        fork=_fork(v, names.origins),
        asked=tuple(dict.fromkeys(name for origin in names.origins for name in origin.source)),
    )


def _gitlab_page(v: Source, number: Fact | None) -> Fact | None:
    """The page of a merge request that gitlab-plugin tells of, which says the address of its project alone."""
    if not number or number.source != "gitlabMergeRequestIid":
        return None
    iid = number.value
    return mapped(mapped(v.text("gitlabTargetRepoHttpUrl"), web_url), lambda url: f"{url}/-/merge_requests/{iid}")


def _in_repository(v: Source, request: PullRequest) -> bool:
    """Whether it is none after all: a change that Gerrit has merged, or a push.

    gitlab-plugin names a pushed branch as source and as target of one repository.
    """
    if request.mark.source == "GERRIT_CHANGE_NUMBER":
        return v.raw("GERRIT_EVENT_TYPE") == "change-merged"
    if not request.mark.source.startswith("gitlab"):
        return False
    branches = {v.raw("gitlabSourceBranch"), v.raw("gitlabTargetBranch")}
    return v.raw("gitlabActionType") in GITLAB_PUSHES and len(branches) == 1 and request.fork is not None and not request.fork.value


def _fork(v: Source, origins: tuple[Origin, ...]) -> Fact | None:
    """Whether the head lives in another repository, as far as all that is said of it agrees; None where nothing says so."""
    found: Fact | None = None
    for origin in origins:
        source, target = _repository(v, origin.source), _repository(v, origin.target, page=True)
        if source and target:
            fork = not _same(source, target, owners=origin.owners)
            found = Fact(fork, origin.source[0]) if fork or not found else found
            if fork:
                break
    return found


class _Repository(NamedTuple):
    host: str | None
    path: str


def _repository(v: Source, names: Names, *, page: bool = False) -> _Repository | None:
    """A repository by its address, its OWNER/NAME, its owner alone, or the `page` of its pull request. Case does not count."""
    texts = [fact.value for name in names if (fact := v.text(name))]
    if not texts or len(texts) != len(names):
        return None
    text = "/".join(texts).strip().lower()
    if "://" not in text and ":" not in text:
        return _Repository(None, text.strip("/").removesuffix(".git"))
    url = web_url(_PAGE.sub("", text) if page else text)
    parts = urlsplit(url) if url else None
    return _Repository(parts.hostname, parts.path.strip("/")) if parts else None


def _same(source: _Repository, target: _Repository, *, owners: bool) -> bool:
    if source.host and target.host and source.host != target.host:
        return False
    return source.path == (target.path.partition("/")[0] if owners else target.path)
