"""The one notice where no rule matches: which came nearest, the key that kept it from matching, and what to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tocsin.terms import TERMS, flag_name, variable_name
from tocsin.text import clean, clip

if TYPE_CHECKING:
    from tocsin.policy.match import Mismatch, RuleMatch

WANTED_MAX_CHARS = 80  # ours: a list of patterns in a sentence
DIFFERENCES_MAX = 4  # ours


def notice(rules: Sequence[RuleMatch]) -> str:
    """The notice about rules, one or more, none of which matches."""
    ranked = ((len(failed), failed[0].key == "on", index) for index, failed in enumerate(rule.failed_on for rule in rules))
    _, _, index = min(ranked)
    rule = rules[index]
    failed = rule.failed_on
    kept = "; ".join(_difference(mismatch) for mismatch in failed[:DIFFERENCES_MAX])
    return f"no rule matches, so nothing is sent: the nearest is '{clean(rule.name, 80)}', but {kept} ({_step(failed[0])})"


def _difference(mismatch: Mismatch) -> str:
    wanted = clip(clean(mismatch.wanted_words), WANTED_MAX_CHARS)
    name = "the event" if mismatch.key == "on" else mismatch.key
    got = f"is {clean(mismatch.got, WANTED_MAX_CHARS)}" if mismatch.got is not None else "is not known"
    return f"{name} {got} where it wants {wanted}"


def _step(mismatch: Mismatch) -> str:
    key, got = mismatch.key, mismatch.got
    if key == "on":
        return "add it to the rule's 'on'"
    if got is None or key == "kind":
        return TERMS[key].missing or _ways(key)
    if any(pattern == f"!{got}" for pattern in mismatch.wanted) or all(pattern.startswith("!") for pattern in mismatch.wanted):
        return f"the rule excludes it: change its {key} if it should not"
    return f"add it to the rule's {key} if it should match"


def _ways(key: str) -> str:
    """How a run gets what it does not have."""
    term = TERMS[key]
    if not term.flag:
        return f"this CI does not say it: leave {key} out of the rule"
    ways = (
        f"{flag_name(key)}, {variable_name(key)}, or the policy's context" if term.setting else f"{flag_name(key)} or {variable_name(key)}"
    )
    return f"say it with {ways}"
