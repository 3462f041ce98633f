"""A question about a run that nobody has to start: what its event, its branch, its pull request would be."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tocsin.event import Commit, Fact, Facts, PullRequest, Rank
from tocsin.terms import flag_name, spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.request import Request


class EventWord(NamedTuple):
    """What an event's word says: the hook, the status at completion, and how the run before ended, of a transition."""

    hook: str
    status: str | None = None
    previous: str | None = None


EVENTS: Mapping[str, EventWord] = MappingProxyType(
    {
        "trigger": EventWord("trigger"),
        "success": EventWord("completion", "success"),
        "failure": EventWord("completion", "failure"),
        "cancelled": EventWord("completion", "cancelled"),
        "unstable": EventWord("completion", "unstable"),
        "waiting": EventWord("completion", "waiting"),
        "fixed": EventWord("completion", "success", "failure"),
        "broken": EventWord("completion", "failure", "success"),
        "still_failing": EventWord("completion", "failure", "failure"),
    }
)


class Place(NamedTuple):
    """Where messages arrive: a channel by its name, or an email address; both None are all places."""

    channel: str | None = None
    recipient: str | None = None

    def __bool__(self) -> bool:
        return self.channel is not None or self.recipient is not None

    def __str__(self) -> str:
        return self.channel or self.recipient or "anybody"


class Question(NamedTuple):
    """What `explain` is asked: by a request, of a recorded run (the path of its file), about a place."""

    request: Request
    recorded: str | None = None
    place: Place = Place()
    asked: tuple[str, ...] = ()  # the selector keys that the question gives


def event_facts(word: str) -> Facts:
    """What follows from an event's word beside its status."""
    previous = EVENTS[word].previous
    if previous is None:
        return {}
    return {"run.previous_status": _said(previous, "event"), "transition": _said(word, "event")}


def ref_facts(branch: str | None, tag: str | None) -> Facts:
    """A branch or a tag, which is of no pull request, and of no commit that is known."""
    name, value = ("branch", branch) if branch else ("tag", tag)
    if not value:
        return {}
    said = _said(value, name)
    return {**_nothing(said, "pull_request", PullRequest._fields), **_no_commit(said), **spread(name, said)}


def pull_request_facts(number: int | None, source_branch: str | None, target_branch: str | None, *, fork: bool) -> Facts:
    """A pull request, of which each part alone says that it is one. It has no branch: a fork's `main` is not the repository's."""
    parts = {"number": number, "source_branch": source_branch, "target_branch": target_branch, "fork": fork or None}
    given = {name: value for name, value in parts.items() if value is not None}
    if not given:
        return {}
    said = _said("pull_request", "pull_request" if number is not None else next(iter(given)))
    ref = {"type": "pull_request", "name": source_branch, "branch": None, "tag": None}
    return {
        **_nothing(said, "pull_request", PullRequest._fields if number is not None else ()),
        **_no_commit(said),
        **{f"ref.{name}": said._replace(value=value) for name, value in ref.items()},
        **{f"pull_request.{name}": _said(value, "pull_request" if name == "number" else name) for name, value in given.items()},
    }


def term_facts(words: Mapping[str, str | None]) -> Facts:
    """What a word for a term says; a job is another one than this, whose page and leg are not its own."""
    facts: Facts = {}
    for name, text in words.items():
        if text:
            said = _said(text, name)
            facts |= {**(_nothing(said, "job", ("id", "url", "variant")) if name == "job" else {}), **spread(name, said)}
    return facts


def _said(value: object, name: str) -> Fact:
    return Fact(value, f"flag {flag_name(name)}", Rank.FLAG)


def _nothing(said: Fact, record: str, fields: tuple[str, ...]) -> Facts:
    return {f"{record}.{field}": said._replace(value=None) for field in fields}


def _no_commit(said: Fact) -> Facts:
    fields = (field for field in Commit._fields if field not in ("author", "short_sha"))
    return _nothing(said, "commit", (*fields, "author.name", "author.email"))
