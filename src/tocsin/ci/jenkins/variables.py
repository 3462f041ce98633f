"""What the variables of Jenkins and its plug-ins say. https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from tocsin.ci.common import OptionalFacts, Source, commit_facts, commit_path, mapped, merged, ref_facts, variables, web_url
from tocsin.ci.jenkins import build_tag
from tocsin.ci.jenkins.pull_requests import PullRequest, pull_requests
from tocsin.ci.jenkins.refs import Built, built
from tocsin.ci.jenkins.trust import untrusted
from tocsin.ci.run import Run, unread
from tocsin.ci.status import known
from tocsin.event import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

# A configuration of a matrix project: its axes are the last segment of JOB_NAME.
_AXES = re.compile(r"[^=,/]+=[^=,/]*(?:,[^=,/]+=[^=,/]*)*")


class Job(NamedTuple):
    """A job by its folders and name; a multibranch one is told without its branch, a matrix's configuration without its axes."""

    path: list[str]
    branch: Fact | None = None  # a multibranch one's
    axes: str | None = None


def read(env: Mapping[str, str]) -> Run:
    """What Jenkins's variables say; the text "null" is absent, which is what Groovy writes for none."""
    v = variables(env, absent=("null",))
    if not v.text("JENKINS_HOME", "JENKINS_URL") and not build_tag(env):
        found = unread("jenkins", "neither JENKINS_HOME nor JENKINS_URL is set")
        return found._replace(untrusted=untrusted(pull_requests(v), built(v, None).request))
    job, sign = _job(v), "JENKINS_HOME" if env.get("JENKINS_HOME") else "BUILD_TAG"
    requests, what = pull_requests(v), built(v, job.branch)
    declared: OptionalFacts = {
        "ci": Fact("jenkins", sign),
        "scope": Fact("job" if job.axes else "run", "JOB_NAME" if job.axes else sign),
        "status": mapped(v.text("BUILD_RESULT"), known),
        "source": v.text("BUILD_CAUSE"),
        "pipeline": mapped(v.text("JOB_NAME"), lambda _: "/".join(job.path) or None),
        "run.id": v.text("BUILD_TAG") if build_tag(env) else None,  # "v1.2.3" would be the id of many runs
        "run.number": v.number("BUILD_NUMBER"),
        "run.url": v.text("BUILD_URL"),
        "job.name": mapped(v.text("JOB_NAME"), lambda name: "/".join(job.path) if job.axes else name),
        "job.url": v.text("JOB_URL"),
        "job.variant": mapped(v.text("JOB_NAME"), lambda _: job.axes),
        "triggered_by.login": v.text("BUILD_USER_ID"),
        "triggered_by.name": v.text("BUILD_USER"),
        "triggered_by.email": v.text("BUILD_USER_EMAIL"),
        **_repository(v),
        **_ref(requests, what),
        **_commit(v, requests, what),
    }
    guessed: OptionalFacts = {
        "app": mapped(v.text("JOB_NAME"), lambda _: job.path[-1] if job.path else None),
        "project": mapped(v.text("JOB_NAME"), lambda _: "/".join(job.path[:-1]) or None),
    }
    return Run("jenkins", merged(declared, guessed), untrusted(requests, what.request))


def _job(v: Source) -> Job:
    """The job. In a multibranch one the last segment is the branch, percent-encoded; in a matrix's configuration it is the axes.

    A name that a person gives to a job has no percent sign: https://github.com/jenkinsci/jenkins, Jenkins.checkGoodName
    The page of a configuration is below its project's, ".../job/shop/label=linux", that of a job so called ".../job/shop/job/label=linux".
    """
    name, branch = v.text("JOB_NAME"), v.text("BRANCH_NAME")
    path = [segment for segment in name.value.split("/") if segment] if name else []
    if len(path) < 2:
        return Job(path)
    last = path[-1]
    if branch is not None and branch.value in (last, unquote(last)):
        return Job(path[:-1], branch)
    if "%" in last:
        return Job(path[:-1], mapped(name, lambda _: unquote(last)))
    page = v.text("JOB_URL", "BUILD_URL")
    matrix = _AXES.fullmatch(last) and not (page and f"/job/{last}/" in f"{unquote(page.value)}/")
    return Job(path[:-1], axes=last) if matrix else Job(path)


def _repository(v: Source) -> OptionalFacts:
    url = mapped(v.text("GIT_URL", "GIT_URL_1"), web_url)
    path = mapped(url, lambda text: urlsplit(text).path.strip("/"))
    return {
        "repository.name": mapped(path, lambda text: text.rpartition("/")[2]),
        "repository.owner": mapped(path, lambda text: text.rpartition("/")[0] or None),
        "repository.url": url,
    }


def _ref(requests: list[PullRequest], what: Built) -> OptionalFacts:
    """What was built. A pull request has no branch, whatever stands in GIT_BRANCH."""
    if requests:
        return _pull_request(requests[0])
    if what.request:
        return {**ref_facts("pull_request", None, what.request.source), "pull_request.number": what.request}
    if what.tag:
        return ref_facts("tag", what.tag)
    return ref_facts("branch", what.branch) if what.branch else {}


def _pull_request(request: PullRequest) -> OptionalFacts:
    return {
        **ref_facts("pull_request", request.source_branch, request.mark.source),
        "pull_request.number": request.number,
        "pull_request.title": request.title,
        "pull_request.url": request.url,
        "pull_request.source_branch": request.source_branch,
        "pull_request.target_branch": request.target_branch,
        "pull_request.fork": request.fork,
    }


def _commit(v: Source, requests: list[PullRequest], what: Built) -> OptionalFacts:
    """A pull request's head where a plug-in says it, else what was built, which may be a merge of Jenkins's own: that has no page."""
    url = mapped(v.text("GIT_URL", "GIT_URL_1"), web_url)
    path = commit_path(url)
    request = requests[0] if requests else None
    page = url if path and not request and not what.request else None
    return {
        **commit_facts((request.head if request else None) or v.text("GIT_COMMIT"), page, path or ""),
        "commit.author.name": request.author if request else None,
        "commit.author.email": v.text("CHANGE_AUTHOR_EMAIL", "ghprbActualCommitAuthorEmail") if request else None,
    }
