"""GitLab CI. https://docs.gitlab.com/ci/variables/predefined_variables/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.common import (
    OptionalFacts,
    Source,
    commit_facts,
    mapped,
    merged,
    ref_facts,
    seconds_between,
    split_author,
    variables,
    web_url,
)
from tocsin.ci.gitlab import trust
from tocsin.ci.run import Run, unread
from tocsin.ci.status import known
from tocsin.event import Fact
from tocsin.terms import TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Pipelines of which GITLAB_USER_* is not who triggered them: the owner of a schedule, of a trigger token or of a mirror, or a policy's
# bot; an on-demand scan may be a schedule's too. https://docs.gitlab.com/ci/jobs/job_rules/#ci_pipeline_source-predefined-variable
_UNASKED = (
    "schedule",
    "trigger",
    "external_pull_request_event",
    "ondemand_dast_scan",
    "security_orchestration_policy",
    "pipeline_execution_policy_schedule",
)
# Ours: what took longer may have been retried, or have waited for a person, which no variable says. A job's own limit is an hour by
# default: https://docs.gitlab.com/ci/pipelines/settings/#set-a-limit-for-how-long-jobs-can-run
_ONE_GO_SECONDS = 3600
_MERGED = ("merged_result", "merge_train")  # pipelines whose CI_COMMIT_* are a merge commit's


def read(env: Mapping[str, str]) -> Run:
    """What GitLab's variables say."""
    v = variables(env)
    if env.get("GITLAB_CI", "").lower() != "true" and not v.text("CI_PROJECT_ID"):
        return unread("gitlab", "neither GITLAB_CI nor CI_PROJECT_ID is set")  # Woodpecker has CI_COMMIT_* and CI_PIPELINE_URL too
    fork = trust.fork(v)
    declared: OptionalFacts = {
        "ci": Fact("gitlab", "GITLAB_CI"),
        "source": v.text("CI_PIPELINE_SOURCE"),
        "pipeline": v.text("CI_PIPELINE_NAME"),
        # A file of another project or of a web server is no path in this repository.
        "pipeline_file": mapped(v.text("CI_CONFIG_PATH"), lambda path: None if "@" in path or "://" in path else path),
        "repository.name": v.text("CI_PROJECT_NAME"),
        "repository.owner": v.text("CI_PROJECT_NAMESPACE"),
        "repository.url": mapped(v.text("CI_PROJECT_URL"), web_url),
        **_actor(v),
        **_status(v),
        **_run(v),
        **_environment(v),
        **_ref(v, fork),
        **_commit(v),
    }
    guessed: OptionalFacts = {"app": v.text("CI_PROJECT_NAME"), "project": v.text("CI_PROJECT_NAMESPACE")}
    return Run(
        "gitlab",
        merged(declared, guessed),
        untrusted=trust.untrusted(v, fork),
        secretless=trust.secretless(v, fork),
        trusted=trust.trusted(v, fork),
        commits=trust.commits(v),
    )


def _status(v: Source) -> OptionalFacts:
    """In `after_script` the job's own status; elsewhere ("running", or none) a notify job speaks of the pipeline."""
    status = mapped(v.text("CI_JOB_STATUS"), known)
    return {"status": status, "scope": Fact("job", status.source) if status else Fact("run", "GITLAB_CI")}


def _actor(v: Source) -> OptionalFacts:
    """Who triggered the pipeline, or pressed play for this job; nobody where it started by itself."""
    if v.raw("CI_PIPELINE_SOURCE") in _UNASKED and v.raw("CI_JOB_MANUAL") != "true":
        return {}
    return {f"triggered_by.{field}": v.text(f"GITLAB_USER_{field.upper()}") for field in ("login", "name", "email")}


def _started(v: Source) -> Fact | None:
    """When that began which is told of: a job that tells of itself, or a pipeline, whose creation is its start if all was one go."""
    job, created = v.time("CI_JOB_STARTED_AT"), v.time("CI_PIPELINE_CREATED_AT")
    if _status(v)["status"]:
        return job
    if not job or not created or v.raw("CI_JOB_MANUAL") == "true":
        return None
    return created if 0 <= seconds_between(created.value, job.value) <= _ONE_GO_SECONDS else None


