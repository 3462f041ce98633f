"""Destinations: who gets the message of an event, through which channel, and why a channel cannot serve."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tocsin.channels import KINDS
from tocsin.event import as_dict
from tocsin.message.mention import Mention
from tocsin.named_tuple import NamedTuple
from tocsin.text import clean
from tocsin.verdict import Outcome, Skip

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.policy.match import RuleMatch
    from tocsin.policy.mentions import Mentions
    from tocsin.policy.model import Policy, Recipient
    from tocsin.verdict import Conversation
    from tocsin.wording import OwnWords


class Destination(NamedTuple):
    """Where one message goes: `recipient` is an email address or the channel's name; `skip` is why it does not go.

    `conversation` is what its rules say, None where they leave it to the channel. `in_place_of` has the channels, each with its kind,
    that could not deliver the message, of which this one is the fallback.
    """

    channel: str
    kind: str
    recipient: str
    rules: tuple[str, ...]
    skip: Skip | None
    mentions: tuple[Mention, ...] = ()
    conversation: Conversation | None = None
    in_place_of: tuple[tuple[str, str], ...] = ()


class _DraftDestination:
    """A destination before its channel is chosen: the channels named for it, and the rules that asked for it, in order."""

    def __init__(self, recipient: str) -> None:
        self.recipient = recipient
        self.channels: dict[str, None] = {}
        self.rules: dict[str, None] = {}
        self.mention: dict[str, None] = {}
        self.conversation: Conversation | None = None  # of the first rule that says one


def destinations(
    policy: Policy, rules: Iterable[RuleMatch], event: Event, unavailable: Mapping[str, Skip], *, untrusted: bool = False
) -> list[Destination]:
    """Who gets the message of an event, each once, in the order in which the matching `rules` name them.

    `unavailable` says why a channel cannot serve now, by the channel's name. A mail goes through the first channel
    named for its address that can serve. Whom a rule mentions gets its mail, too, where `people` says so.
    """
    default = default_mail(policy)
    mentions: Mentions | None = None
    wanted: dict[tuple[str, str], _DraftDestination] = {}
    for match_ in rules:
        rule = match_.rule
        words: dict[str, None] = {}
        recipients = rule.send_to
        if rule.mention:
            from tocsin.policy.mentions import Mentions  # few rules have any

            mentions = mentions or Mentions(policy, event, untrusted=untrusted)
            words, recipients = mentions.asked(rule, default)
        for recipient in recipients:
            for key, name, channel in named(recipient, default):
                entry = wanted.setdefault(key, _DraftDestination(name))
                entry.channels[channel] = None
                entry.rules[match_.name] = None
                entry.conversation = entry.conversation or rule.conversation
                entry.mention |= words
    hindrances: dict[str, Skip | None] = {}
    for entry in wanted.values():
        for channel in entry.channels:
            if channel not in hindrances:
                hindrances[channel] = hindrance(policy, channel, event, unavailable)
    found = [_destination(policy, entry, hindrances) for entry in wanted.values()]
    if mentions is None:
        return found
    return [row._replace(mentions=mentions.of(entry.mention)) for row, entry in zip(found, wanted.values(), strict=True)]


def named(recipient: Recipient, default: str) -> Iterable[tuple[tuple[str, str], str, str]]:
    """What makes a destination one (an address without regard to case, or the channel), its name, and its channel."""
    if recipient.channel is not None:
        return [(("channel", recipient.channel), recipient.channel, recipient.channel)]
    return [(("email", address.casefold()), address, recipient.via or default) for address in recipient.email or ()]


def hindrance(policy: Policy, channel: str, event: Event, unavailable: Mapping[str, Skip]) -> Skip | None:
    """Why a channel cannot serve an event now, None where it can."""
    scope = policy.channels[channel].project
    if scope is not None and scope != event.project:
        project = f"is of project {clean(event.project, 80)}" if event.project else "has no known project"
        return Skip(f"channel {clean(channel, 80)} serves only project {clean(scope, 80)}, and this run {project}", "scope")
    return unavailable.get(channel)


def _destination(policy: Policy, entry: _DraftDestination, hindrances: Mapping[str, Skip | None]) -> Destination:
    first = next(iter(entry.channels))
    channel = next((name for name in entry.channels if hindrances[name] is None), first)
    kind, rules = policy.channels[channel].kind, tuple(entry.rules)
    return Destination(channel, kind, entry.recipient, rules, hindrances[channel], conversation=entry.conversation)


def default_mail(policy: Policy) -> str:
    """The email channel for addresses that name none: the default one, or the only one; "" where there is none."""
    mails = [name for name, options in policy.channels.items() if KINDS[options.kind].addressed]
    return next((name for name in mails if getattr(policy.channels[name], "default", False)), mails[0] if len(mails) == 1 else "")


def skipped(row: Destination, skip: Skip) -> Outcome:
    """The row of a destination to which nothing is sent."""
    return Outcome(row.channel, row.kind, row.recipient, row.rules, "skipped", skip.reason, cause=skip.cause)


def repeat_key(event: Event, destination: Destination, options: Any, words: OwnWords | None = None) -> str:
    """One key for all repetitions of a delivery, by which a receiver can tell a repetition from a new message.

    It is made of all that is told and to whom: the event without its times, the rules that asked, and the channel's own wording as the
    policy has it, before any secret is put in. Where the run has no id, nothing tells two runs apart, so each key is new.
    """
    told = as_dict(event._replace(sources={}, run=event.run._replace(started_at=None, finished_at=None)))
    wording = repr(getattr(options, "payload", None)) + (repr(words) if words else "")
    nonce = "" if event.run.id else os.urandom(16).hex()
    text = json.dumps([told, destination.channel, destination.recipient.casefold(), destination.rules, wording, nonce])
    return f"tocsin-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
