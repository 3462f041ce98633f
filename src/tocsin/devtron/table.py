"""What was imported, as a table: one row a rule and recipient. No cell is a formula to a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tocsin.devtron.rules import RULE
from tocsin.text import UNSAFE

if TYPE_CHECKING:
    from tocsin.devtron import Import

HEADER = (
    "id", "rule", "on", "kind", "project", "app", "environment", "tier", "cluster", "branch", "recipient", "channel",
    "channel_kind", "notes",
)  # fmt: skip
_SELECTOR_KEYS = HEADER[3:10]
# What a spreadsheet may take for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@")


def table(imported: Import) -> str:
    """The table as CSV (RFC 4180, with line feeds)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    notes: dict[int | None, list[str]] = {}
    for note in imported.notes:
        if note.what == RULE:
            notes.setdefault(note.id, []).append(note.text)
    for rule in imported.rules:
        about = [" | ".join(", ".join(selector.get(key, ())) for selector in rule.selectors).strip(" |") for key in _SELECTOR_KEYS]
        about[0] = rule.selectors[0]["kind"][0]
        about_it = "; ".join(notes.get(rule.id, ()))
        for recipient in rule.send_to:
            kind = imported.channels.by_name[recipient.channel].kind
            to = recipient.email or recipient.channel
            writer.writerow(map(_cell, (str(rule.id), rule.name, ", ".join(rule.on), *about, to, recipient.channel, kind, about_it)))
    return out.getvalue()


def _cell(text: str) -> str:
    safe = UNSAFE.sub(" ", text).replace("##[", "# #[")
    return f"'{safe}" if safe.lstrip().startswith(_FORMULA) else safe