def _run(v: Source) -> OptionalFacts:
    index, total = v.number("CI_NODE_INDEX"), v.number("CI_NODE_TOTAL")
    return {
        "run.id": v.text("CI_PIPELINE_ID"),
        "run.number": v.number("CI_PIPELINE_IID"),
        "run.url": v.text("CI_PIPELINE_URL"),
        "run.started_at": _started(v),
        "job.id": v.text("CI_JOB_ID"),
        "job.name": v.text("CI_JOB_NAME"),
        "job.url": v.text("CI_JOB_URL"),
        "job.variant": Fact(f"{index.value}/{total.value}", index.source) if index and total and total.value > 1 else None,
    }


def _environment(v: Source) -> OptionalFacts:
    return {
        "environment": v.text("CI_ENVIRONMENT_NAME"),
        "environment_url": v.text("CI_ENVIRONMENT_URL"),
        "tier": mapped(v.text("CI_ENVIRONMENT_TIER"), lambda tier: tier.lower() if tier.lower() in TIERS else "other"),
        # "group/project:agent", or an ARN that ends in "cluster/name"
        "cluster": mapped(v.text("KUBE_CONTEXT"), lambda name: name.replace(":", "/").rstrip("/").rpartition("/")[2].strip() or None),
    }


def _ref(v: Source, fork: bool | None) -> OptionalFacts:
    """A merge request is told by its number: child pipelines have its variables under another CI_PIPELINE_SOURCE."""
    if v.text("CI_MERGE_REQUEST_IID"):
        return _pull_request(v, "CI_MERGE_REQUEST", fork)
    if v.text("CI_EXTERNAL_PULL_REQUEST_IID"):
        return _pull_request(v, "CI_EXTERNAL_PULL_REQUEST", fork)
    tag, branch = v.text("CI_COMMIT_TAG"), v.text("CI_COMMIT_BRANCH")
    if tag or branch:
        return ref_facts("tag" if tag else "branch", tag or branch)
    return {"ref.name": v.text("CI_COMMIT_REF_NAME")}


def _pull_request(v: Source, prefix: str, fork: bool | None) -> OptionalFacts:
    number, project = v.number(f"{prefix}_IID"), v.text(f"{prefix}_PROJECT_URL")
    branch = v.text(f"{prefix}_SOURCE_BRANCH_NAME")
    return {
        **ref_facts("pull_request", branch, f"{prefix}_IID"),
        "pull_request.number": number,
        "pull_request.title": v.text(f"{prefix}_TITLE"),
        "pull_request.url": mapped(number, lambda iid: f"{project.value.rstrip('/')}/-/merge_requests/{iid}" if project else None),
        "pull_request.source_branch": branch,
        "pull_request.target_branch": v.text(f"{prefix}_TARGET_BRANCH_NAME"),
        "pull_request.fork": Fact(fork, trust.origin(v)[0]) if fork is not None else None,
    }


def _commit(v: Source) -> OptionalFacts:
    """A merge request's head. Where GitLab built a merge commit, its title and author are not the head's."""
    built = v.text("CI_COMMIT_SHA")
    head = v.text("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA")
    merged = v.text("CI_MERGE_REQUEST_EVENT_TYPE")
    if not head and not (merged and merged.value in _MERGED):
        head = built
    found = commit_facts(head, mapped(v.text("CI_PROJECT_URL"), web_url), "/-/commit/")
    if not (head and built and head.value == built.value):
        return found
    by = v.text("CI_COMMIT_AUTHOR")
    return {
        **found,
        "commit.title": v.text("CI_COMMIT_TITLE"),
        "commit.message": v.text("CI_COMMIT_MESSAGE"),
        "commit.author.name": mapped(by, lambda text: split_author(text)[0]),
        "commit.author.email": mapped(by, lambda text: split_author(text)[1]),
    }
