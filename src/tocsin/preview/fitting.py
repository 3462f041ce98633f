"""What a sample run must be called for a rule to match it: for each key of a selector a name that its patterns take."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tocsin.event import Fact, Facts, Rank
from tocsin.policy.glob import passes
from tocsin.terms import SELECTORS, spread

if TYPE_CHECKING:
    from tocsin.policy.model import Notification, Policy, Selector

SOURCE = "the rule"  # in words for the user
ANOTHER = "another"  # where a selector only excludes
_OF_DEPLOYMENTS = ("environment", "tier", "cluster")
_BRACKETS = re.compile(r"\[!?(.)[^\]]*\]")
_PULL_REQUEST: dict[str, Any] = {
    "ref.type": "pull_request",
    "ref.name": "round-refunds",
    "pull_request.number": 214,
    "pull_request.title": "Round refunds to the cent",
    "pull_request.url": "https://github.example.com/acme/payments/pull/214",
    "pull_request.source_branch": "round-refunds",
    "pull_request.target_branch": "main",
}
_TAG: dict[str, Any] = {"ref.type": "tag", "ref.name": "v2.14.0", "ref.tag": "v2.14.0"}


def kind_of(selector: Mapping[str, Collection[str]]) -> str:
    """Whether a selector speaks of deployments ("cd") or of builds ("ci")."""
    if "kind" in selector:
        return "cd" if "cd" in selector["kind"] and "ci" not in selector["kind"] else "ci"
    return "cd" if any(key in selector for key in _OF_DEPLOYMENTS) else "ci"


def fitting_facts(policy: Policy, rule: Notification, known: Mapping[str, Sequence[str]]) -> Facts:
    """Facts by which the rule's first selector matches a run that is called `known` (by selector key), as far as that can be."""
    selector = rule.pipelines[0]
    names = {key: name for key, patterns in selector.items() if (name := _name(key, patterns, known[key]))}
    if environment := _environment(policy, selector, names):
        names["environment"] = environment
        names.pop("tier", None)  # the environment brings it
    facts: Facts = {}
    for field, value in _ref(selector, names).items():
        facts[field] = Fact(value, SOURCE, Rank.FACTS)
    for key, name in names.items():
        facts |= spread(key, Fact(name, SOURCE, Rank.FACTS))
    scopes = [policy.channels[to.channel].project for to in rule.send_to if to.channel in policy.channels]
    project = next(filter(None, scopes), None)
    return {**({"project": Fact(project, SOURCE, Rank.FACTS)} if project else {}), **facts}


def _name(key: str, patterns: Sequence[str], known: Sequence[str]) -> str | None:
    """None where a known name passes, else a name that does: a pattern with its wildcards filled in, a word of the term, or any."""
    if known and passes(patterns, known):
        return None
    filled = (_BRACKETS.sub(r"\1", pattern).replace("*", "1").replace("?", "1") for pattern in patterns if pattern[0] != "!")
    return next((name for name in (*filled, *SELECTORS[key].words, ANOTHER) if passes(patterns, (name,))), None)


def _environment(policy: Policy, selector: Selector, names: Mapping[str, str]) -> str | None:
    """The policy's first environment that the selector takes; else one that is called as its tier is, where only that is asked for."""
    from tocsin.derive.policy_facts import guess_tier

    if "tier" not in selector and "environment" not in selector:
        return None
    for name, environment in policy.environments.items():
        called = {"tier": environment.tier or guess_tier(name) or "", "environment": name}
        if all(passes(selector[key], (called[key],)) for key in called if key in selector):
            return name
    return None if "environment" in selector else names.get("tier")


def _ref(selector: Selector, names: Mapping[str, str]) -> dict[str, Any]:
    """What belongs to a pull request or a tag, where the selector asks for one."""
    if "source_branch" in selector or "target_branch" in selector or names.get("ref_type") == "pull_request":
        return _PULL_REQUEST
    return _TAG if names.get("ref_type") == "tag" else {}
