"""GitHub's event file: what it says of a push, a pull request, a run that ended, a deployment.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, Source, commit_facts, document, first_line, mapped, message_facts, ref_facts
from tocsin.ci.status import known
from tocsin.event import Change, Fact, Failure, Person

if TYPE_CHECKING:
    from tocsin.ci.run import ReadFile

PULL_REQUESTS = ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment")
_WORKFLOW_FILE = re.compile(r"(?:^|/)(\.github/workflows/[^@]+)")

# What is unknown without the event file, by the beginning of the event's name.
_LOST = {
    "pull_request": "the head commit, the pull request's title and whether it comes from a fork are unknown",
    "workflow_run": "which run ended, and how, is unknown",
    "deployment": "the environment of the deployment and its status are unknown",
}
_LOST_ELSE = "the commit's title and author and the changes are unknown"


def read(path: Fact | None, name: str, files: ReadFile) -> tuple[Source, tuple[str, ...]]:
    """The event file, and a warning where it cannot be had; `name` is the event's."""
    lost = next((text for event, text in _LOST.items() if name.startswith(event)), _LOST_ELSE)
    if not path:
        needed = name.startswith(tuple(_LOST))
        return document({}), (f"there is no event file (GITHUB_EVENT_PATH is not set): {lost}",) if needed else ()
    try:
        data = json.loads(files(path.value))
    except OSError as error:
        why = f"cannot be read ({error.strerror or 'no reason given'})"
    except UnicodeDecodeError:
        why = "is not UTF-8 text"
    except json.JSONDecodeError as error:
        why = f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
    except (ValueError, RecursionError):
        why = "is not JSON that can be read (a number or its nesting is beyond all bounds)"
    else:
        if isinstance(data, dict):
            return document(data), ()
        why = "is not a JSON object"
    return document({}), (f"the event file {path.value} (GITHUB_EVENT_PATH) {why}: {lost}",)


def pushed(e: Source, sha: Fact | None, actor: Fact | None) -> OptionalFacts:
    """The message and author of the commit that was pushed, or that a merge queue built, and the commits of a push."""
    head = next((key for key in ("head_commit", "merge_group.head_commit") if sha and e.raw(f"{key}.id") == sha.value), None)
    changes = tuple(_changes(e.raw("commits")))
    by_actor = actor and e.raw("pusher.name") == actor.value
    return {
        **(_commit_text(e, head) if head else {}),
        "triggered_by.email": e.text("pusher.email") if by_actor else None,
        "changes": Fact(changes, "event file: commits") if changes else None,
    }


def _changes(commits: object) -> list[Change]:
    """The commits of a push, oldest first; what is no commit is left out."""
    found = []
    for c in [document(item) for item in commits] if isinstance(commits, list) else []:
        sha, text = _value(c.text("id")), _value(c.text("message"))
        by = Person(_value(c.text("author.name")), _value(c.text("author.email")))
        if sha:
            found.append(Change(sha, first_line(text or ""), by, _value(c.text("url"))))
    return found


def _commit_text(e: Source, key: str) -> OptionalFacts:
    return {
        **message_facts(e.text(f"{key}.message")),
        "commit.author.name": e.text(f"{key}.author.name"),
        "commit.author.email": e.text(f"{key}.author.email"),
    }


def _value(fact: Fact | None) -> str | None:
    return fact.value if fact else None


def named_ref(full: Fact | None) -> OptionalFacts:
    """The ref of "refs/heads/main" or "refs/tags/v1"; a name without its kind is only a name."""
    for kind, prefix in (("branch", "refs/heads/"), ("tag", "refs/tags/")):
        if full and full.value.startswith(prefix):
            name = full.value[len(prefix) :]
            return ref_facts(kind, Fact(name, full.source)) if name else {}
    return {"ref.name": full}


def fork(e: Source, owner: str, key: str, base: Fact | None) -> Fact | None:
    """Whether the repository under `owner`.`key` is another than the base; null is a deleted fork, a missing key says nothing."""
    holder, path = e.raw(owner), f"{owner}.{key}"
    if isinstance(holder, dict) and key in holder and holder[key] is None:
        return Fact(True, f"event file: {path}")
    head = e.text(f"{path}.full_name")
    return Fact(head.value.lower() != base.value.lower(), head.source) if head and base else None


