"""`tocsin demo`: a sample pipeline's messages in a local inbox."""

from __future__ import annotations

import gc
from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import Parser
from tocsin.commands.flags import port

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.inbox import Arrival
    from tocsin.verdict import Outcome
    from tocsin.world import World

HELP = "see a sample pipeline's messages in a local inbox"
USAGE = "[FLAGS]"
DESCRIPTION = "Start a local inbox, send a sample pipeline's messages to all kinds of\nchannel, and show what arrived."
EXAMPLES = """\
tocsin demo
tocsin demo --once
"""
_COLUMNS = ("outcome", "kind", "recipient", "arrived")  # of the JSON


def add_flags(command: Parser) -> None:
    """How long the page is served, and where."""
    command.add_argument("--once", action="store_true", help="exit after the table (the default where standard output is no terminal)")
    command.add_argument("--port", type=port, default=0, metavar="N", help="the page's port (default: any free one)")
    command.add_argument("--json", action="store_true", help="print the table as JSON, and exit after it")


def run(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Send the sample deployment's messages, show what arrived, and serve the page until told to stop."""
    from tocsin import demo, report
    from tocsin.inbox import Inbox

    gc.enable()  # it may live for long
    if world.watchdog:
        world.watchdog.release()
    stop.listening = True
    with Inbox(http_port=words.port) as box:
        outcomes: list[Outcome] = []
        rows: list[tuple[str, ...]] = []
        console.status("sending a sample pipeline's messages …")
        for event in demo.EVENTS:
            before = max((arrival.number for arrival in box.arrivals), default=0)
            sent = demo.send_sample(world, box, event, stop)
            outcomes += sent
            arrived = [arrival for arrival in box.arrivals if arrival.number > before]
            rows += [_row(outcome, arrived) for outcome in sent]
        console.status("")
        if words.json:
            console.data([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
        else:
            console.table([("OUTCOME", "KIND", "TO", "WHAT ARRIVED"), *rows], header=True)
        if console.terminal and not (words.once or words.json) and not stop.event.is_set():
            console.answer(f"See them as they look: {box.url}   (Ctrl-C ends)")
            box.serve_until(stop.event)
    return report.FAILED_DELIVERY if any(report.is_bad(outcome) for outcome in outcomes) else report.OK


def _row(outcome: Outcome, arrivals: list[Arrival]) -> tuple[str, ...]:
    arrived = [arrival.title for arrival in arrivals if arrival.kind == outcome.kind]
    return outcome.outcome, outcome.kind, outcome.recipient, outcome.reason or ", ".join(arrived) or "nothing"
