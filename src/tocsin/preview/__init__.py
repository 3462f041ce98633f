"""What would be sent of sample runs, or of a recorded one: events, messages and payloads as in earnest, and nothing of the network.

sample or record ─ what the rule asks for ─ event ─ destinations ─ message ─ payloads
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin import channels
from tocsin.ci.run import Run
from tocsin.derive import derive
from tocsin.derive.facts_file import facts_of
from tocsin.errors import UsageError
from tocsin.event import Event, Facts, Rank, as_dict
from tocsin.message import Message, compose
from tocsin.message.mention import names
from tocsin.policy.destinations import Destination, destinations
from tocsin.policy.match import EventValues, match, runbooks, selector_values
from tocsin.policy.wording import addressed, rule_words, words_of
from tocsin.policy.words import Suggestions, quoted
from tocsin.preview.fitting import fitting_facts, kind_of
from tocsin.request import Request
from tocsin.samples import sample

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.policy.load import PolicyDocument
    from tocsin.policy.match import RuleMatch
    from tocsin.policy.model import Policy
    from tocsin.wording import OwnWords

RULES_MAX = 100  # ours: of a longer policy the first ones; who wants another names it
NOW = "2026-11-23T03:00:00Z"  # of the samples, which have their own times
_SOMEBODY = "you@example.com"


class Told(NamedTuple):
    """A run to tell of: `word` is the sample's, "" for a recorded one. `flags` are by the words of `--app` and its like."""

    word: str
    hook: str
    status: str | None
    facts: Facts
    flags: Mapping[str, str] = {}
    ci: str = "github"


class Delivery(NamedTuple):
    """What one destination would get: `payload` is None where it cannot be rendered, and `problem` says why."""

    channel: str
    kind: str
    recipient: str
    rules: tuple[str, ...]
    payload: Any
    problem: str | None = None
    message: Message | None = None  # in the policy's own words for it, where there are any
    failed: tuple[str, ...] = ()  # why some of them are not
    own_payload: bool = False  # it is the policy's own, or an event for a program
    mentions: tuple[str, ...] = ()  # those whom it addresses, by their names


class Preview(NamedTuple):
    """One event, its message, and who would get it. `rule` is the one that is asked for, held against the event."""

    event: Event
    message: Message
    deliveries: tuple[Delivery, ...]
    rule: RuleMatch | None = None

    @property
    def word(self) -> str:
        """The event's own word: its transition where it has one."""
        return self.event.transition or self.event.event or "none"


class Asked(NamedTuple):
    """Whose messages are wanted: those of a rule (its number from 0), of a channel, or all where both are None."""

    rule: int | None = None
    channel: str | None = None


def find(policy: Policy, name: str | None) -> Asked:
    """The rule or the channel of that name; a rule without a name is "#2". Raises UsageError with what was probably meant."""
    if name is None:
        return Asked()
    rules = [rule.name or f"#{number}" for number, rule in enumerate(policy.notifications, 1)]
    if name in rules:
        return Asked(rule=rules.index(name))
    if name in policy.channels:
        return Asked(channel=name)
    known = [*rules, *policy.channels]
    raise UsageError(f"there is no rule and no channel {quoted(name)}{Suggestions()(name, known, listed='the policy has')}")


def told_by_sample(word: str, kind: str, flags: Mapping[str, str]) -> Told:
    """A sample run, of which the policy knows better how things are called."""
    run = sample(word, kind)
    facts = {name: fact._replace(source="sample", rank=Rank.GUESS) for name, fact in facts_of(run.facts).items()}
    return Told(word, run.hook, run.status, facts, flags)


def previews(document: PolicyDocument, asked: Asked, words: Iterable[str], flags: Mapping[str, str]) -> Iterator[Preview]:
    """The previews of the sample events in `words`, of which a rule has only those that it asks for.

    Raises ContextError where the policy's context cannot be rendered, UsageError for a bad flag.
    """
    for word in words:
        events = {str(as_dict(event._replace(sources={}))): event for event in _events(document, asked, word, flags)}
        found = (_preview(document.policy, event, asked) for event in events.values())
        yield from (preview for preview in found if preview.deliveries)


