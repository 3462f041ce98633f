"""Whom a policy reaches: for each recipient the routes to it, each a rule's events and one of its selectors.

A recipient is also who is mailed because a rule mentions them by name (`mail: true` in `people`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tocsin.comparison.boxes import Selector
from tocsin.comparison.moments import mention_moments, moments
from tocsin.comparison.values import Only
from tocsin.policy.destinations import default_mail, named
from tocsin.policy.mentions import mailed

if TYPE_CHECKING:
    from tocsin.policy.load import PolicyDocument
    from tocsin.policy.model import Policy, Recipient

# What makes a recipient one: "channel" and its name, "email" and the address without regard to case; further what makes a mention one.
Key: TypeAlias = "tuple[str, ...]"


class Route(NamedTuple):
    """What leads events to a recipient: the moments, a selector with the channel's project, the rule's index, the channel."""

    on: int
    selector: Selector
    rule: int
    channel: str

    @property
    def meaning(self) -> tuple[int, frozenset[tuple[str, object]]]:
        """What two routes have in common that take the same events, whatever the order of their words."""
        return self.on, frozenset((key, item if isinstance(item, Only) else frozenset(item)) for key, item in self.selector)


class Reach(NamedTuple):
    """A recipient as the policy first names it, and all routes to it.

    With a `mention` they are the routes of the messages that mention this name. With a `role` they lead there only while the recipient
    is the author of the run, or whoever triggered it.
    """

    recipient: str
    routes: list[Route]
    mention: str = ""
    role: str = ""

    def channels(self) -> list[str]:
        """The channels on the way, in order."""
        return list(dict.fromkeys(route.channel for route in self.routes))


def reaches(document: PolicyDocument | None) -> dict[Key, Reach]:
    """The recipients of a policy, in the order in which its rules name them; none without a policy."""
    found: dict[Key, Reach] = {}
    for key, recipient, route in _routes(document) if document else ():
        if key not in found:
            found[key] = Reach(recipient, [])
        found[key].routes.append(route)
    return found


def _routes(document: PolicyDocument) -> Iterator[tuple[Key, str, Route]]:
    policy = document.policy
    default = default_mail(policy)
    for index, rule in enumerate(policy.notifications):
        yield from routes_to(policy, index, rule.send_to, moments(rule.on), default)
        if rule.mention:
            people = [policy.people[name] for name in rule.mention if name in policy.people]
            yield from routes_to(policy, index, mailed(rule, people, default), mention_moments(rule), default)


def routes_to(policy: Policy, index: int, recipients: Iterable[Recipient], on: int, default: str) -> Iterator[tuple[Key, str, Route]]:
    """The routes by which a rule, of that index, tells some recipients at some moments."""
    rule = policy.notifications[index]
    selectors: list[Selector] = [tuple((key, tuple(patterns)) for key, patterns in selector.items()) for selector in rule.pipelines]
    for to in recipients if on else ():
        for key, recipient, channel in named(to, default):
            project = policy.channels[channel].project
            scope: Selector = () if project is None else (("project", Only(project)),)
            for selector in selectors:
                yield key, recipient, Route(on, selector + scope, index, channel)