def workflow_file(text: str) -> str | None:
    """The path from the repository's root in "owner/name/.github/workflows/deploy.yml@refs/heads/main"."""
    found = _WORKFLOW_FILE.search(text)
    return found[1] if found else None


def attempt_url(url: str, attempt: Fact | None) -> str:
    """The page of one attempt: the run's own page is the last one's."""
    return f"{url}/attempts/{attempt.value}" if attempt and attempt.value > 1 else url


def pull_url(number: Fact | None, base: Fact | None) -> Fact | None:
    """The page of a pull request of the repository at `base`."""
    return mapped(number, lambda n: f"{base.value}/pull/{n}" if base else None)


def ended_run(e: Source, repository: Fact | None, base: Fact | None) -> OptionalFacts:
    """The run that a `workflow_run` event reports. Nothing is said of the run that reports it."""
    key = "workflow_run"
    attempt, conclusion = e.number(f"{key}.run_attempt"), e.text(f"{key}.conclusion")
    same = e.raw(f"{key}.head_commit.id") == e.raw(f"{key}.head_sha")
    return {
        "scope": Fact("run", "GITHUB_EVENT_NAME"),
        "status": mapped(conclusion, known),
        "source": e.text(f"{key}.event"),
        "pipeline": e.text(f"{key}.name", "workflow.name"),
        "pipeline_file": mapped(e.text(f"{key}.path", "workflow.path"), workflow_file),
        "run.id": e.id(f"{key}.id"),
        "run.number": e.number(f"{key}.run_number"),
        "run.attempt": attempt,
        "run.url": mapped(e.text(f"{key}.html_url"), lambda url: attempt_url(url, attempt)),
        "run.started_at": e.time(f"{key}.run_started_at", f"{key}.created_at"),
        "run.finished_at": e.time(f"{key}.updated_at") if conclusion else None,
        "triggered_by.login": e.text(f"{key}.triggering_actor.login", f"{key}.actor.login"),
        **commit_facts(e.text(f"{key}.head_sha"), base),
        **(_commit_text(e, f"{key}.head_commit") if same else {}),
        **_ended_ref(e, repository, base),
    }


def _ended_ref(e: Source, repository: Fact | None, base: Fact | None) -> OptionalFacts:
    """A fork's branch never passes for a branch of this repository, whatever started its run."""
    key = "workflow_run"
    branch, source = e.text(f"{key}.head_branch"), _value(e.text(f"{key}.event"))
    stranger = fork(e, key, "head_repository", e.text("repository.full_name") or repository)
    if source not in PULL_REQUESTS and not (stranger and stranger.value):
        return ref_facts("tag" if source == "release" else "branch", branch)
    one = f"{key}.pull_requests.0"  # the open pull requests with this head; with several of them nothing says whose run it was
    several = e.raw(f"{key}.pull_requests.1") is not None
    number = None if several else e.number(f"{one}.number")
    return {
        **ref_facts("pull_request", branch, f"event file: {key}.event"),
        "pull_request.number": number,
        "pull_request.url": pull_url(number, base),
        "pull_request.source_branch": branch,
        "pull_request.target_branch": None if several else e.text(f"{one}.base.ref"),
        "pull_request.fork": stranger,
    }


def deployment(e: Source, base: Fact | None) -> OptionalFacts:
    """A deployment's environment and maker, and its commit where the file names it."""
    sha = e.text("deployment.sha")
    return {
        "environment": e.text("deployment_status.environment", "deployment.environment"),
        "environment_url": e.text("deployment_status.environment_url"),
        "triggered_by.login": e.text("deployment.creator.login"),
        **(commit_facts(sha, base) if sha else {}),
    }


def deployment_status(e: Source) -> OptionalFacts:
    """How a deployment went, which is not this job's own doing: `pending`, `queued` and `in_progress` are no status yet."""
    key = "deployment_status"
    status = mapped(e.text(f"{key}.state"), known)
    url, reason = e.text(f"{key}.log_url", f"{key}.target_url"), e.text(f"{key}.description")
    failed = status and status.value == "failure" and reason
    return {
        "scope": Fact("run", "GITHUB_EVENT_NAME"),
        "status": status,
        "run.started_at": e.time("deployment.created_at"),
        "run.finished_at": e.time(f"{key}.created_at") if status else None,
        "job.name": None,
        "failures": Fact((Failure(url=_value(url), reason=reason.value),), reason.source) if reason and failed else None,
        **({"run.url": url} if url else {}),
    }
