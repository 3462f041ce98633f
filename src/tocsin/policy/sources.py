"""What started a run, in the words of every CI: what `source` of a selector can be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.policy.glob import glob, is_glob

# https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows; `dynamic` are GitHub's own runs
_GITHUB = (
    "branch_protection_rule", "check_run", "check_suite", "create", "delete", "deployment", "deployment_status", "discussion",
    "discussion_comment", "dynamic", "fork", "gollum", "image_version", "issue_comment", "issues", "label", "merge_group", "milestone",
    "page_build", "project", "project_card", "project_column", "public", "pull_request", "pull_request_comment", "pull_request_review",
    "pull_request_review_comment", "pull_request_target", "push", "registry_package", "release", "repository_dispatch", "schedule",
    "status", "watch", "workflow_call", "workflow_dispatch", "workflow_run",
)  # fmt: skip
# https://docs.gitlab.com/ci/jobs/job_rules/#ci_pipeline_source-predefined-variable, and Enums::Ci::Pipeline.sources in GitLab's code
_GITLAB = (
    "api", "chat", "container_registry_push", "duo_workflow", "external", "external_pull_request_event", "merge_request_event",
    "ondemand_dast_scan", "ondemand_dast_validation", "parent_pipeline", "pipeline", "pipeline_execution_policy_schedule", "push",
    "schedule", "security_orchestration_policy", "trigger", "unknown", "web", "webide",
)  # fmt: skip
_JENKINS = ("indexing", "manual", "pull_request", "push", "remote", "schedule", "upstream", "webhook")  # Jenkins's library makes them
_BUILD_CAUSE = re.compile(r"[A-Z][A-Z0-9_]*(?:,[A-Z0-9_]+)*")  # of Jenkins without it; a plug-in's cause is its class's name in capitals

SOURCES = tuple(sorted({*_GITHUB, *_GITLAB, *_JENKINS}))

# What people write for them.
WORDS = {
    "schedule": ("cron", "scheduled", "timer", "nightly"),
    "pull_request": ("pr",),
    "merge_request_event": ("mr", "merge_request", "merge_requests"),
    "workflow_dispatch": ("dispatch",),
    "push": ("commit", "pushes"),
    "web": ("ui",),
}


def unknown(patterns: list[str]) -> Iterator[tuple[int, str]]:
    """The values that no CI sends, by their index, without their `!`."""
    for index, pattern in enumerate(patterns):
        word = pattern.removeprefix("!")
        if word and not _known(word):
            yield index, word


def _known(word: str) -> bool:
    if word in SOURCES or (_BUILD_CAUSE.fullmatch(word) and word.lower() not in SOURCES):
        return True
    return is_glob(word) and (("*" in word and word.upper() == word) or any(glob(word, source) for source in SOURCES))
