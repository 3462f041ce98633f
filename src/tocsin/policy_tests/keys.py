"""The keys of a test file, and what was probably meant by one that is unknown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from tocsin.checks import Check
from tocsin.policy.nodes import Node
from tocsin.policy.plain import Members
from tocsin.policy.words import listing, quoted
from tocsin.suggest import closest

Report: TypeAlias = Callable[[Node, Check, str], None]
"""Takes in a node that is wrong, the kind of check that finds it, and the words."""

FILE_KEYS = ("policy", "cases")
CASE_KEYS = ("name", "event", "event_file", "told", "rules")
_SYNONYMS: Mapping[str, tuple[str, ...]] = {  # what people write who know other tools, by the key here
    "cases": ("tests", "test", "case"),
    "policy": ("policy_file", "config", "file", "rule_files"),
    "name": ("title", "it", "description", "summary"),
    "event": ("run", "when", "given", "facts", "input", "context"),
    "event_file": ("report", "from", "event_from"),
    "told": ("expect", "expected", "expects", "receivers", "recipients", "send_to", "to", "notified", "tell", "sent_to"),
}


def known_keys(given: Members, known: Collection[str], where: str, report: Report) -> Members:
    """The members with known keys. Any other is reported, and stands for the one that was probably meant."""
    found = {key: pair for key, pair in given.items() if key in known}
    for key, pair in given.items():
        if key in known:
            continue
        meant = closest(key, known, _SYNONYMS)
        hint = f"do you mean {quoted(meant)}?" if meant else f"known keys: {listing(known)}"
        report(pair[0], Check.UNKNOWN_KEY, f"unknown key {quoted(key)} {where} ({hint})")
        if meant:
            found.setdefault(meant, pair)
    return found
