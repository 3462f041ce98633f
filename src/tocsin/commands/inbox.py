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
tocsin inbox --fail slack=ratelimited --fail ntfy=403
"""


def add_flags(command: Parser) -> None:
    """The ports, and what is to fail."""
    command.add_argument("--port", type=port, default=8025, metavar="N", help="the port for HTTP and the page (default: %(default)s)")
    command.add_argument("--smtp-port", type=port, default=1025, metavar="N", help="the port for SMTP (default: %(default)s)")
    command.add_argument(
        "--fail", action="append", default=[], metavar="KIND=ERROR", help="answer each message of a kind with that error or HTTP status"
    )
    command.add_argument("--json", action="store_true", help="print the addresses as JSON")


def run(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Serve until told to stop."""
    from tocsin import report
    from tocsin.inbox import Inbox
    from tocsin.inbox.failures import read_failures

    failures = read_failures(words.fail)
    gc.enable()  # it may live for long
    if world.watchdog:
        world.watchdog.release()
    stop.listening = True
    with Inbox(http_port=words.port, smtp_port=words.smtp_port, failures=failures) as box:
        if words.json:
            console.data({"url": box.url, "smtp": {"host": box.smtp_host, "port": box.smtp_port}})
        else:
            console.answer(f"The inbox is at {box.url} and takes mail at {box.smtp_host}:{box.smtp_port}   (Ctrl-C ends)")
        box.serve_until(stop.event)
    return report.OK
