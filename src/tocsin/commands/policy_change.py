"""What `tocsin rules` and `tocsin channels` do alike with a change of the policy's file: ask, show, write, tell."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.editing.policy_edit import Revision
    from tocsin.world import World


def require_answerable(words: Namespace, world: World) -> None:
    """Raise UsageError for a deletion where nobody can be asked and nothing says not to ask."""
    if not (words.yes or words.diff or world.ask):
        raise UsageError("nothing was deleted: there is no terminal to ask on; give --yes to delete without a question")


def is_agreed(words: Namespace, world: World, revision: Revision, noun: str, names: list[str]) -> bool:
    """Whether the change may be written: a deletion after a question, everything else without one."""
    from tocsin.policy.words import listing
    from tocsin.text import counted

    if words.action != "delete" or words.diff or words.yes or not world.ask:
        return True
    answer = world.ask(f"delete {counted(len(names), noun)} of {revision.file.name}: {listing(names)}? [y/N]")
    return answer.strip().casefold() in ("y", "yes")


def finish(
    words: Namespace, console: Console, revision: Revision, noun: str, rows: Iterable[Mapping[str, object]], lines: Iterable[str]
) -> int:
    """Write the change, or under `--diff` show it; tell it by `rows` as JSON, else by `lines`. Raises PolicyError."""
    from tocsin import report

    if not words.diff:
        revision.write()
    if words.json:
        diff = {"diff": revision.diff()} if words.diff else {}
        written = revision.is_new and not words.diff
        console.data({"policy": revision.file.name, "written": written, f"{noun}s": list(rows), **diff})
    elif words.diff:
        for line in revision.diff():
            console.file_line(line)
    else:
        for line in lines:
            console.answer(line)
    return report.OK
