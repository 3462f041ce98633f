"""The commands: each takes the words of the command line and the world, and returns an exit code."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin import pipeline, report
from tocsin.arguments import CONTEXT_FLAGS
from tocsin.console import Console, column_widths
from tocsin.deliver import Stop
from tocsin.pipeline import Notice, Plan, Wish, World
from tocsin.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def run(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Run the command that was asked for. Raises TocsinError."""
    commands: dict[str, Callable[[Namespace, World, Console, Stop], int]] = {
        "send": send,
        "context": context,
        "explain": explain,
    }
    if words.command in commands:
        return commands[words.command](words, world, console, stop)
    from tocsin import workshop

    return workshop.run(words, world, console, stop)


def send(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Send what the policy asks for at this hook."""
    planned = pipeline.plan(world, wish(words))
    tell(planned.notices, console)
    widths = column_widths([("delivered", destination.recipient, destination.kind) for destination in planned.destinations])
    left = len(planned.destinations)

    def show(outcome: Outcome) -> None:
        nonlocal left
        left -= 1
        console.status("")
        console.table(report.rows([masked(outcome, planned)]), [*widths, 0])
        console.status(f"sending, {left} to go …" if left else "")

    stop.listening = True
    console.status(f"sending, {left} to go …" if left else "")
    outcomes = [masked(outcome, planned) for outcome in pipeline.notify(world, planned, stop, show, dry_run=words.dry_run)]
    for outcome in outcomes:
        if outcome.outcome == "failed":
            console.talk(f"not delivered to {outcome.recipient} ({outcome.kind}): {outcome.reason}", "warning")
    if words.report:
        write_report(words.report, planned, outcomes, console)
    strict = bool(words.strict or (planned.policy and planned.policy.delivery.strict))
    missing = () if planned.secretless else tuple(planned.missing)
    return report.exit_code(outcomes, missing, strict=strict)


def wish(words: Namespace) -> Wish:
    """What the flags of the command line ask for."""
    names = [name.replace("-", "_") for name, _, _ in CONTEXT_FLAGS]
    flags = {name: getattr(words, name) for name in names if getattr(words, name)}
    return Wish(words.hook, words.status, flags, words.facts, words.policy, words.ci)


def tell(notices: Sequence[Notice], console: Console) -> None:
    """Print notices and warnings."""
    for notice in notices:
        console.talk(notice.text, notice.level)


def masked(outcome: Outcome, planned: Plan) -> Outcome:
    """The outcome with every known secret masked: a server's answer could repeat one."""
    receipt = {key: planned.redact(value) for key, value in outcome.receipt.items()} if outcome.receipt else None
    return outcome._replace(reason=planned.redact(outcome.reason) if outcome.reason else None, receipt=receipt)


def write_report(path: str, planned: Plan, outcomes: Sequence[Outcome], console: Console) -> None:
    """Write the report; where that fails, say so: the messages have gone out all the same."""
    try:
        Path(path).write_text(
            json.dumps(report.report(planned.event, outcomes), indent=2, ensure_ascii=False) + "\n", encoding="utf-8", errors="replace"
        )
    except OSError as error:
        console.talk(f"the report {path} cannot be written: {error.strerror}", "warning")


def context(words: Namespace, world: World, console: Console, _: Stop) -> int:
    """Show the event, and where each value came from."""
    words.hook = words.hook or ("completion" if words.status or world.env.get("TOCSIN_STATUS") else "trigger")
    planned = pipeline.plan(world, wish(words))
    warnings = [notice for notice in planned.notices if notice.level == "warning"]
    tell(warnings, console)
    if words.json:
        console.data(report.as_dict(planned.event))
        return report.OK
    console.table(report.context_rows(planned.event))
    return report.OK


def explain(words: Namespace, world: World, console: Console, _: Stop) -> int:
    """Show why each rule matches or not, and who would get what."""
    planned = pipeline.plan(world, wish(words))
    tell(planned.notices, console)
    if words.json:
        console.data(report.explanation(planned.event, planned.rules, planned.destinations))
        return report.OK
    console.heading("Rules")
    console.table(report.rule_rows(planned.rules) or [("none", "the policy has no rules, or none applies")])
    console.heading("Deliveries")
    console.table(report.destination_rows(planned.destinations) or [("none", "nothing would be sent")])
    return report.OK
