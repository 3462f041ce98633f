"""GitHub Actions. https://docs.github.com/en/actions/reference/workflows-and-actions/variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, Source, mapped, merged, variables, web_url
from tocsin.ci.github import event_file, trust
from tocsin.ci.github.events import STARTED_BY_NOBODY, subject_of
from tocsin.ci.github.forge import forge, run_page
from tocsin.ci.github.given import Given
from tocsin.ci.run import Run
from tocsin.event import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.run import ReadFile


def read(env: Mapping[str, str], files: ReadFile) -> Run:
    """What GitHub's variables and the event file say of this run; on `workflow_run`, of the run that ended."""
    v, name = variables(env), env.get("GITHUB_EVENT_NAME", "")
    e, warnings = event_file.read(v.text("GITHUB_EVENT_PATH"), name, files)
    repository = _repository(v)
    given = Given(v, e, v.text("GITHUB_REF"), v.text("GITHUB_SHA"), repository["repository.url"], forge(env))
    pull_request = name in event_file.PULL_REQUESTS or env.get("GITHUB_REF", "").startswith("refs/pull/")
    declared: OptionalFacts = {"ci": Fact("github", "GITHUB_ACTIONS"), **repository}
    if name == "workflow_run":
        from tocsin.ci.github import ended_run

        declared.update(ended_run.ended_run(given))
        no_start = ended_run.no_start(e)
    else:
        declared.update(_this_run(given, name))
        declared.update(subject_of(name, env.get("GITHUB_REF", "")).read(given))
        no_start = None
    if name in ("deployment", "deployment_status"):
        from tocsin.ci.github import deployment

        declared.update(deployment.deployment(e))
        if name == "deployment_status":
            declared.update(deployment.deployment_status(e))
            no_start = deployment.no_start(e)
    fork, before = declared.get("pull_request.fork"), e.text("before")
    return Run(
        "github",
        merged(declared, {"app": repository["repository.name"], "project": repository["repository.owner"]}),
        untrusted=trust.untrusted(name, fork, pull_request=pull_request),
        secretless=trust.secretless(v, e, name, fork),
        warnings=warnings,
        trusted=trust.trusted(v, name, fork, pull_request=pull_request),
        commits=trust.commits(v, e),
        before=before.value if before else None,
        no_start=no_start,
    )


def _repository(v: Source) -> OptionalFacts:
    name, server = v.text("GITHUB_REPOSITORY"), v.text("GITHUB_SERVER_URL")
    return {
        "repository.name": mapped(name, lambda text: text.rpartition("/")[2] or None),
        "repository.owner": mapped(name, lambda text: text.rpartition("/")[0] or None),
        "repository.url": mapped(name, lambda text: web_url(f"{server.value.rstrip('/')}/{text}") if server else None),
    }


def _this_run(g: Given, event: str) -> OptionalFacts:
    """The run and its job. GITHUB_JOB is the job's key in the workflow: its own id stands in no variable."""
    v, run = g.v, g.v.text("GITHUB_RUN_ID")
    return {
        "scope": Fact("job", "GITHUB_ACTIONS"),
        "source": v.text("GITHUB_EVENT_NAME"),
        "pipeline": v.text("GITHUB_WORKFLOW"),
        "pipeline_file": mapped(v.text("GITHUB_WORKFLOW_REF"), event_file.workflow_file),
        "run.id": run,
        "run.number": v.number("GITHUB_RUN_NUMBER"),
        "run.attempt": v.number("GITHUB_RUN_ATTEMPT"),
        "run.url": run_page(g.forge, v, g.base),
        "job.name": v.text("GITHUB_JOB"),
        "triggered_by.login": _actor(v, event),
    }


def _actor(v: Source, event: str) -> Fact | None:
    """Who started the run; of what a clock started only who repeated it."""
    if event not in STARTED_BY_NOBODY:
        return event_file.actor(v)
    attempt = v.number("GITHUB_RUN_ATTEMPT")
    return v.text("GITHUB_TRIGGERING_ACTOR") if attempt and attempt.value > 1 else None
