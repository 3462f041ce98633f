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
from tocsin.event import as_dict
from tocsin.pipeline import Plan
from tocsin.request import Request
from tocsin.text import clean
from tocsin.verdict import Outcome
from tocsin.world import World

PATH_MAX_CHARS = 100  # ours

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
    if words.command == "action":
        from tocsin import action

        return action.run(words.stage, world, console, stop)
    from tocsin import workshop

    return workshop.run(words, world, console, stop)


def send(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Send what the policy asks for at this hook."""
    planned = plan(words, world)
    for notice in planned.notices:
        console.talk(*notice)
    widths = column_widths([("delivered", destination.recipient, destination.kind) for destination in planned.destinations])
    left = len(planned.destinations)

    def show(outcome: Outcome) -> None:
        nonlocal left
        left -= 1
        console.status("")
        console.table(report.rows([outcome]), [*widths, 0])
        console.status(f"sending, {left} to go …" if left else "")

    stop.listening = True
    console.status(f"sending, {left} to go …" if left else "")
    outcomes = pipeline.notify(world, planned, stop, show, dry_run=words.dry_run)
    strict = bool(words.strict or (planned.policy and planned.policy.delivery.strict))
    bad = [outcome for outcome in outcomes if report.is_bad(outcome, secretless=bool(planned.secretless))]
    for outcome in bad:
        if strict or outcome.outcome == "failed":
            console.talk(f"not delivered to {outcome.recipient} ({outcome.kind}): {outcome.reason}", "error" if strict else "warning")
    if words.report:
        write_report(words.report, planned, outcomes, console)
    return report.FAILED_DELIVERY if strict and bad else report.OK


def plan(words: Namespace, world: World) -> Plan:
    """What the words of the command line come to. Raises TocsinError."""
    asked = request(words)
    return pipeline.plan(world, asked, pipeline.prepare(world, asked))


def request(words: Namespace) -> Request:
    """What the flags of the command line ask for."""
    names = [name.replace("-", "_") for name, _, _ in CONTEXT_FLAGS]
    flags = {name: getattr(words, name) for name in names if getattr(words, name)}
    return Request(words.hook, words.status, flags, words.facts, words.policy, words.ci)


def write_report(path: str, planned: Plan, outcomes: Sequence[Outcome], console: Console) -> None:
    """Write the report; where that fails, say so: the messages have gone out all the same."""
    try:
        Path(path).write_text(
            json.dumps(report.report(planned.event, outcomes), indent=2, ensure_ascii=False) + "\n", encoding="utf-8", errors="replace"
        )
    except OSError as error:
        console.talk(f"the report {clean(path, PATH_MAX_CHARS)} cannot be written: {error.strerror}", "warning")


def context(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Show the event, and where each value came from."""
    status = words.status or world.env.get("TOCSIN_STATUS") or ""
    words.hook = words.hook or ("completion" if status.strip() else "trigger")
    asked = request(words)
    event, notices = pipeline.understand(world, asked, pipeline.prepare(world, asked))
    for notice in notices:
        console.talk(*notice)
    if words.json:
        console.data(as_dict(event))
    else:
        console.table([("FIELD", "VALUE", "FROM"), *report.context_rows(event)], header=True)
    return report.OK


def explain(words: Namespace, world: World, console: Console, _: Stop) -> int:
    """Show why each rule matches or not, and who would get what."""
    planned = plan(words, world)
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
