"""The rules of a policy as a table, as JSON and as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tocsin.csv_text import csv_text
from tocsin.explanation.places import selectors_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tocsin.explanation.places import RulePlace
    from tocsin.policy.model import Notification, Recipient

HEADER = ("RULE", "PLACE", "ON", "PIPELINES", "SEND TO", "MENTION")
COLUMNS = ("name", "number", "file", "line", "on", "pipelines", "send_to", "mention")


def rule_table(places: Sequence[RulePlace]) -> list[tuple[str, ...]]:
    """A header and a row a rule; the column of the mentions is there where a rule mentions somebody."""
    columns = len(HEADER) if any(place.rule.mention for place in places) else len(HEADER) - 1
    return [row[:columns] for row in (HEADER, *map(_row, places))]


def _row(place: RulePlace) -> tuple[str, ...]:
    rule, where = place.rule, f"{place.file}:{place.line}"
    return place.name, where, ", ".join(rule.on), pipelines_text(rule), recipients_text(rule), ", ".join(rule.mention)


def pipelines_text(rule: Notification) -> str:
    """A rule's selectors on one line."""
    return selectors_text(rule.pipelines, "all")


def recipients_text(rule: Notification) -> str:
    """A rule's recipients on one line."""
    return ", ".join(text for to in rule.send_to for text in _recipient_texts(to))


def _recipient_texts(to: Recipient) -> Iterator[str]:
    if to.channel is not None:
        yield to.channel
    for address in to.email or ():
        yield f"{address} via {to.via}" if to.via else address


def rule_data(place: RulePlace, own_file: str) -> dict[str, Any]:
    """The same as `--json` prints it; `file` is there where the rule stands in another file than the policy's own."""
    rule = place.rule
    return {
        "name": rule.name,
        "number": place.number,
        "line": place.line,
        **({} if place.file == own_file else {"file": place.file}),
        "on": list(rule.on),
        "pipelines": [dict(selector) for selector in rule.pipelines if selector or len(rule.pipelines) > 1],
        "send_to": [item for to in rule.send_to for item in _recipient_data(to)],
        **({"mention": list(rule.mention)} if rule.mention else {}),
    }


def _recipient_data(to: Recipient) -> Iterator[dict[str, str | None]]:
    if to.channel is not None:
        yield {"channel": to.channel}
    for address in to.email or ():
        yield {"email": address, "via": to.via}


def rules_csv(places: Sequence[RulePlace]) -> str:
    """The same as CSV."""
    return csv_text(COLUMNS, map(_cells, places))


def _cells(place: RulePlace) -> tuple[object, ...]:
    rule = place.rule
    name, _, on, pipelines, send_to, mention = _row(place)
    return rule.name and name, place.number, place.file, place.line, on, pipelines if any(rule.pipelines) else "", send_to, mention
