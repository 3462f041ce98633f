"""The one notice where no rule matches: which came nearest, the key that kept it from matching, and what to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tocsin.text import clean, clip

if TYPE_CHECKING:
    from tocsin.policy.match import Mismatch, RuleMatch

WANTED_MAX_CHARS = 80  # ours: a list of patterns in a sentence
DIFFERENCES_MAX = 4  # ours

# How a run gets what it does not have.
_STEPS = {
    "on": "add it to the rule's 'on'",
    "kind": "kind is cd where an environment is known: pass --environment or --kind, or set it in the policy's context",
    "branch": "a tag and a pull request have no branch: use ref_type, tag, source_branch or target_branch for them",
    "tag": "only a tag's run has one",
    "source_branch": "only a pull request has one",
    "target_branch": "only a pull request has one",
    "job": "only a run of a job has one",
}
_SETTABLE = ("project", "app", "environment", "tier", "cluster", "pipeline")


def notice(rules: Sequence[RuleMatch]) -> str:
    """The notice about rules, one or more, none of which matches."""
    ranked = ((len(failed), failed[0].key == "on", index) for index, failed in enumerate(rule.failed_on for rule in rules))
    _, _, index = min(ranked)
    rule = rules[index]
    failed = rule.failed_on
    kept = "; ".join(_difference(mismatch) for mismatch in failed[:DIFFERENCES_MAX])
    return f"no rule matches, so nothing is sent: the nearest is '{clean(rule.name, 80)}', but {kept} ({_step(failed[0])})"


def _difference(mismatch: Mismatch) -> str:
    wanted = clip(clean(", ".join(mismatch.wanted)), WANTED_MAX_CHARS)
    name = "the event" if mismatch.key == "on" else mismatch.key
    got = f"is {clean(mismatch.got, WANTED_MAX_CHARS)}" if mismatch.got is not None else "is not known"
    return f"{name} {got} where it wants {wanted}"


def _step(mismatch: Mismatch) -> str:
    key, got = mismatch.key, mismatch.got
    if got is None or key in ("on", "kind"):
        flag = f"--{key}, TOCSIN_{key.upper()}, or the policy's context"
        return _STEPS.get(key) or (f"say it with {flag}" if key in _SETTABLE else f"this CI does not say it: leave {key} out of the rule")
    if any(pattern == f"!{got}" for pattern in mismatch.wanted) or all(pattern.startswith("!") for pattern in mismatch.wanted):
        return f"the rule excludes it: change its {key} if it should not"
    return f"add it to the rule's {key} if it should match"
