"""The job's summary in Markdown: what happened, which rules matched, what became of each message."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin import report
from tocsin.errors import PolicyError, TocsinError
from tocsin.markdown import escaped
from tocsin.message import Reason
from tocsin.pipeline import Plan
from tocsin.verdict import Outcome

SUMMARY_MAX_BYTES = 1024 * 1024  # GitHub, for one step: a longer one is refused as a whole
ROWS_MAX_BYTES = SUMMARY_MAX_BYTES - 128 * 1024  # ours: room for what stands around the rows
RULES_MAX = 50  # ours
PROBLEMS_MAX = 20  # ours
_ICONS = {"delivered": "✅", "failed": "❌", "skipped": "⏭️"}
_HEADER = "| | to | kind | rules | |\n|---|---|---|---|---|\n"


def summary(planned: Plan, outcomes: Sequence[Outcome]) -> str:
    """The section of one hook. Every text that is not ours is escaped."""
    message = planned.message
    parts = [f"### {message.icon} tocsin: {escaped(message.title)}\n"]
    if message.reasons:
        parts.append("".join(map(_reason, message.reasons)) + (f"- {message.more.label}\n" if message.more else ""))
    if outcomes:
        parts.append(_table(outcomes))
    parts += [f"{escaped(planned.redact(notice.text), 1000)}\n" for notice in planned.notices]
    matched = [rule.name for rule in planned.rules if rule.matches]
    if matched:
        names = ", ".join(map(escaped, matched[:RULES_MAX]))
        parts.append(f"{len(matched)} of {len(planned.rules)} rules matched: {names}{' …' if len(matched) > RULES_MAX else ''}\n")
    return "\n".join([*parts, ""])


def failure(error: TocsinError) -> str:
    """The section of a step that could not send."""
    problems = error.problems if isinstance(error, PolicyError) else []
    rows = [f"- {escaped(problem, 500)}\n" for problem in problems[:PROBLEMS_MAX]]
    more = f"- {len(problems) - PROBLEMS_MAX} more\n" if len(problems) > PROBLEMS_MAX else ""
    return f"### ⚠️ tocsin: nothing was sent\n\n{escaped(error, 1000)}\n\n{''.join(rows)}{more}\n"


def _reason(reason: Reason) -> str:
    """A line of what failed and why, with its link; "<" and ">" stand in no address."""
    where = escaped(reason.where or reason.text)
    text = f": {escaped(reason.text)}" if reason.where and reason.text else ""
    return f"- {f'[{where}](<{reason.url}>)' if reason.url else where}{text}\n"


def _table(outcomes: Sequence[Outcome]) -> str:
    rows: list[str] = []
    size = 0
    for outcome in outcomes:
        rules = ", ".join(outcome.rules)
        cells = map(escaped, (outcome.recipient, outcome.kind, rules, report.remark(outcome)))
        row = f"| {_ICONS[outcome.outcome]} {outcome.outcome} | {' | '.join(cells)} |\n"
        size += len(row.encode())
        if size > ROWS_MAX_BYTES:
            return f"{_HEADER}{''.join(rows)}\n{len(outcomes) - len(rows)} more are in the report.\n"
        rows.append(row)
    return _HEADER + "".join(rows)
