"""Meaning: what the policy's parts say of each other. Works on plain data, so that it speaks up beside errors of structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tocsin.channels import KINDS
from tocsin.checks import Check
from tocsin.named_tuple import NamedTuple
from tocsin.policy.glob import passes
from tocsin.policy.selectors import check_selector
from tocsin.policy.words import listing, of_the_run, quoted
from tocsin.record import as_list
from tocsin.record.reader import TRUTH
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.problem_places import Problems

_MAIL = f"of kind {' or '.join(sorted(name for name, kind in KINDS.items() if kind.addressed))}"


class ChannelTraits(NamedTuple):
    """What a rule must know of a channel."""

    mail: bool | None  # None: its kind is not known
    project: str | None
    default: bool
    fallback: str | None = None


class Meaning:
    """The checks over one policy. All are linear in its size."""

    def __init__(self, data: Mapping[str, Any], problems: Problems) -> None:
        self.data = data
        self.problems = problems
        self.channels = _channels(data.get("channels"))
        self.mails = [name for name, traits in self.channels.items() if traits.mail]
        defaults = [name for name in self.mails if self.channels[name].default]
        self.default = defaults[0] if defaults else self.mails[0] if len(self.mails) == 1 else None
        for name in defaults[1:]:
            message = f"channel {quoted(name)} has default: true, as has {quoted(defaults[0])}: one email channel is the default"
            problems.add(Wrong(Check.DUPLICATE_DEFAULT, message, ("channels", name, "default"), at_key=True))

    def check(self) -> None:
        """Note every problem."""
        for index, rule in enumerate(context_rules(self.data.get("context"))):
            if isinstance(rule, dict):
                self.check_selectors(("context", "rules", index, "when"), rule.get("when"))
        rules = as_list(self.data.get("notifications", []))
        if not rules:
            message = "the policy has no notifications, so that nothing is ever sent"
            self.problems.add(Wrong(Check.NO_NOTIFICATIONS, message, ("notifications",), severity="warning", at_key=True))
        self._rule_names(rules)
        for index, rule in rules_of(self.data):
            path = ("notifications", index)
            self.check_selectors((*path, "pipelines"), rule.get("pipelines"))
            projects = _projects(rule.get("pipelines"))
            for number, recipient in enumerate(as_list(rule.get("send_to"))):
                self._recipient((*path, "send_to", number), recipient, projects)

    def _rule_names(self, rules: list[Any]) -> None:
        first: dict[str, int] = {}
        for index, rule in enumerate(rules):
            name = rule.get("name") if isinstance(rule, dict) else None
            name = name if isinstance(name, str) else f"#{index + 1}"
            if name in first:
                there = self.problems.on_line(("notifications", first[name], "name"))
                message = f"rule #{index + 1} has the name {quoted(name)} of the rule {there}"
                self.problems.add(Wrong(Check.DUPLICATE_RULE_NAME, message, ("notifications", index, "name")))
            first.setdefault(name, index)

    def check_selectors(self, path: DataPath, value: Any) -> None:
        """Note what is wrong with the values of a selector, or of a list of them."""
        if value is None or (isinstance(value, list) and not value):
            return
        for number, selector in enumerate(as_list(value)):
            if isinstance(selector, dict):
                for wrong in check_selector(selector, self.problems.suggest, lambda: f" in {self._holder(path)}"):
                    self.problems.add(wrong.under((*path, number)))

    def _holder(self, path: DataPath) -> str:
        """The rule on a path, in words."""
        return self.problems.holder(path[:3] if path[0] == "context" else path[:2])

    def _recipient(self, path: DataPath, recipient: Any, projects: list[tuple[str, ...]] | None) -> None:
        if isinstance(recipient, str):
            used = self.address(path, recipient) if "@" in recipient else self._channel(path, recipient)
        elif isinstance(recipient, dict):
            used = self._mapping(path, recipient)
        else:
            return
        scope = self.channels[used].project if used else None
        if scope is not None and projects is not None and not any(passes(patterns, (scope,)) for patterns in projects):
            message = (
                f"{self._holder(path)} can never use channel {quoted(used)}, which serves only project {quoted(scope)}: "
                "the rule's pipelines are of other projects"
            )
            self.problems.add(Wrong(Check.UNREACHABLE_CHANNEL, message, path))

    def _mapping(self, path: DataPath, recipient: dict[str, Any]) -> str | None:
        channel, via = recipient.get("channel"), recipient.get("via")
        if not recipient.keys() <= {"channel", "email", "via"}:
            return None  # the unknown key stands for one of them
        if ("channel" in recipient) == ("email" in recipient):
            message = f"a recipient of {self._holder(path)} must have either 'channel' or 'email'"
            self.problems.add(Wrong(Check.AMBIGUOUS_RECIPIENT, message, path))
        elif "channel" in recipient:
            if "via" in recipient:
                message = f"'via' of a recipient of {self._holder(path)} belongs to 'email', not to 'channel'"
                self.problems.add(Wrong(Check.AMBIGUOUS_RECIPIENT, message, (*path, "via"), at_key=True))
            return self._channel((*path, "channel"), channel) if isinstance(channel, str) else None
        elif "via" not in recipient:
            return self.address((*path, "email"), "an email address")
        elif isinstance(via, str):
            return self._via((*path, "via"), via)
        return None

    def _channel(self, path: DataPath, name: str) -> str | None:
        traits = self.known(path, name)
        if traits and traits.mail:
            message = (
                f"{self._holder(path)} sends to the email channel {quoted(name)} without an address "
                f"(name the address: {{email: you@example.com, via: {listing([name])}}})"
            )
            self.problems.add(Wrong(Check.MISSING_ADDRESS, message, path))
        return name if traits and not traits.mail else None

    def _via(self, path: DataPath, name: str) -> str | None:
        traits = self.known(path, name)
        if traits and traits.mail is False:
            has = f"email channels here: {listing(self.mails)}" if self.mails else f"one {_MAIL}"
            message = f"'via' in {self._holder(path)} names {quoted(name)}, which is no email channel ({has})"
            self.problems.add(Wrong(Check.NO_EMAIL_CHANNEL, message, path))
        return name if traits and traits.mail else None

    def known(self, path: DataPath, name: str) -> ChannelTraits | None:
        """What is known of a channel; a name that is none is noted."""
        given = self.data.get("channels", {})
        if name not in self.channels and isinstance(given, dict) and not self.problems.is_marked(("channels",), Check.WRONG_TYPE):
            hint = self.problems.suggest(name, self.channels, listed="channels here", otherwise=of_the_run(path, name))
            hint = hint or " (the policy has no channels)"
            self.problems.add(Wrong(Check.UNKNOWN_CHANNEL, f"unknown channel {quoted(name)} in {self._holder(path)}{hint}", path))
        return self.channels.get(name)

    def address(self, path: DataPath, address: str) -> str | None:
        """The email channel for an address that names none; where there is none, that is noted."""
        if self.default is None:
            who = quoted(address) if "@" in address else address
            step = (
                f"give one of {listing(self.mails)} default: true, or write {{email: ADDRESS, via: CHANNEL}}"
                if self.mails
                else f"add a channel {_MAIL}"
            )
            why = "no email channel is the default" if self.mails else "the policy has no email channel"
            if not any(traits.mail is None for traits in self.channels.values()):
                message = f"{who} in {self._holder(path)} cannot be served: {why} ({step})"
                self.problems.add(Wrong(Check.NO_EMAIL_CHANNEL, message, path))
        return self.default


def rules_of(data: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rules of a policy that are mappings, each with its index."""
    given = as_list(data.get("notifications", []))
    return ((index, rule) for index, rule in enumerate(given) if isinstance(rule, dict))


