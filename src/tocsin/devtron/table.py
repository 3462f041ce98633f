"""What was imported, as a table: one row a rule and recipient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin.csv_text import csv_text
from tocsin.devtron.rules import RULE

if TYPE_CHECKING:
    from tocsin.devtron import Import

_SELECTOR_KEYS = ("project", "app", "environment", "tier", "cluster", "branch")
HEADER = ("id", "rule", "on", "kind", *_SELECTOR_KEYS, "recipient", "channel", "channel_kind", "notes")


def table(imported: Import) -> str:
    """The table as CSV."""
    return csv_text(HEADER, _rows(imported))


def _rows(imported: Import) -> Iterator[tuple[object, ...]]:
    notes: dict[int | None, list[str]] = {}
    for note in imported.notes:
        if note.what == RULE:
            notes.setdefault(note.id, []).append(note.text)
    for rule in imported.rules:
        about = [" | ".join(", ".join(selector.get(key, ())) for selector in rule.selectors).strip(" |") for key in _SELECTOR_KEYS]
        head = (rule.id, rule.name, ", ".join(rule.on), rule.selectors[0]["kind"][0], *about)
        for recipient in rule.send_to:
            channel = imported.channels.by_name[recipient.channel]
            yield (*head, recipient.email or channel.name, channel.name, channel.kind, "; ".join(notes.get(rule.id, ())))
