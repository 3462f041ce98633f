"""`tocsin inbox`: a local inbox that stands in for the services."""

from __future__ import annotations

import gc
from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import Parser
from tocsin.commands.flags import port

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.world import World

HELP = "run a local inbox: HTTP, SMTP and the SES API"
USAGE = "[FLAGS]"
DESCRIPTION = "Run a local inbox: point channels at it and see what they send. Everything\nstays on this machine."
EXAMPLES = """\
tocsin inbox
tocsin inbox --port 0 --smtp-port 0
"""


def add_flags(command: Parser) -> None:
    """The ports."""
    command.add_argument("--port", type=port, default=8025, metavar="N", help="the port for HTTP and the page (default: %(default)s)")
    command.add_argument("--smtp-port", type=port, default=1025, metavar="N", help="the port for SMTP (default: %(default)s)")
    command.add_argument("--json", action="store_true", help="print the addresses as JSON")


def run(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Serve until told to stop."""
    from tocsin import report
    from tocsin.inbox import Inbox

    gc.enable()  # it may live for long
    if world.watchdog:
        world.watchdog.release()
    stop.listening = True
    with Inbox(http_port=words.port, smtp_port=words.smtp_port) as box:
        if words.json:
            console.data({"url": box.url, "smtp": {"host": box.smtp_host, "port": box.smtp_port}})
        else:
            console.answer(f"The inbox is at {box.url} and takes mail at {box.smtp_host}:{box.smtp_port}   (Ctrl-C ends)")
        box.serve_until(stop.event)
    return report.OK
