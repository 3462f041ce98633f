"""Devtron's notifications as rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tocsin.devtron.lists import Named, Pipeline, Setting
from tocsin.devtron.names import free, is_usable, literal, shown
from tocsin.devtron.recipients import Recipient

if TYPE_CHECKING:
    from tocsin.devtron.channels import Channels
    from tocsin.devtron.notes import Notes

Selector = dict[str, list[str]]

# scripts/sql of devtron-labs/devtron; the notifier sends the first three.
EVENTS = {1: "trigger", 2: "success", 3: "failure"}
OTHER_EVENTS = {
    4: "approval",
    5: "configuration approval",
    6: "blocked deployment",
    7: "promotion approval",
    8: "image scanning",
    9: "intercepted change",
}
KINDS = {"CI": "ci", "CD": "cd"}
NON_PRODUCTION = -1
TIERS = {-2: "production", NON_PRODUCTION: "!production"}  # "All prod environments", "All non-prod environments"
RULE = "rule"

# Which combinations of filters Devtron never matches, on builds and on deployments: its query lists combinations by hand, with holes.
# https://github.com/devtron-labs/devtron/issues/5217
_NEVER: Mapping[str, frozenset[frozenset[str]]] = {
    kind: frozenset(map(frozenset, (("app", "project"), ("app", "environment", "cluster"), ("environment", "project", "cluster"), more)))
    for kind, more in (("ci", ("app", "environment", "project")), ("cd", ("environment", "cluster")))
}


class Rule(NamedTuple):
    """A rule: Devtron's id, a name that no other has, and what the policy says of it."""

    id: int
    name: str
    on: list[str]
    selectors: list[Selector]
    send_to: list[Recipient]

    @property
    def projects(self) -> list[str]:
        """The project patterns, the same in all selectors; none for any project."""
        return self.selectors[0].get("project", [])