def preview_of(document: PolicyDocument, asked: Asked, told: Told) -> Preview:
    """The preview of a recorded run."""
    return _preview(document.policy, _event(None, told), asked)


def _events(document: PolicyDocument, asked: Asked, word: str, flags: Mapping[str, str]) -> Iterator[Event]:
    """The event of a word in the terms of each rule that asks for it; in no rule's terms for a channel."""
    said = {name: (text,) for name, text in flags.items()}
    policy = document.policy
    if asked.channel is not None:
        kind = "cd" if word == "waiting" and "kind" not in said else kind_of(said)
        told = told_by_sample(word, kind, flags)
        scope = policy.channels[asked.channel].project
        yield _event(document, told._replace(flags={**({"project": scope} if scope else {}), **flags}))
        return
    rules = policy.notifications
    for rule in rules[:RULES_MAX] if asked.rule is None else [rules[asked.rule]]:
        told = told_by_sample(word, kind_of({**rule.pipelines[0], **said}), flags)
        event = _event(document, told)
        if EventValues(event).words.isdisjoint(rule.on):
            continue
        fitting = fitting_facts(policy, rule, selector_values(event))
        yield _event(document, told._replace(facts={**told.facts, **fitting}))


def _event(document: PolicyDocument | None, told: Told) -> Event:
    """The event as it is derived in earnest; a record has all that the policy said of it."""
    request = Request(told.hook, told.status, told.flags, facts=told.facts)
    return derive(Run(told.ci, {}, untrusted=None), request, {}, NOW, document)._replace(ci=told.ci)


def _preview(policy: Policy, event: Event, asked: Asked) -> Preview:
    """Who would get the message of an event: the channel that is asked for, else by the rules that match and the one that is asked for."""
    message, rule, found = compose(event), None, match(policy, event)
    if asked.channel is not None:
        rows = [Destination(asked.channel, policy.channels[asked.channel].kind, _recipient(policy, asked.channel), (), None)]
    else:
        rows = destinations(policy, [held for number, held in enumerate(found) if held.matches or number == asked.rule], event, {})
        if asked.rule is not None:
            rule = found[asked.rule]
            rows = [row for row in rows if rule.name in row.rules]
    books = runbooks(policy, found, event)
    asking = tuple(name for row in rows for name in row.rules)
    shown = message._replace(rules=asking).with_runbooks(books)._replace(rules=()) if books else message
    of_rules = rule_words(policy)
    deliveries = (
        _delivery(policy.channels[row.channel], row, addressed(message, row, books), words_of(policy, of_rules, row.channel, row.rules))
        for row in rows
    )
    return Preview(event, shown, tuple(deliveries), rule)


def _recipient(policy: Policy, channel: str) -> str:
    """The channel's name, or of an email channel the first address that rules write to by it."""
    if policy.channels[channel].kind not in channels.MAIL_KINDS:
        return channel
    from tocsin.policy.destinations import default_mail

    default = default_mail(policy)
    addresses = (to.email[0] for rule in policy.notifications for to in rule.send_to if to.email and (to.via or default) == channel)
    return next(addresses, _SOMEBODY)


def _delivery(options: ChannelOptions, row: Destination, message: Message, words: OwnWords | None) -> Delivery:
    unset = options.resolved({name: f"${{{name}}}" for name in options.variables()})  # no preview needs a secret
    told = channels.rendered(channels.load(row.kind), message, words, unset)
    return Delivery(
        row.channel,
        row.kind,
        row.recipient,
        row.rules,
        told.payload,
        str(told.error) if told.error else row.skip.reason if row.skip else None,
        told.message if words else None,
        told.problems,
        row.kind == "webhook" or channels.has_own_payload(options),
        () if told.own_payload else tuple(names(row.mentions, row.kind)),
    )
