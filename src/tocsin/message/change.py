"""The change in one sentence: what, by whom, on which branch, and who started it, if that is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.message.parts import Sentence, Span, first, shortened, span
from tocsin.message.people import actor_name, author_name, same_person

if TYPE_CHECKING:
    from tocsin.event import Event

TITLE_MAX_CHARS = 100  # ours: the first line of a commit's message
_NAME_MAX_CHARS = 60


def change(event: Event, title: str) -> Sentence:
    """Such as "Round refunds by Ada Byron on main, deployed by Grace Hopper". What the headline `title` says already is left out."""
    head = _head(event, title)
    author, starter = author_name(event.commit.author), actor_name(event.triggered_by)
    one = bool(author and starter) and same_person(event.commit.author, event.triggered_by)
    by = author or (starter if event.kind != "cd" else "")
    said = list(filter(None, (f" by {by}" if by else None, _place(event, title))))
    if starter and not one and starter != by:
        said.append(f"{',' if said else ''} {_started(event)} by {starter}")
    if head or not said:
        return (head, *map(Span, said)) if head else ()
    begin = said[0].lstrip(" ,")
    return (Span(begin[0].upper() + begin[1:]), *map(Span, said[1:]))


def _started(event: Event) -> str:
    return "deployed" if event.kind == "cd" and event.event != "waiting" else "started"


def _head(event: Event, title: str) -> Span | None:
    """The commit by its title; where the headline has that, or there is none, by its id."""
    commit = event.commit
    found = first(commit.title, max_chars=TITLE_MAX_CHARS)
    if found and not title.endswith(f" {first(commit.title, max_chars=_NAME_MAX_CHARS)}"):
        return span(found, commit.url)
    sha = first(commit.short_sha, max_chars=_NAME_MAX_CHARS)
    return span(sha, commit.url) if sha else None


def _place(event: Event, title: str) -> str | None:
    """Where the change is, such as " on main", as far as the headline has not said it."""
    ref = event.ref
    if ref.type == "pull_request":
        branch = first(event.pull_request.source_branch, ref.name, max_chars=_NAME_MAX_CHARS)
        number = event.pull_request.number
        asked = f" in pull request #{number}" if number is not None and f"#{number}" not in title else None
        return asked or (f" on {branch}" if branch and not title.endswith(f" {branch}") else None)
    name = shortened(first(ref.tag if ref.type == "tag" else ref.branch, ref.name, max_chars=300), 40)
    return f" {'at' if ref.type == 'tag' else 'on'} {name}" if name and not title.endswith(f" {name}") else None
