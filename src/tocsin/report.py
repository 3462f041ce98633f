"""Report: outcomes as text, JSON and an exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.event import Event, as_dict, dotted, lists
from tocsin.message.mention import names
from tocsin.policy.destinations import Destination
from tocsin.policy.match import Mismatch, RuleMatch, selector_values
from tocsin.text import clean, clip
from tocsin.verdict import Outcome

OK, FAILED_DELIVERY = 0, 1
REPORT_VERSION = 1
_FOR_US = ("cause", "in_doubt", "instead", "text")  # of an outcome; its reason says them in words, and a dry run prints the text
CELL_MAX_CHARS = 100  # ours: a commit message must not fill the screen


def report(event: Event, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The report of a run, as `--report` writes it."""
    return {
        "version": REPORT_VERSION,
        "event": as_dict(event),
        "deliveries": deliveries(outcomes),
        "totals": {word: sum(outcome.outcome == word for outcome in outcomes) for word in ("delivered", "failed", "skipped")},
    }


def deliveries(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The outcomes as a report has them."""
    return [{key: value for key, value in as_dict(outcome).items() if key not in _FOR_US} for outcome in outcomes]


def is_bad(outcome: Outcome, *, secretless: bool = False) -> bool:
    """Whether `strict` takes an outcome for a failure: it is one, or its channel lacks a variable on a run that has its secrets.

    What a fallback has delivered in its place is none.
    """
    return not outcome.instead and (outcome.outcome == "failed" or (outcome.cause == "variable" and not secretless))


def rows(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """A row a delivery, for a table: outcome, recipient, kind, what came of it."""
    return [(outcome.outcome, outcome.recipient, outcome.kind, remark(outcome)) for outcome in outcomes]


def remark(outcome: Outcome) -> str:
    """The reason, or how long the delivery took."""
    if outcome.reason:
        return outcome.reason
    again = f", {outcome.attempts} attempts" if outcome.attempts > 1 else ""
    return f"{outcome.seconds:.2f} s{again}"


def context_rows(event: Event) -> list[tuple[str, ...]]:
    """A row a field that is known: name, value, where it came from."""
    known = [(name, str(value)) for name, value in dotted(event) if value is not None]
    counted = [(name, f"{len(items)} known") for name, items in lists(event) if items]
    return [(name, clean(value, CELL_MAX_CHARS), event.sources.get(name, "")) for name, value in known + counted]


def event_rows(event: Event) -> list[tuple[str, ...]]:
    """What rules are held against, a row a field that has a value."""
    words = ", ".join(filter(None, (event.event, event.transition))) or f"none: the run was {event.status}"
    named = {"event": (words,), **selector_values(event)}
    return [(key, ", ".join(values)) for key, values in named.items() if values]


def rule_rows(rules: Sequence[RuleMatch]) -> list[tuple[str, ...]]:
    """A row a rule: whether it matches, its name, and by which keys it does not."""
    return [("yes" if rule.matches else "no", rule.name, why_not(rule)) for rule in rules]


def why_not(rule: RuleMatch) -> str:
    """By which keys a rule does not match; "" where it does."""
    return "; ".join(_why_not(mismatch) for mismatch in rule.failed_on)


def _why_not(mismatch: Mismatch) -> str:
    key = "event" if mismatch.key == "on" else mismatch.key
    got = f"is {mismatch.got}" if mismatch.got else "is not known"
    return f"{key} {got}, wanted {clip(mismatch.wanted_words, CELL_MAX_CHARS)}"


def destination_rows(destinations: Sequence[Destination], fallbacks: Mapping[Destination, str] = {}) -> list[tuple[str, ...]]:
    """A row a destination: what would become of it, who, which kind, by which rules, or why not, and where it goes instead if it fails."""
    return [
        (
            "skipped" if row.skip else "would send",
            row.recipient,
            row.kind,
            (row.skip.reason if row.skip else _why(row)) + (f", else to {fallbacks[row]}" if row in fallbacks else ""),
        )
        for row in destinations
    ]


def _why(row: Destination) -> str:
    """The rules that asked, and whom the message addresses."""
    return f"by {', '.join(row.rules)}{mentioning(names(row.mentions, row.kind))}"


def mentioning(people: Sequence[str]) -> str:
    """Whom a message addresses: ", mentions ada, here"; "" for nobody."""
    return f", mentions {clip(', '.join(people), CELL_MAX_CHARS)}" if people else ""
