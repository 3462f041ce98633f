"""One hook of the step: plan, deliver, and tell of it wherever the runner has a place for that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tocsin import pipeline, report
from tocsin.action import files
from tocsin.action.files import temporary
from tocsin.action.inputs import TEST, Inputs
from tocsin.action.log import Log
from tocsin.action.summary import summary
from tocsin.checkout import checkouts_of
from tocsin.console import column_widths
from tocsin.deliver import Stop
from tocsin.notice import Notice
from tocsin.pipeline import Plan, Situation
from tocsin.request import Request
from tocsin.verdict import Outcome
from tocsin.world import World

if TYPE_CHECKING:
    from tocsin.receipts import Keeping


class Hook(NamedTuple):
    """One hook at which the step sends. `first`: nothing has been told of its policy before; `last`: nothing follows."""

    request: Request
    situation: Situation
    inputs: Inputs
    first: bool
    last: bool
    notices: Sequence[Notice] = ()
    receipts: str = ""  # of the messages that the first part sent
    keep: Callable[[str], None] | None = None  # takes the receipts for the second part


def send_hook(world: World, hook: Hook, log: Log, stop: Stop) -> int:
    """Send what the policy asks for at this hook, or test its channels; the exit code. Raises TocsinError.

    A test that fails fails the step: one that fails in silence proves nothing.
    """
    testing = hook.inputs.hook == TEST
    planned = _tests(world, hook) if testing else pipeline.plan(world, hook.request, hook.situation)
    for notice in hook.notices:
        log.annotate(*notice)
    _tell_notices(planned, log, first=hook.first)
    _debug(planned, log)
    outcomes = _deliver(world, planned, log, stop, hook)
    if hook.keep:
        _keep(planned, outcomes, hook.keep)
    strict = bool(testing or hook.inputs.strict or (planned.policy and planned.policy.delivery.strict))
    bad = [outcome for outcome in outcomes if report.is_bad(outcome, secretless=bool(planned.secretless))]
    for outcome in outcomes:
        if outcome.outcome == "failed" or outcome in bad:
            step = ": pass it to the step by env" if outcome.cause == "variable" and not outcome.instead else ""
            level = "error" if strict and outcome in bad else "warning"
            log.annotate(f"not delivered to {outcome.recipient} ({outcome.kind}): {outcome.reason}{step}", level)
    _leave(world, planned, outcomes, hook, log)
    return report.FAILED_DELIVERY if strict and bad else report.OK


def _tests(world: World, hook: Hook) -> Plan:
    """A test message to each channel of the policy."""
    from tocsin.channel_test import plan_tests

    names = list(hook.situation.document.policy.channels) if hook.situation.document else []
    how = "name one address in the input test-to, or run tocsin channels test CHANNEL --to ADDRESS"
    return plan_tests(world, hook.request, hook.situation, names, hook.inputs.test_to, how)


def _tell_notices(planned: Plan, log: Log, *, first: bool) -> None:
    """Annotate what a person must know, once a step; the rest, and all that was said before, are lines of the log."""
    for notice in planned.notices:
        important = notice.level == "warning" or notice in planned.why_not or notice.text == planned.secretless
        if first and important:
            log.annotate(planned.redact(notice.text), notice.level)
        else:
            log.line(f"tocsin: {planned.redact(notice.text)}")


def _debug(planned: Plan, log: Log) -> None:
    """The event and where its values came from, the rules, the decisions."""
    if not log.debugging:
        return
    tables = {
        "event": report.context_rows(planned.event),
        "rule": report.rule_rows(planned.rules),
        "delivery": report.destination_rows(planned.destinations),
    }
    for title, rows in tables.items():
        for row in rows:
            log.debug(planned.redact(f"{title}: {' | '.join(filter(None, row))}"))


def _deliver(world: World, planned: Plan, log: Log, stop: Stop, hook: Hook) -> list[Outcome]:
    """Send, with a row for each delivery as it ends."""
    stop.listening = True
    if not planned.destinations:
        return []
    widths = column_widths([("delivered", destination.recipient, destination.kind) for destination in planned.destinations])
    with log.group(f"tocsin: {planned.event.event}, {len(planned.destinations)} to deliver"):
        outcomes = []
        for outcome in pipeline.notify(world, planned, stop, dry_run=hook.inputs.dry_run, keeping=_keeping(hook.receipts)):
            log.table(report.rows([outcome]), [*widths, 0])
            outcomes.append(outcome)
    return pipeline.in_order(planned, outcomes)


def _keeping(receipts: str) -> Keeping | None:
    if not receipts:
        return None
    from tocsin.receipts import Keeping, read_receipts

    return Keeping(read_receipts(receipts.encode()))


def _keep(planned: Plan, outcomes: Sequence[Outcome], keep: Callable[[str], None]) -> None:
    """Hand on what finds the messages again, where there is any."""
    if any(outcome.receipt for outcome in outcomes):
        from tocsin.receipts import as_json, kept

        receipts = kept(planned.event, outcomes, planned.options)
        if receipts:
            keep(as_json(receipts))


def _leave(world: World, planned: Plan, outcomes: Sequence[Outcome], hook: Hook, log: Log) -> None:
    """The report, the outputs and the summary; what of them cannot be written is a warning."""
    content = report.report(planned.event, outcomes)
    path = report_path(world, hook.inputs.report, planned.event.hook)
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    wrong = [files.write(path, text, list(checkouts_of(world.env, world.folder)), world.remaining)]
    outputs = {"event": planned.event.event or "", **content["totals"], "report": "" if wrong[0] else str(path)}
    wrong.append(files.put(world.env, "GITHUB_OUTPUT", outputs))
    if outcomes or hook.last:
        wrong.append(files.summarise(world.env, summary(planned, outcomes)))
    for text in filter(None, wrong):
        log.annotate(text, "warning")


def report_path(world: World, named: str | None, hook: str) -> Path:
    """Where the report goes: the path of the input, from the workspace on, or the job's temporary folder."""
    if named:
        return world.folder / named
    env: Mapping[str, str] = world.env
    step = re.sub(r"\W+", "-", env.get("GITHUB_ACTION", ""), flags=re.ASCII).strip("-") or "step"
    return temporary(env) / f"tocsin-{step}-{hook}.json"
