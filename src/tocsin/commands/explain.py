"""`tocsin explain`: why each rule matches or not, and who would get what."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import Parser
from tocsin.commands.flags import add_event, add_hook, request

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.pipeline import Plan
    from tocsin.request import Request
    from tocsin.world import World

HELP = "who would get what, and why"
USAGE = "HOOK [FLAGS]"
DESCRIPTION = "Show which rules match, which keys keep the others from it, and what becomes\nof each message."
EXAMPLES = """\
tocsin explain trigger
tocsin explain completion --status failure --environment production
"""


def add_flags(command: Parser) -> None:
    """The hook, the event, and the form of the answer."""
    add_hook(command)
    add_event(command)
    command.add_argument("--json", action="store_true", help="print the explanation as JSON")


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Print the event, the rules and the deliveries."""
    from tocsin import report

    planned = _plan(world, request(words))
    for notice in planned.notices:
        console.talk(*notice)
    if words.json:
        console.data(report.explanation(planned.event, planned.rules, planned.destinations))
        return report.OK
    tables = (
        ("Event", report.event_rows(planned.event)),
        ("Rules", report.rule_rows(planned.rules) or [("none", "no rule is asked")]),
        ("Deliveries", report.destination_rows(planned.destinations) or [("none", "nothing would be sent")]),
    )
    for number, (title, rows) in enumerate(tables):
        if number:
            console.gap()
        console.heading(title)
        console.table(rows)
    return report.OK


def _plan(world: World, asked: Request) -> Plan:
    """The plan by the policy that holds. Where the workspace's does not hold, its rules are shown and nothing would be sent."""
    from tocsin import pipeline
    from tocsin.verdict import Skip

    known = pipeline.prepare(world, asked)
    shown = pipeline.in_the_workspace(world, asked, known)
    planned = pipeline.plan(world, asked, shown or known)
    if not shown:
        return planned
    skip = Skip("the policy in the workspace does not hold on this run", "trust")
    return planned._replace(destinations=[row._replace(skip=skip) for row in planned.destinations])
