"""Whom the rules mention on an event: whom they name, held against who the run says its people are.

Loaded only where a rule that matches has a `mention`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from tocsin.channels import KINDS
from tocsin.event import Actor, Person
from tocsin.message.mention import EVERYBODY, Mention
from tocsin.message.people import private_login
from tocsin.policy.model import Recipient
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.policy.model import Notification, Policy
    from tocsin.policy.person import KnownPerson

ROLES = ("author", "authors", "triggered_by")
WORDS = (*ROLES, *EVERYBODY)
_NEWS = frozenset(("failure", "broken", "fixed", "still_failing", "always"))  # a rule that asks for one of these mentions on no other event
_SERVICES = tuple(name for name, kind in KINDS.items() if "mention" in kind.can)
_TO_ALL = tuple(name for name, kind in KINDS.items() if "mention_all" in kind.can)
_EMAIL = re.compile(r"[^@\s<>\",;:()\[\]\\]{1,64}@[^@\s<>\",;:()\[\]\\]{1,255}")
# An id as the service itself writes it: https://docs.slack.dev/messaging/formatting-message-text#advanced,
# https://docs.discord.com/developers/reference#message-formatting
_WRITTEN = (
    ("slack", re.compile(r"<@(?P<id>[UW][A-Z0-9]+)(\|[^<>|]*)?>|<!subteam\^(?P<group>S[A-Z0-9]+)(\|[^<>|]*)?>")),
    ("discord", re.compile(r"<@!?(?P<id>[0-9]{1,20})>|<@(?P<group>&[0-9]{1,20})>")),
)


def written(text: str) -> Mention | None:
    """The mention of an id as a service writes it, such as "<!subteam^S012AB3CD>" or "<@&123>"; None for any other text."""
    if text in ("<!here>", "<!channel>"):
        return _everybody(text[2:-1])
    for service, form in _WRITTEN:
        found = form.fullmatch(text)
        if found:
            return Mention(text, ((service, found["id"] or found["group"]),))
    return None


def mentions_on(rule: Notification, event: Event) -> bool:
    """Whether a rule that matches mentions on this event: on a failure that is new and on a repair.

    On a failure after a failure only a rule that names `still_failing`; on any other event a rule that asks for none of these.
    """
    if event.transition == "still_failing":
        return "still_failing" in rule.on
    return event.event == "failure" or event.transition in ("broken", "fixed") or _NEWS.isdisjoint(rule.on)


def mailed(rule: Notification, people: Iterable[KnownPerson], default: str) -> list[Recipient]:
    """Those of some people who get the mails of a rule that mentions them: by its own email channel, else by the `default` one."""
    via = next((recipient.via or default for recipient in rule.send_to if recipient.email), default)
    return [Recipient.model_construct(email=person.email[:1], via=via) for person in people if person.mail and via]


class Mentions:
    """The mentions of one event. On a run of untrusted code, nobody is addressed by `here` or `channel`."""

    def __init__(self, policy: Policy, event: Event, *, untrusted: bool) -> None:
        self._event = event
        self._people: Mapping[str, KnownPerson] = policy.people
        self._untrusted = untrusted or bool(event.pull_request.fork)
        self._called = _called(event)
        self._found: dict[str, list[Mention]] = {}

    def asked(self, rule: Notification, default: str) -> tuple[dict[str, None], list[Recipient]]:
        """Whom a rule that matches mentions on this event, in its words, and its recipients with those who are mailed for it."""
        if not mentions_on(rule, self._event):
            return {}, rule.send_to
        return dict.fromkeys(rule.mention), [*rule.send_to, *self._mailed(rule, default)]

    def of(self, words: Iterable[str]) -> tuple[Mention, ...]:
        """Whom some words of rules mention, each once."""
        return tuple(dict.fromkeys(mention for word in words for mention in self._of(word)))

    def _mailed(self, rule: Notification, default: str) -> list[Recipient]:
        """Those whom a rule mentions and who get its mails, too."""
        names = dict.fromkeys(mention.name for mention in self.of(rule.mention))
        return mailed(rule, [self._people[name] for name in names if name in self._people], default)

    def _of(self, word: str) -> list[Mention]:
        if word not in self._found:
            self._found[word] = list(self._resolved(word))
        return self._found[word]

    def _resolved(self, word: str) -> Iterator[Mention]:
        if word in ROLES:
            for called in self._called[word]:
                yield from self._known(called)
        elif word in EVERYBODY or word in ("<!here>", "<!channel>"):
            if not self._untrusted:
                yield _everybody(word.strip("<!>"))
        elif word in self._people:
            yield self._mention(word)
        else:
            found = written(word)
            if found:
                yield found

    def _known(self, called: Actor) -> Iterator[Mention]:
        """Those of `people` who are called so; of nobody the address, which a service may know, unless an outsider may have written it."""
        email = called.email if called.email and _is_address(called.email) else None
        names = [name for name, person in self._people.items() if _is(person, called)]
        yield from (self._mention(name, email) for name in names)
        if not names and email and not self._untrusted:
            yield Mention(email, emails=(email,))

    def _mention(self, name: str, email: str | None = None) -> Mention:
        """One of `people`. A service may know the addresses: the policy's own, else the one that the run says; none if untrusted."""
        person = self._people[name]
        ids = ((service, getattr(person, service)) for service in _SERVICES)
        emails = person.email or ([email] if email else [])
        return Mention(name, tuple((service, id_) for service, id_ in ids if id_ is not None), () if self._untrusted else tuple(emails))


def _is_address(email: str) -> bool:
    """Whether somebody may be known by this address."""
    return bool(_EMAIL.fullmatch(email)) and clean(email) == email and private_login(email) is None


def _everybody(word: str) -> Mention:
    return Mention(word, tuple((service, word) for service in _TO_ALL))


def _called(event: Event) -> dict[str, list[Actor]]:
    """What the run calls those whom a role may mean."""
    return {
        "author": [_actor(event.commit.author)],
        "authors": [_actor(change.author) for change in event.changes] or [_actor(event.commit.author)],
        "triggered_by": [event.triggered_by],
    }


def _actor(author: Person) -> Actor:
    return Actor(private_login(author.email), author.name, author.email)


def _is(person: KnownPerson, called: Actor) -> bool:
    return called.name in person.name or _among(called.login, person.login) or _among(called.email, person.email)


def _among(text: str | None, known: Iterable[str]) -> bool:
    """Whether a text is among others, whatever the case of its letters: "\u212a", the sign of the kelvin, is no letter k."""
    return text is not None and any(text.casefold() == other.casefold() and text.isascii() == other.isascii() for other in known)
