"""`tocsin update`: fetch the bases that a policy extends, as a change to review."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from tocsin.commands.arguments import Parser
from tocsin.commands.flags import add_policy
from tocsin.errors import PolicyError, UsageError
from tocsin.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.shared.update import Update
    from tocsin.world import World

HELP = "fetch the bases that the policy extends"
USAGE = "[FLAGS] [BASE ...]"
DESCRIPTION = """\
Fetch the bases that the policy extends from elsewhere, and write their texts
to .tocsin/bases and their digests to .tocsin/lock: all of them, or none.
A run never fetches a base. Commit what this command changes."""
EXAMPLES = """\
tocsin update
tocsin update --check           write nothing; exit with 1 on a change
tocsin update --to COMMIT       take the bases from another commit
tocsin update github:acme/policies/base.yml --to COMMIT
"""


def add_flags(command: Parser) -> None:
    """The bases, the commit, and whether to write."""
    command.add_argument("bases", nargs="*", metavar="BASE", help="a base as the policy writes it, or without its commit (default: all)")
    command.add_argument("--to", metavar="COMMIT", help="take the bases from this commit, and write it into the policy")
    command.add_argument("--check", action="store_true", help="write nothing; exit with 1 where something would change")
    command.add_argument("--json", action="store_true", help="print what changes as JSON")
    add_policy(command)


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Fetch, show what changes, and write it; 1 under `--check` where there is a change."""
    from tocsin import report, source
    from tocsin.request import STDIN
    from tocsin.shared.update import plan_update, root_of
    from tocsin.shared.write import write
    from tocsin.source.places import PLACES, shown

    named = source.policy_name(world, words.policy)
    if named == STDIN:
        raise UsageError("a policy on standard input has no folder for its bases: name its file with --policy")
    path = source.policy_path(world, named, world.folder, or_default=False)
    if path is None:
        raise PolicyError(f"there is no policy here: looked for {', '.join(PLACES)}")
    text, root = source.file_text(path, shown(path, world.folder), world), root_of(path)
    console.status("fetching …")
    update = plan_update(text, words.bases, words.to, world)
    console.status("")
    if not words.check:
        write(root, update.changes)
    if words.json:
        console.data(_data(update))
    else:
        _print(update, console)
    count = f"{counted(len(update.bases), 'text')} of bases"
    if not update.changes:
        console.talk(
            f"nothing to change: {count}, each as its commit or digest says" if update.bases else "the policy has no base from elsewhere"
        )
    elif words.check:
        console.talk("the bases here are not those that the policy names: run 'tocsin update', and commit what it changes", "error")
    else:
        console.talk(f"{count}: commit the files that changed")
    return report.FAILED_DELIVERY if words.check and update.changes else report.OK


def _print(update: Update, console: Console) -> None:
    from tocsin.shared.update import diff_lines

    for change in update.changes:
        console.heading(f"{change.path}: {change.word}")
        for line in diff_lines(change):
            console.file_line(f"  {line}")
    for what, before, after in _reaches(update):
        for sign, names in (("newly", after - before), ("no longer", before - after)):
            if names:
                console.answer(f"{what} that the bases {sign} name: {', '.join(sorted(names))}")


def _reaches(update: Update) -> Iterable[tuple[str, frozenset[str], frozenset[str]]]:
    yield "variables", update.before.variables, update.after.variables
    yield "hosts", update.before.hosts, update.after.hosts


def _data(update: Update) -> dict[str, Any]:
    """The same as `--json` prints it."""
    reaches = {what: {"added": sorted(after - before), "removed": sorted(before - after)} for what, before, after in _reaches(update)}
    return {"changes": [{"file": change.path, "change": change.word} for change in update.changes], **reaches}
