"""`tocsin context`: the event, and where each value came from."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import Parser
from tocsin.commands.flags import add_event, add_hook, request

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.world import World

HELP = "what is known about this run, and from where"
USAGE = "[HOOK] [FLAGS]"
DESCRIPTION = "Show what is known about this run, and where each value comes from."
EXAMPLES = """\
tocsin context
tocsin context --status failure --json
"""


def add_flags(command: Parser) -> None:
    """The hook, the event, and the form of the answer."""
    add_hook(command, nargs="?", default_words=" (default: completion with a status, else trigger)")
    add_event(command)
    command.add_argument("--json", action="store_true", help="print the event as JSON")


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Print the event."""
    from tocsin import pipeline, report
    from tocsin.ci.local import SOURCE as GIT
    from tocsin.commands.debug import talk_situation
    from tocsin.event import as_dict

    status = words.status or world.env.get("TOCSIN_STATUS") or ""
    words.hook = words.hook or ("completion" if status.strip() else "trigger")
    asked = request(words)
    known = pipeline.prepare(world, asked)
    event, notices = pipeline.understand(world, asked, known)
    talk_situation(known, console)
    for notice in notices:
        console.talk(*notice)
    if any(source.startswith(GIT) for source in event.sources.values()):
        console.talk("no CI is seen here, so the branch, the commit and the remote are those of this checkout, by git")
    if words.json:
        console.data(as_dict(event))
    else:
        console.table([("FIELD", "VALUE", "FROM"), *report.context_rows(event)], header=True)
    return report.OK
