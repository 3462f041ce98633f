"""Every event that starts a workflow, and what a run that it started is about.

https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows has GITHUB_REF and GITHUB_SHA of each,
https://docs.github.com/en/webhooks/webhook-events-and-payloads what its event file says. On most events both variables are those of the
default branch, whatever the event is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from tocsin.ci.github import pulls, subject
from tocsin.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.ci.common import OptionalFacts
    from tocsin.ci.github.given import Given

Head: TypeAlias = Literal["branch", "tag", "branch or tag", "pull request", "queue", "nothing"]


class Subject(NamedTuple):
    """What the runs of some events are about.

    `read` takes it out of the variables and the event file. `head` is what `head_branch` names where a `workflow_run` reports such a
    run: https://docs.github.com/en/rest/actions/workflow-runs. The texts are for the docs. `vouched`: the run is of GITHUB_SHA itself,
    which somebody with a right to write has made or chosen. On every other event (a comment, an issue, a check, a run that ended)
    GITHUB_SHA is only where the workflow comes from, and what is checked out may be what the event is about.
    """

    read: Callable[[Given], OptionalFacts]
    head: Head
    ref: str
    commit: str
    vouched: bool = False


_CODE = Subject(subject.code, "branch or tag", "`GITHUB_REF`", "`GITHUB_SHA`", vouched=True)
_DEFAULT = _CODE._replace(head="branch")
_PULL_REQUEST = Subject(
    pulls.pull_request, "pull request", "the pull request; once it is merged, the branch that it went to", "its head; the merge commit"
)
_NOTHING = Subject(subject.nothing, "nothing", "none", "none")
_CHECKED = "the pull request, or the branch"

EVENTS: dict[str, Subject] = {
    "branch_protection_rule": _NOTHING,
    "check_run": Subject(subject.check_run, "nothing", _CHECKED, "the one that was checked"),
    "check_suite": Subject(subject.check_suite, "nothing", _CHECKED, "the one that was checked"),
    "create": Subject(subject.created_ref, "branch or tag", "the branch or tag that was created", "its last", vouched=True),
    "delete": Subject(subject.deleted_ref, "nothing", "the branch or tag that was deleted", "none", vouched=True),
    "deployment": Subject(subject.deployment, "branch or tag", "the one that is deployed", "the one that is deployed", vouched=True),
    "deployment_status": Subject(subject.deployment, "branch or tag", "the one that is deployed", "the one that is deployed", vouched=True),
    "discussion": _NOTHING,
    "discussion_comment": _NOTHING,
    "fork": _NOTHING,
    "gollum": _NOTHING,
    "image_version": _NOTHING,
    "issue_comment": Subject(pulls.comment, "nothing", "the pull request; for an issue none", "none"),
    "issues": _NOTHING,
    "label": _NOTHING,
    "merge_group": Subject(pulls.merge_group, "queue", "the last pull request of the group", "the queue's merge commit", vouched=True),
    "milestone": _NOTHING,
    "page_build": Subject(subject.page_build, "nothing", "none", "the one that was built", vouched=True),
    "project": _NOTHING,
    "project_card": _NOTHING,
    "project_column": _NOTHING,
    "public": _NOTHING._replace(vouched=True),
    "pull_request": _PULL_REQUEST,
    "pull_request_comment": Subject(subject.unknown, "nothing", "the pull request", "its head, where it is known"),  # Gitea's
    "pull_request_review": _PULL_REQUEST,
    "pull_request_review_comment": _PULL_REQUEST,
    "pull_request_target": _PULL_REQUEST,
    "push": _CODE._replace(ref="`GITHUB_REF`; the branch or tag that was deleted", commit="`GITHUB_SHA`; of a deletion none"),
    "registry_package": Subject(subject.package, "branch or tag", "the package's", "the package's", vouched=True),
    "release": Subject(subject.release, "tag", "the release's tag", "`GITHUB_SHA`", vouched=True),
    "repository_dispatch": _DEFAULT._replace(vouched=False),
    "schedule": _DEFAULT,
    "status": Subject(subject.commit_status, "nothing", "the branch of which it is the last commit", "the one whose status changed"),
    "watch": _NOTHING,
    "workflow_dispatch": _CODE,
    "workflow_run": Subject(subject.nothing, "nothing", "that of the run that it reports", "that of the run that it reports"),
}
UNKNOWN = Subject(subject.unknown, "nothing", "the name in `GITHUB_REF`, of unknown kind", "none")
# A run that a clock starts is nobody's: its actor is whoever changed the schedule last, or the default branch.
# https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#actor-for-scheduled-workflows
STARTED_BY_NOBODY = ("schedule",)


def subject_of(event: str, ref: str) -> Subject:
    """What a run of `event` is about; a merge ref makes a pull request of what runs on code. Without an event there is only the code."""
    found = EVENTS.get(event, UNKNOWN) if event else _CODE
    runs_on_code = found is UNKNOWN or found.head in ("branch", "tag", "branch or tag")
    return _PULL_REQUEST if runs_on_code and ref.startswith("refs/pull/") else found
