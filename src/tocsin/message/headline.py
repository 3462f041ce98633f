"""The headline: the outcome first, then what and where. "Failed: payments → production", "Broken: payments on main"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.message.parts import first, joined, shortened

if TYPE_CHECKING:
    from tocsin.event import Event

NAME_MAX_CHARS = 40  # ours: two such names beside the outcome are two lines of a phone
TITLE_MAX_CHARS = 60  # ours: of a pull request
_READ_MAX_CHARS = 300

_OUTCOMES = {
    "trigger": "Started",
    "success": "Success",
    "failure": "Failed",
    "cancelled": "Cancelled",
    "unstable": "Unstable",
    "waiting": "Waiting",
    "fixed": "Fixed",
    "broken": "Broken",
    "still_failing": "Still failing",
}


def headline(event: Event) -> str:
    """Its words, without the sign."""
    return f"{outcome(event)}: {what(event) or 'this repository'}{where(event)}"


def outcome(event: Event) -> str:
    """How it stands, in a word or two. Of what is no event nothing that could be false."""
    found = event.transition if event.transition in _OUTCOMES else event.event
    if found not in _OUTCOMES:
        return "Not started" if event.hook == "trigger" else "Ended"
    runs = event.run.failed_runs
    count = f" ({ordinal(runs)})" if found == "still_failing" and runs and runs > 1 else ""
    return _OUTCOMES[found] + count


def what(event: Event) -> str:
    """The application, or what comes nearest to one."""
    return shortened(first(event.app, event.pipeline, event.repository.name, max_chars=_READ_MAX_CHARS), NAME_MAX_CHARS)


def where(event: Event) -> str:
    """The environment of a deployment, the pull request, the tag or the branch, with what joins it to the name before it; "" for none."""
    environment = _name(event.environment)
    if event.kind == "cd" and environment:
        return f" → {environment}"
    if event.ref.type == "pull_request":
        return _pull_request(event)
    tag = event.ref.type == "tag"
    name = _name(*((event.ref.tag,) if tag else (event.ref.branch,)), event.ref.name)
    return f" {'at' if tag else 'on'} {name}" if name else ""


def _pull_request(event: Event) -> str:
    title = first(event.pull_request.title, max_chars=TITLE_MAX_CHARS)
    if event.pull_request.number is not None:
        return f" {joined(' ', f'#{event.pull_request.number}', title)}"
    name = _name(event.pull_request.source_branch, event.ref.name)
    return f" on {name}" if name else ""


def _name(*candidates: str | None) -> str:
    return shortened(first(*candidates, max_chars=_READ_MAX_CHARS), NAME_MAX_CHARS)


def ordinal(number: int) -> str:
    """As in "1st", "2nd", "3rd", "4th", "11th"."""
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
