"""`tocsin send`: send the messages for the start or the end of a run."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tocsin.commands.arguments import Parser
from tocsin.commands.flags import add_event, add_hook, request
from tocsin.console import Console, column_widths
from tocsin.errors import UnreachablePolicyError

if TYPE_CHECKING:
    from tocsin.commands.send_receipts import ReceiptsFile
    from tocsin.deliver import Stop
    from tocsin.pipeline import Plan, Situation
    from tocsin.request import Request
    from tocsin.verdict import Outcome
    from tocsin.world import World

HELP = "send the messages for the start or the end of a run"
USAGE = "HOOK [FLAGS]"
DESCRIPTION = "Send the messages that the policy asks for at the start or the end of a run."
EXAMPLES = """\
tocsin send trigger
tocsin send completion --status failure
tocsin send completion --status success --environment production
"""
PATH_MAX_CHARS = 100  # ours


def add_flags(command: Parser) -> None:
    """The hook, the event, and what becomes of the outcomes."""
    add_hook(command)
    add_event(command)
    command.add_argument("--dry-run", action="store_true", help="do everything but send, and print each message's text")
    command.add_argument("--strict", action="store_true", default=None, help="exit with 1 where a delivery fails or a variable is missing")
    command.add_argument("--report", metavar="FILE", help="write the outcome of every delivery to FILE, as JSON")
    command.add_argument(
        "--receipts", metavar="FILE", help="keep in FILE what finds the messages again: the run's end changes or answers those of its start"
    )
    command.add_argument("--json", action="store_true", help="print the report as JSON, in place of a line for each delivery")


def run(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Send, with a row for each delivery as it ends; 1 where one fails under `--strict`."""
    from tocsin import pipeline, report

    asked = request(words)
    known = _prepare(world, asked, console, strict=bool(words.strict))
    if known is None:
        return report.OK
    planned = pipeline.plan(world, asked, known)
    _debug(known, planned, console)
    for notice in planned.notices:
        console.talk(*notice)
    widths = column_widths([("delivered", destination.recipient, destination.kind) for destination in planned.destinations])
    left = len(planned.destinations)
    outcomes: list[Outcome] = []
    stop.listening = True
    console.status(f"sending, {left} to go …" if left else "")
    receipts = _receipts(words.receipts, world, console)
    for outcome in pipeline.notify(world, planned, stop, dry_run=words.dry_run, keeping=receipts.read() if receipts else None):
        outcomes.append(outcome)
        console.status("")
        if not words.json and (not console.quiet or outcome.outcome == "failed"):
            console.table(report.rows([outcome]), [*widths, 0])
            console.lines(outcome.text)
        console.status(f"sending, {left - len(outcomes)} to go …" if left > len(outcomes) else "")
    outcomes = pipeline.in_order(planned, outcomes)
    strict = bool(words.strict or (planned.policy and planned.policy.delivery.strict))
    bad = [outcome for outcome in outcomes if report.is_bad(outcome, secretless=bool(planned.secretless))]
    for outcome in outcomes:
        if outcome.outcome == "failed" or (strict and outcome in bad):
            level = "error" if strict and outcome in bad else "warning"
            console.talk(f"not delivered to {outcome.recipient} ({outcome.kind}): {outcome.reason}", level)
    if words.json:
        console.data(report.report(planned.event, outcomes))
    if receipts and not words.dry_run:
        receipts.write(planned, outcomes)
    _write_report(words.report, planned, outcomes, world, console)
    return report.FAILED_DELIVERY if strict and bad else report.OK


def _prepare(world: World, asked: Request, console: Console, *, strict: bool) -> Situation | None:
    """The situation; None, with a warning, where the policy lies elsewhere and cannot be had: that is no reason to stop a build."""
    from tocsin import pipeline

    try:
        return pipeline.prepare(world, asked)
    except UnreachablePolicyError as error:
        if strict:
            raise
        console.talk(f"nothing is sent: {error}", "warning")
        return None


def _receipts(path: str | None, world: World, console: Console) -> ReceiptsFile | None:
    if not path:
        return None
    from tocsin.commands.send_receipts import ReceiptsFile

    return ReceiptsFile(path, world, console)


def _debug(known: Situation, planned: Plan, console: Console) -> None:
    if console.least == "debug":
        from tocsin.commands.debug import talk_plan

        talk_plan(known, planned, console)


def _write_report(path: str | None, planned: Plan, outcomes: Sequence[Outcome], world: World, console: Console) -> None:
    """Write the report, whole or not at all; where that fails, say so: the messages have gone out all the same."""
    if not path:
        return
    from tocsin.commands.output_file import write_output
    from tocsin.report import report
    from tocsin.text import clean

    why_not = write_output(world, path, json.dumps(report(planned.event, outcomes), indent=2, ensure_ascii=False) + "\n")
    if why_not:
        console.talk(f"the report {clean(path, PATH_MAX_CHARS)} cannot be written: {why_not}", "warning")
