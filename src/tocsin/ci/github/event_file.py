"""GitHub's event file, and what several events' files have alike.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, Source, document, first_line, message_facts
from tocsin.event import Change, Fact, Person

if TYPE_CHECKING:
    from tocsin.ci.run import ReadFile

PULL_REQUESTS = ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment")
_WORKFLOW_FILE = re.compile(r"(?:^|/)(\.(?:github|gitea|forgejo)/workflows/[^@]+)")

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


def pushed(e: Source, by: Fact | None) -> OptionalFacts:
    """The commits of a push, and the address of who pushed them, where that is who started the run."""
    changes = tuple(_changes(e.raw("commits")))
    same = by and e.raw("pusher.name") == by.value
    return {
        "triggered_by.email": e.text("pusher.email") if same else None,
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


def commit_text(e: Source, key: str) -> OptionalFacts:
    """The message and author of a commit in the event file."""
    return {
        **message_facts(e.text(f"{key}.message")),
        "commit.author.name": e.text(f"{key}.author.name"),
        "commit.author.email": e.text(f"{key}.author.email"),
    }


def _value(fact: Fact | None) -> str | None:
    return fact.value if fact else None


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


def actor(v: Source) -> Fact | None:
    """Who pressed the button: on a repetition not the first run's actor."""
    return v.text("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR")
