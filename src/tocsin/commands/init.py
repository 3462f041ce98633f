"""`tocsin init`: a policy for this repository, and the lines by which its CI sends."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from tocsin.commands.arguments import Parser

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.init.change import Change
    from tocsin.init.proposal import Proposal
    from tocsin.init.repository import Repository
    from tocsin.world import World

HELP = "write a policy, and show the lines for the CI"
USAGE = "[FLAGS]"
DESCRIPTION = """\
Look at the repository, write a policy with comments, and show the lines that
its CI needs. It asks at most three questions, and overwrites nothing."""
EXAMPLES = """\
tocsin init
tocsin init --yes            ask nothing
tocsin init --apply          put the lines into the CI's files, too
"""
GUIDES = "docs/github.md, docs/gitlab.md, docs/jenkins.md and docs/circleci.md of tocsin"
_OWNER = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)*")


class Result(NamedTuple):
    """A change, whether it is in the file now, and what went wrong there."""

    change: Change
    applied: bool = False
    problem: str = ""


def add_flags(command: Parser) -> None:
    """Who is asked, and what is written."""
    command.add_argument("--yes", action="store_true", help="ask nothing (the default where there is no terminal)")
    command.add_argument("--apply", action="store_true", help="put the lines into the CI's files where their place is certain")
    command.add_argument("--owner", metavar="OWNER", type=_owner, help="the owner of the tocsin repository that the CI uses")
    command.add_argument("--json", action="store_true", help="print what was done as JSON")


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Write the policy, apply or print the changes, and say what is left to do; 2 where a file cannot be written."""
    from tocsin import report
    from tocsin.errors import UsageError
    from tocsin.init.change import OWNER
    from tocsin.init.proposal import propose
    from tocsin.init.repository import look
    from tocsin.source.places import PLACES, shown

    _require_none(world)
    seen = look(world.folder)
    proposal = propose(seen, None if words.yes else world.ask, words.owner or OWNER)
    problem = _write(PLACES[0], proposal.policy, seen, world)
    if problem:
        raise UsageError(problem)
    results = [_apply(change, seen, world) if words.apply else Result(change) for change in proposal.changes]
    if words.json:
        console.data(_data(proposal, results))
    else:
        _print(shown(seen.root / PLACES[0], world.folder), proposal, results, console)
    for text in _advice(proposal, seen, apply=words.apply):
        console.talk(text)
    _talk(results, console, owner=words.owner)
    return UsageError.exit_code if any(result.problem for result in results) else report.OK


def _owner(text: str) -> str:
    if _OWNER.fullmatch(text):
        return text
    raise ArgumentTypeError(f"{text[:40]!r} is no owner: write the part before /tocsin, such as acme")


def _require_none(world: World) -> None:
    """Raise PolicyError where there is a policy, here or above."""
    from tocsin.errors import PolicyError
    from tocsin.source import policy_path
    from tocsin.source.places import shown

    path = policy_path(world, None, world.folder, or_default=False)
    if path:
        raise PolicyError(f"there is a policy already, {shown(path, world.folder)}: nothing was written; to check it: tocsin check")


def _write(name: str, text: str, seen: Repository, world: World) -> str:
    """Write a file of the repository, whole or not at all. What is wrong where that fails."""
    from tocsin.policy.words import quoted
    from tocsin.whole_file import why_not_written, write_whole

    try:
        write_whole(seen.root / name, text, [seen.root], world.remaining)
    except (OSError, ValueError) as error:
        return f"{quoted(name)} cannot be written: {why_not_written(error)}"
    return ""


def _apply(change: Change, seen: Repository, world: World) -> Result:
    """Put the lines of a change into its file, where their place is certain."""
    if change.text is None:
        return Result(change)
    problem = _write(change.file, change.text, seen, world)
    return Result(change, not problem, problem)


def _data(proposal: Proposal, results: list[Result]) -> dict[str, object]:
    from tocsin.source.places import PLACES

    rows = [
        {"ci": change.ci, "file": change.file, "where": change.where, "lines": change.lines, "applied": applied}
        for change, applied, _ in results
    ]
    return {"policy": PLACES[0], "changes": rows, "secrets": list(proposal.variables), "pages": dict(proposal.pages)}


def _print(policy: str, proposal: Proposal, results: list[Result], console: Console) -> None:
    from tocsin.init.change import NAMES

    console.heading(f"{policy}: written")
    for change, applied, _ in results:
        console.gap()
        console.heading(f"{change.file}: {'written' if applied else 'for you to write'}, {change.where}")
        console.lines(change.lines.splitlines())
    for ci, page in proposal.pages.items():
        console.gap()
        console.heading(f"{NAMES[ci]}: save the secret {' and '.join(proposal.variables)} here")
        console.lines([page])


def _advice(proposal: Proposal, seen: Repository, *, apply: bool) -> Iterator[str]:
    """What a person must know of the repository, and does next."""
    from tocsin.source.places import PLACES

    if not seen.under_git:
        yield "there is no repository here (no .git): the policy belongs in a repository's root"
    if not seen.files:
        yield f"no file of a CI was found; how to send from one: {GUIDES}"
    elif not proposal.changes:
        yield f"nothing to add: the CI's files send by tocsin already, or start no run that is reported; by hand: {GUIDES}"
    if not apply and any(change.text for change in proposal.changes):
        yield f"to have the lines written: remove {PLACES[0]}, and call tocsin init --apply"
    how = f"docs/channels.md#{proposal.kind} of tocsin"
    yield f"next: make the channel ({how}), save the secret, then tocsin check, and tocsin explain completion --status failure"


def _talk(results: list[Result], console: Console, *, owner: str | None) -> None:
    """What was not applied and why, and that a name is still missing."""
    from tocsin.init.change import OWNER

    for change, _, problem in results:
        if problem or change.why_not:
            console.talk(problem or f"{change.file} must be changed by hand: {change.why_not}", "error" if problem else "notice")
    if owner is None and any(f"{OWNER}/" in change.lines for change, _, _ in results):
        written = any(applied for _, applied, _ in results)
        text = f"write the owner of the repository that you take tocsin from in the place of {OWNER}, or give it by --owner"
        console.talk(text, "warning" if written else "notice")
