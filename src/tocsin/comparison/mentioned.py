"""Whom the messages of a policy mention, and who is mailed because a run is theirs: routes, as those to its recipients are.

A person is who the service takes them for: two names of one id are one. Whom a role means is the run's to say, so a role is one by its
word, and what `people` calls them is told apart (`settings`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from tocsin.channels import KINDS, has_own_payload
from tocsin.comparison.moments import mention_moments
from tocsin.comparison.reach import Key, Reach, routes_to
from tocsin.event import Event
from tocsin.policy.destinations import default_mail
from tocsin.policy.mentions import ROLES, Mentions, mailed

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.policy.load import PolicyDocument
    from tocsin.policy.model import Notification, Policy

Mentioned: TypeAlias = "dict[Key, Reach]"


def mention_reaches(document: PolicyDocument | None) -> Mentioned:
    """By the channel and whom they mention there, the routes of the messages that do."""
    found: Mentioned = {}
    for policy, index, rule, on in _mentioning(document):
        channels = [to for to in rule.send_to if to.channel is not None]
        for key, recipient, route in routes_to(policy, index, channels, on, ""):
            for who, name in _whom(policy, policy.channels[route.channel], rule.mention):
                found.setdefault((*key, *who), Reach(recipient, [], mention=name)).routes.append(route)
    return found


def _mentioning(document: PolicyDocument | None) -> Iterator[tuple[Policy, int, Notification, int]]:
    """The rules that mention somebody, with their indexes, and the moments at which they do."""
    policy = document.policy if document else None
    for index, rule in enumerate(policy.notifications) if policy else ():
        if policy and rule.mention:
            yield policy, index, rule, mention_moments(rule)


def _whom(policy: Policy, options: ChannelOptions, words: Iterable[str]) -> Iterator[tuple[Key, str]]:
    """What makes each one whom some words mention in a channel, and the name."""
    kind, looks_up = options.kind, bool(getattr(options, "token", None)) and options.kind == "slack"
    if "mention" not in KINDS[kind].can or has_own_payload(options):
        return
    mentions = Mentions(policy, Event(), untrusted=False)
    for word in dict.fromkeys(words):
        if word in ROLES:
            if looks_up or any(
                getattr(person, kind) and (person.email or person.login or person.name) for person in policy.people.values()
            ):
                yield ("role", word), word
            continue
        for mention in mentions.of([word]):
            id_ = mention.id_on(kind)
            if id_ is not None:
                yield ("id", id_.lstrip("@")), mention.name
            elif looks_up and mention.emails:
                yield ("email", *mention.emails), mention.name


def distinct(before: Mentioned, after: Mentioned) -> tuple[Mentioned, Mentioned]:
    """The same, with the id beside each name that means two of them."""
    meant: dict[tuple[str, str], set[Key]] = defaultdict(set)
    for key, reach in (*before.items(), *after.items()):
        meant[reach.recipient, reach.mention].add(key)

    def told_apart(reaches: Mentioned) -> Mentioned:
        return {
            key: reach._replace(mention=f"{reach.mention} ({key[-1]})") if len(meant[reach.recipient, reach.mention]) > 1 else reach
            for key, reach in reaches.items()
        }

    return told_apart(before), told_apart(after)


def role_reaches(document: PolicyDocument | None) -> Mapping[Key, Reach]:
    """By address and role, the routes of the mails that somebody gets whose run it is."""
    found: dict[Key, Reach] = {}
    for policy, index, rule, on in _mentioning(document):
        default = default_mail(policy)
        people = mailed(rule, policy.people.values(), default)
        for role in [word for word in ROLES if word in rule.mention]:
            for key, recipient, route in routes_to(policy, index, people, on, default):
                found.setdefault((*key, role), Reach(recipient, [], role=role)).routes.append(route)
    return found
