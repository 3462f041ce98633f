"""GitHub Actions. https://docs.github.com/en/actions/reference/workflows-and-actions/variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, Source, commit_facts, mapped, merged, ref_facts, variables, web_url
from tocsin.ci.github import event_file, trust
from tocsin.ci.run import Run
from tocsin.event import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.run import ReadFile

_PULL_REF = re.compile(r"refs/pull/([0-9]{1,18})/", re.ASCII)


def read(env: Mapping[str, str], files: ReadFile) -> Run:
    """What GitHub's variables and the event file say of this run; on `workflow_run`, of the run that ended."""
    v, name = variables(env), env.get("GITHUB_EVENT_NAME", "")
    e, warnings = event_file.read(v.text("GITHUB_EVENT_PATH"), name, files)
    repository = _repository(v)
    base = repository["repository.url"]
    pull_request = name in event_file.PULL_REQUESTS or env.get("GITHUB_REF", "").startswith("refs/pull/")
    declared: OptionalFacts = {"ci": Fact("github", "GITHUB_ACTIONS"), **repository}
    if name == "workflow_run":
        declared.update(event_file.ended_run(e, v.text("GITHUB_REPOSITORY"), base))
    else:
        declared.update(_this_run(v, base))
        declared.update(_pull_request(v, e, base) if pull_request else _commit(v, e, base))
    if name in ("deployment", "deployment_status"):
        declared.update(event_file.deployment(e, base))
    if name == "deployment_status":
        declared.update(event_file.deployment_status(e))
    fork = declared.get("pull_request.fork")
    return Run(
        "github",
        merged(declared, {"app": repository["repository.name"], "project": repository["repository.owner"]}),
        untrusted=trust.untrusted(name, fork, pull_request=pull_request),
        secretless=trust.secretless(v, e, name, fork),
        warnings=warnings,
        trusted=trust.trusted(v, name, fork, pull_request=pull_request),
        commits=trust.commits(v, e),
    )


def _repository(v: Source) -> OptionalFacts:
    name, server = v.text("GITHUB_REPOSITORY"), v.text("GITHUB_SERVER_URL")
    return {
        "repository.name": mapped(name, lambda text: text.rpartition("/")[2] or None),
        "repository.owner": mapped(name, lambda text: text.rpartition("/")[0] or None),
        "repository.url": mapped(name, lambda text: web_url(f"{server.value.rstrip('/')}/{text}") if server else None),
    }


def _actor(v: Source) -> Fact | None:
    """Who pressed the button: on a repetition not the first run's actor."""
    return v.text("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR")


def _this_run(v: Source, base: Fact | None) -> OptionalFacts:
    """The run and its job. GITHUB_JOB is the job's key in the workflow: its own id stands in no variable."""
    attempt, run = v.number("GITHUB_RUN_ATTEMPT"), v.text("GITHUB_RUN_ID")
    return {
        "scope": Fact("job", "GITHUB_ACTIONS"),
        "source": v.text("GITHUB_EVENT_NAME"),
        "pipeline": v.text("GITHUB_WORKFLOW"),
        "pipeline_file": mapped(v.text("GITHUB_WORKFLOW_REF"), event_file.workflow_file),
        "run.id": run,
        "run.number": v.number("GITHUB_RUN_NUMBER"),
        "run.attempt": attempt,
        "run.url": mapped(run, lambda number: event_file.attempt_url(f"{base.value}/actions/runs/{number}", attempt) if base else None),
        "job.name": v.text("GITHUB_JOB"),
        "triggered_by.login": _actor(v),
    }


def _commit(v: Source, e: Source, base: Fact | None) -> OptionalFacts:
    """The branch or tag and its commit."""
    sha = v.text("GITHUB_SHA")
    full = v.text("GITHUB_REF") or e.text("deployment.ref")
    no_ref = full and sha and full.value == sha.value  # a deployment of a bare commit
    return {
        **({} if no_ref else event_file.named_ref(full)),
        **commit_facts(sha, base),
        **event_file.pushed(e, sha, _actor(v)),
    }


def _pull_request(v: Source, e: Source, base: Fact | None) -> OptionalFacts:
    """The head: GITHUB_SHA is a merge commit, or the base where `pull_request_target` runs."""
    branch = v.text("GITHUB_HEAD_REF") or e.text("pull_request.head.ref")
    number = e.number("pull_request.number") or mapped(v.text("GITHUB_REF"), _pull_number)
    target = e.text("pull_request.base.repo.full_name") or v.text("GITHUB_REPOSITORY")
    return {
        **ref_facts("pull_request", branch, "GITHUB_EVENT_NAME"),
        **commit_facts(e.text("pull_request.head.sha"), base),
        "pull_request.number": number,
        "pull_request.title": e.text("pull_request.title"),
        "pull_request.url": e.text("pull_request.html_url") or event_file.pull_url(number, base),
        "pull_request.source_branch": branch,
        "pull_request.target_branch": v.text("GITHUB_BASE_REF") or e.text("pull_request.base.ref"),
        "pull_request.fork": event_file.fork(e, "pull_request.head", "repo", target),
    }


def _pull_number(text: str) -> int | None:
    found = _PULL_REF.match(text)
    return int(found[1]) if found else None