class Rules:
    """Makes rules; what of them has no counterpart goes to the notes."""

    def __init__(self, channels: Channels, notes: Notes) -> None:
        self._channels, self._notes = channels, notes

    def of(self, settings: Iterable[Setting]) -> list[Rule]:
        """The rules, in Devtron's order."""
        names: dict[str, None] = {}
        return [rule for setting in settings if (rule := self._rule(setting, names))]

    def _rule(self, setting: Setting, names: dict[str, None]) -> Rule | None:
        kind = KINDS.get(setting.pipeline_type)
        if kind is None:
            self._leave_out(setting, f"its pipeline type {shown(setting.pipeline_type)} has no counterpart")
            return None
        on, send_to = self._events(setting), self._recipients(setting)
        selectors = self._selectors(setting, kind)
        if not (on and send_to and selectors):
            missing = "none of its events" if not on else "none of its recipients" if not send_to else "nothing that it is about"
            self._leave_out(setting, f"{missing} has a counterpart")
            return None
        self._warn_of_holes(setting, kind)
        name = free(f"devtron {setting.id}", names, "{} ({})")
        names[name] = None
        return Rule(setting.id, name, on, selectors, send_to)

    def _leave_out(self, setting: Setting, why: str) -> None:
        self._notes.warn(RULE, setting.id, f"is left out: {why}")

    def _events(self, setting: Setting) -> list[str]:
        for number in dict.fromkeys(setting.event_types):
            if number not in EVENTS:
                name = f" ({OTHER_EVENTS[number]})" if number in OTHER_EVENTS else ""
                self._notes.warn(RULE, setting.id, f"asks for event type {number}{name}, which has no counterpart")
        return [word for number, word in EVENTS.items() if number in setting.event_types]

    def _recipients(self, setting: Setting) -> list[Recipient]:
        found: dict[tuple[str, str], Recipient] = {}
        for provider in setting.providers:
            recipient = self._channels.recipient(provider)
            if isinstance(recipient, str):
                self._notes.warn(RULE, setting.id, f"sends to {recipient}: left out")
            else:
                found.setdefault(("email", recipient.email.casefold()) if recipient.email else ("channel", recipient.channel), recipient)
        return list(found.values())

    def _selectors(self, setting: Setting, kind: str) -> list[Selector]:
        """The selectors, without those that would match more than Devtron did: a name of theirs is missing."""
        common: Selector = {"kind": [kind]}
        for key, given in (("project", setting.team), ("app", setting.app), ("cluster", setting.cluster)):
            if given:
                common[key] = self._named(setting, key, given)
        environments = [{"tier": [TIERS[item.id]]} for item in setting.environment if item.id in TIERS]
        named = [item for item in setting.environment if item.id not in TIERS]
        if named:
            environments.append({"environment": self._named(setting, "environment", named)})
        own = self._pipeline(setting.pipeline, kind) if setting.pipeline else {}
        selectors = [_ordered(_both({**common, **place}, own)) for place in _distinct(environments or [{}])]
        return [selector for selector in selectors if all(selector.values())]

    def _named(self, setting: Setting, key: str, given: list[Named]) -> list[str]:
        """The patterns of what has a name; the notes are told of the others."""
        for item in given:
            if not is_usable(item.name):
                self._notes.warn(RULE, setting.id, f"is about {KEYS[key]} {item.id}, which has no usable name: left out of the rule")
        return list(dict.fromkeys(literal(item.name) for item in given if is_usable(item.name)))

    def _pipeline(self, pipeline: Pipeline, kind: str) -> Selector:
        """One pipeline: its own name means nothing outside of Devtron."""
        found = {"app": [pipeline.app]}
        if kind == "cd":
            found["environment"] = [pipeline.environment]
        elif pipeline.branches:
            found["branch"] = pipeline.branches
        return {key: list(dict.fromkeys(literal(name) for name in names if is_usable(name))) for key, names in found.items()}

    def _warn_of_holes(self, setting: Setting, kind: str) -> None:
        """Tell of a rule that matches here what it never matched in Devtron, or that cannot match here what it did there."""
        given = {"project": setting.team, "app": setting.app, "environment": setting.environment, "cluster": setting.cluster}
        keys = frozenset(key for key, items in given.items() if items)
        what = " and ".join(KEYS[key] for key in given if key in keys)
        runs = "builds" if kind == "ci" else "deployments"
        if setting.pipeline is None and not keys:
            self._notes.warn(RULE, setting.id, f"has no filter: Devtron never matched it; here it matches all {runs}")
        elif setting.pipeline is None and keys in _NEVER[kind]:
            self._notes.warn(RULE, setting.id, f"filters {runs} by {what}: Devtron never matched it; here it matches")
        elif kind == "ci" and keys == {"environment", "cluster"}:
            text = "filters builds by environment and cluster: Devtron ignored the cluster; here both must match"
            self._notes.warn(RULE, setting.id, text)
        if kind == "ci" and keys & {"environment", "cluster"}:
            text = "filters builds by where they are deployed to: here a build has no environment, unless the policy's context says so"
            text += "; so it matches all builds" if any(item.id == NON_PRODUCTION for item in setting.environment) else ""
            self._notes.warn(RULE, setting.id, text)


KEYS = {"project": "project", "app": "application", "environment": "environment", "cluster": "cluster"}
_ORDER = ("kind", "project", "app", "environment", "tier", "cluster", "branch")


def _ordered(selector: Selector) -> Selector:
    return {key: selector[key] for key in _ORDER if key in selector}


def _both(one: Selector, other: Selector) -> Selector:
    """What both selectors match."""
    shared = {key: [value for value in one[key] if value in other[key]] for key in one.keys() & other.keys()}
    return {**one, **other, **shared}


def _distinct(selectors: list[Selector]) -> Iterator[Selector]:
    """The selectors without those that stand twice."""
    seen: list[Selector] = []
    for selector in selectors:
        if selector not in seen:
            seen.append(selector)
            yield selector
