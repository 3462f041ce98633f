"""Meaning: what the policy's parts say of each other. Works on plain data, so that it speaks up beside errors of structure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.channels import KINDS, MAIL_KINDS
from tocsin.policy import selectors
from tocsin.policy.glob import passes
from tocsin.policy.model import listed
from tocsin.policy.words import Suggestions, holder, listing, quoted

if TYPE_CHECKING:
    from tocsin.policy.places import Path, Problems

_TRUE = ("true", "yes", "on", "1", "y", "t")  # what a boolean of the model takes


class ChannelFacts(NamedTuple):
    """What a rule must know of a channel."""

    mail: bool | None  # None: its kind is not known
    project: str | None
    default: bool


class Meaning:
    """The checks over one policy. All are linear in its size."""

    def __init__(self, data: Mapping[str, Any], names: Mapping[int, str], problems: Problems, suggest: Suggestions) -> None:
        self.data = data
        self.names = names
        self.problems = problems
        self.suggest = suggest
        self.channels = _channels(data.get("channels"))
        self.mails = [name for name, facts in self.channels.items() if facts.mail]
        defaults = [name for name in self.mails if self.channels[name].default]
        self.default = defaults[0] if defaults else self.mails[0] if len(self.mails) == 1 else None
        for name in defaults[1:]:
            path = ("channels", name, "default")
            problems.at_key(
                path, f"channel {quoted(name)} has default: true, as has {quoted(defaults[0])}: one email channel is the default"
            )

    def check(self) -> None:
        """Note every problem."""
        for index, rule in enumerate(context_rules(self.data.get("context"))):
            if isinstance(rule, dict):
                self._selectors(("context", "rules", index, "when"), rule.get("when"))
        rules = listed(self.data.get("notifications", []))
        if not rules:
            self.problems.at_key(("notifications",), "the policy has no notifications, so that nothing is ever sent", "warning")
        self._rule_names(rules)
        for index, rule in enumerate(rules):
            if isinstance(rule, dict):
                path = ("notifications", index)
                self._selectors((*path, "pipelines"), rule.get("pipelines"))
                projects = _projects(rule.get("pipelines"))
                for number, recipient in enumerate(listed(rule.get("send_to"))):
                    self._recipient((*path, "send_to", number), recipient, projects)

    def _rule_names(self, rules: list[Any]) -> None:
        first: dict[str, int] = {}
        for index in range(len(rules)):
            name = self.names.get(index, f"#{index + 1}")
            if name in first:
                line = self.problems.line_of(("notifications", first[name], "name"))
                self.problems.at_value(
                    ("notifications", index, "name"), f"rule #{index + 1} has the name {quoted(name)} of the rule on line {line}"
                )
            first.setdefault(name, index)

    def _selectors(self, path: Path, value: Any) -> None:
        if value is None or (isinstance(value, list) and not value):
            return
        for number, selector in enumerate(listed(value)):
            if isinstance(selector, dict):
                for finding in selectors.findings(selector, self.suggest):
                    where = f" in {holder(path[:3] if path[0] == 'context' else path[:2], self.names)}"
                    message = f"{finding.what}{where}{finding.why}"
                    self.problems.at_value((*path, number, finding.key, finding.item), message, finding.severity)

    def _recipient(self, path: Path, recipient: Any, projects: list[tuple[str, ...]] | None) -> None:
        if isinstance(recipient, str):
            used = self._address(path, recipient) if "@" in recipient else self._channel(path, recipient)
        elif isinstance(recipient, dict):
            used = self._mapping(path, recipient)
        else:
            return
        scope = self.channels[used].project if used else None
        if scope is not None and projects is not None and not any(passes(patterns, (scope,)) for patterns in projects):
            self.problems.at_value(
                path,
                f"{holder(path[:2], self.names)} can never use channel {quoted(used)}, which serves only project {quoted(scope)}: "
                "the rule's pipelines are of other projects",
            )

    def _mapping(self, path: Path, recipient: dict[str, Any]) -> str | None:
        channel, via = recipient.get("channel"), recipient.get("via")
        where = holder(path[:2], self.names)
        if not recipient.keys() <= {"channel", "email", "via"}:
            return None  # the unknown key stands for one of them
        if ("channel" in recipient) == ("email" in recipient):
            self.problems.at_value(path, f"a recipient of {where} must have either 'channel' or 'email'")
        elif "channel" in recipient:
            if "via" in recipient:
                self.problems.at_key((*path, "via"), f"'via' of a recipient of {where} belongs to 'email', not to 'channel'")
            return self._channel((*path, "channel"), channel) if isinstance(channel, str) else None
        elif "via" not in recipient:
            return self._address((*path, "email"), "an email address")
        elif isinstance(via, str):
            return self._via((*path, "via"), via)
        return None

    def _channel(self, path: Path, name: str) -> str | None:
        facts = self._known(path, name)
        if facts and facts.mail:
            self.problems.at_value(
                path,
                f"{holder(path[:2], self.names)} sends to the email channel {quoted(name)} without an address "
                f"(name the address: {{email: you@example.com, via: {listing([name])}}})",
            )
        return name if facts and not facts.mail else None

    def _via(self, path: Path, name: str) -> str | None:
        facts = self._known(path, name)
        if facts and facts.mail is False:
            has = f"email channels here: {listing(self.mails)}" if self.mails else f"one of kind {' or '.join(sorted(MAIL_KINDS))}"
            self.problems.at_value(path, f"'via' in {holder(path[:2], self.names)} names {quoted(name)}, which is no email channel ({has})")
        return name if facts and facts.mail else None

    def _known(self, path: Path, name: str) -> ChannelFacts | None:
        if name not in self.channels and isinstance(self.data.get("channels", {}), dict):
            hint = self.suggest(name, self.channels, listed="channels here") or " (the policy has no channels)"
            self.problems.at_value(path, f"unknown channel {quoted(name)} in {holder(path[:2], self.names)}{hint}")
        return self.channels.get(name)

    def _address(self, path: Path, address: str) -> str | None:
        if self.default is None:
            who = quoted(address) if "@" in address else address
            step = (
                f"give one of {listing(self.mails)} default: true, or write {{email: ADDRESS, via: CHANNEL}}"
                if self.mails
                else f"add a channel of kind {' or '.join(sorted(MAIL_KINDS))}"
            )
            why = "no email channel is the default" if self.mails else "the policy has no email channel"
            if not any(facts.mail is None for facts in self.channels.values()):
                self.problems.at_value(path, f"{who} in {holder(path[:2], self.names)} cannot be served: {why} ({step})")
        return self.default


def context_rules(context: Any) -> list[Any]:
    """The rules in a policy's context, whatever stands there."""
    rules: list[Any] = listed(context["rules"]) if isinstance(context, dict) and "rules" in context else []
    return rules


def _channels(data: Any) -> dict[str, ChannelFacts]:
    return {str(name): _facts(channel) for name, channel in data.items()} if isinstance(data, dict) else {}


def _facts(channel: Any) -> ChannelFacts:
    if not isinstance(channel, dict):
        return ChannelFacts(None, None, default=False)
    kind, project = channel.get("kind"), channel.get("project")
    known = isinstance(kind, str) and kind in KINDS
    default = str(channel.get("default")).lower() in _TRUE
    return ChannelFacts(kind in MAIL_KINDS if known else None, project if isinstance(project, str) else None, default)


def _projects(pipelines: Any) -> list[tuple[str, ...]] | None:
    """The project patterns of a rule's selectors; None where one of them takes any project, or is not fit to judge."""
    found = []
    for selector in listed(pipelines):
        patterns = listed(selector.get("project")) if isinstance(selector, dict) else [None]
        if not all(isinstance(pattern, str) for pattern in patterns):
            return None
        found.append(tuple(patterns))
    return found