def context_rules(context: Any) -> list[Any]:
    """The rules in a policy's context, whatever stands there."""
    rules: list[Any] = as_list(context["rules"]) if isinstance(context, dict) and "rules" in context else []
    return rules


def _channels(data: Any) -> dict[str, ChannelTraits]:
    return {str(name): _traits(channel) for name, channel in data.items()} if isinstance(data, dict) else {}


def _traits(channel: Any) -> ChannelTraits:
    if not isinstance(channel, dict):
        return ChannelTraits(None, None, default=False)
    kind, project, fallback = channel.get("kind"), channel.get("project"), channel.get("fallback")
    row = KINDS.get(kind) if isinstance(kind, str) else None
    default = "default" in channel and _is_true(channel["default"])
    mail = row.addressed if row else None
    return ChannelTraits(mail, project if isinstance(project, str) else None, default, fallback if isinstance(fallback, str) else None)


def _is_true(value: Any) -> bool:
    """Whether the records take a value for true."""
    return isinstance(value, str) and TRUTH.get(value.lower(), False)


def _projects(pipelines: Any) -> list[tuple[str, ...]] | None:
    """The project patterns of a rule's selectors; None where one of them takes any project, or is not fit to judge."""
    found = []
    for selector in as_list(pipelines):
        patterns = as_list(selector.get("project")) if isinstance(selector, dict) else [None]
        if not all(isinstance(pattern, str) for pattern in patterns):
            return None
        found.append(tuple(patterns))
    return found
