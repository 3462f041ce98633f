"""Who: the author of a change and who started the run, each named once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.message.parts import first

if TYPE_CHECKING:
    from tocsin.event import Actor, Event, Person

NAME_MAX_CHARS = 60  # ours
HANDLE_MAX_CHARS = 320  # what an address has at most: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1
# The addresses that services give to those who show none: 1234+ada@users.noreply.github.com, 1234-ada@users.noreply.gitlab.com
# https://docs.github.com/en/account-and-profile/reference/email-addresses-reference and
# https://docs.gitlab.com/user/profile/#use-an-automatically-generated-private-commit-email
_PRIVATE = re.compile(r"(?:[0-9]+[+-])?([^@]+)@users\.noreply\.[^@]+", re.IGNORECASE)


def author_name(author: Person) -> str:
    """What a commit's author is called; of an address only what is before the @."""
    return first(author.name, (author.email or "").partition("@")[0], max_chars=NAME_MAX_CHARS)


def actor_name(actor: Actor) -> str:
    """What whoever started the run is called."""
    return first(actor.name, actor.login, actor.email, max_chars=NAME_MAX_CHARS)


def named_person(event: Event) -> str:
    """Who a notification names: whoever started the run, else the author of its change."""
    return actor_name(event.triggered_by) or author_name(event.commit.author)


def private_login(email: str | None) -> str | None:
    """The login that a private address of GitHub's or GitLab's holds; None for any other address."""
    private = _PRIVATE.fullmatch(email or "")
    return private[1] if private else None


def same_person(author: Person, actor: Actor) -> bool:
    """Whether an author and a starter are one person, known here by a name and there by a login."""
    here = _handles(author.name, author.email)
    return not here.isdisjoint(_handles(actor.name, actor.email) | _handles(actor.login, None))


def _handles(name: str | None, email: str | None) -> set[str]:
    """All that a person may be told by: the address, the part of it before the @, the name; letters and digits alone."""
    words = [name, email, private_login(email) or (email or "").partition("@")[0]]
    return {handle for word in words if word and (handle := re.sub(r"[\W_]+", "", word[:HANDLE_MAX_CHARS].casefold()))}
