"""What a run is about where that is a pull request: by its own events, in a merge queue, by a comment, or in a list of an event file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, Source, document, mapped, ref_facts
from tocsin.ci.github import event_file
from tocsin.ci.github.given import plain

if TYPE_CHECKING:
    from tocsin.ci.github.given import Given
    from tocsin.event import Fact

# Compiled where they are used, which is on few events: every start would pay for them.
_PULL_REF = r"refs/pull/([0-9]{1,18})/"
# https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group; the branches of the queue belong to GitHub.
_QUEUE_REF = r"(?:refs/heads/)?gh-readonly-queue/(?P<target>.+)/pr-(?P<number>[0-9]{1,18})-[0-9a-f]{40,64}"


def pull_request(g: Given) -> OptionalFacts:
    """The head: GITHUB_SHA is a merge commit, or the base. Once it is merged, the branch that it went to and the commit there."""
    merged = g.e.raw("action") == "closed" and g.e.raw("pull_request.merged") is True
    target = g.e.text("pull_request.base.ref")
    if merged and target:
        sha = g.e.text("pull_request.merge_commit_sha") or (g.sha if plain(g.ref) == target.value else None)
        return {**_pull_request(g), **ref_facts("branch", target), **g.commit(sha)}
    head = g.v.text("GITHUB_HEAD_REF") or g.e.text("pull_request.head.ref")
    where = ref_facts("pull_request", head, "GITHUB_EVENT_NAME")
    return {**_pull_request(g), **where, **g.commit(g.e.text("pull_request.head.sha"))}


def _pull_request(g: Given) -> OptionalFacts:
    number = g.e.number("pull_request.number") or mapped(g.ref, _pull_number)
    repository = g.e.text("pull_request.base.repo.full_name") or g.v.text("GITHUB_REPOSITORY")
    return {
        "pull_request.number": number,
        "pull_request.title": g.e.text("pull_request.title"),
        "pull_request.url": g.e.text("pull_request.html_url") or g.pull_url(number),
        "pull_request.source_branch": g.v.text("GITHUB_HEAD_REF") or g.e.text("pull_request.head.ref"),
        "pull_request.target_branch": g.v.text("GITHUB_BASE_REF") or g.e.text("pull_request.base.ref"),
        "pull_request.fork": event_file.fork(g.e, "pull_request.head", "repo", repository),
    }


def merge_group(g: Given) -> OptionalFacts:
    """The last pull request of the group, the branch that it waits for, and the commit that the queue made of them."""
    return {
        **queue_facts(g, g.e.text("merge_group.head_ref") or g.ref, g.e.text("merge_group.base_ref")),
        **g.commit(g.e.text("merge_group.head_sha") or g.sha, "merge_group.head_commit"),
    }


def queue_facts(g: Given, ref: Fact | None, target: Fact | None = None) -> OptionalFacts:
    """What the name of a merge queue's branch says: a pull request and its target, never a branch of anybody's."""
    found = mapped(ref, lambda name: re.fullmatch(_QUEUE_REF, name))
    number = mapped(found, lambda match: int(match["number"]))
    return {
        **ref_facts("pull_request", mapped(ref, lambda _: plain(ref)), "GITHUB_EVENT_NAME"),
        "pull_request.number": number,
        "pull_request.url": g.pull_url(number),
        "pull_request.target_branch": mapped(target, lambda _: plain(target)) or mapped(found, lambda match: match["target"]),
    }


def comment(g: Given) -> OptionalFacts:
    """The pull request that was commented on; of an issue nothing. The head's branch and commit are not in the file."""
    if not (isinstance(g.e.raw("issue.pull_request"), dict) or g.e.raw("is_pull") is True):  # the latter is Gitea's
        return {}
    number = g.e.number("issue.number")
    return {
        **ref_facts("pull_request", None, "event file: issue.pull_request"),
        "pull_request.number": number,
        "pull_request.title": g.e.text("issue.title"),
        "pull_request.url": g.e.text("issue.pull_request.html_url", "issue.html_url") or g.pull_url(number),
    }


def own_pull_requests(e: Source, path: str) -> list[Source]:
    """The pull requests in a list of the event file that go to this repository: one with the same head may go to its parent's."""
    items = e.raw(path)
    listed = [document(item) for item in items] if isinstance(items, list) else []
    ours = {key: e.raw(f"repository.{key}") for key in ("id", "url")}
    return [one for one in listed if all(one.raw(f"base.repo.{key}") in (None, value) for key, value in ours.items() if value is not None)]


def listed_facts(g: Given, listed: list[Source], branch: Fact | None) -> OptionalFacts:
    """The pull request of a head; with several of them nothing says which one is meant."""
    one = listed[0] if len(listed) == 1 else document({})
    number = one.number("number")
    source = branch or one.text("head.ref")
    return {
        **ref_facts("pull_request", source, "event file: pull_requests"),
        "pull_request.number": number,
        "pull_request.url": g.pull_url(number),
        "pull_request.source_branch": source,
        "pull_request.target_branch": one.text("base.ref"),
    }


def _pull_number(text: str) -> int | None:
    found = re.match(_PULL_REF, text)
    return int(found[1]) if found else None
