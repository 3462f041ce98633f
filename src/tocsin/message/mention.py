"""Whom a message addresses: people and groups of the policy, each by the id that a service knows them by.

Nothing that a run says becomes an id: an id is the policy's own text, or what a service itself answers for an address.
"""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.named_tuple import NamedTuple

MENTIONS_MAX = 20  # ours: of one message; with more, nobody feels addressed
EVERYBODY = ("here", "channel")  # those who are online now, and all members: names and ids of their own


class Mention(NamedTuple):
    """Somebody to address. `ids` are by service, which is the kind of a channel; `emails` are for a service that can look one up.

    `name` is the policy's: a person or a group of `people`, one of EVERYBODY, or an id or an address that stands for itself.
    """

    name: str
    ids: tuple[tuple[str, str], ...] = ()
    emails: tuple[str, ...] = ()

    def id_on(self, service: str) -> str | None:
        """The id on a service, None where it has none."""
        return next((id_ for name, id_ in self.ids if name == service), None)


def addressed(mentions: Iterable[Mention], service: str) -> list[tuple[str, str]]:
    """The name and the id of each who is addressed on a service, nobody twice; of EVERYBODY the widest alone."""
    found = {id_: mention.name for mention in mentions if (id_ := mention.id_on(service)) is not None}
    if EVERYBODY[1] in found:
        found.pop(EVERYBODY[0], None)
    return [(name, id_) for id_, name in list(found.items())[:MENTIONS_MAX]]


def names(mentions: Iterable[Mention], service: str) -> list[str]:
    """The names of those who are addressed on a service."""
    return [name for name, _ in addressed(mentions, service)]
