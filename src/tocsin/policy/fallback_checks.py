"""What can be wrong with the fallbacks of channels: a name that is none, a mail without an address, a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tocsin.checks import Check
from tocsin.policy.words import listing, quoted
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.meaning import Meaning


def check_fallbacks(meaning: Meaning) -> None:
    """Note every problem with the fallbacks of a policy's channels."""
    named = {name: traits.fallback for name, traits in meaning.channels.items() if traits.fallback and "${" not in traits.fallback}
    leads_to: dict[str, str] = {}
    for channel, name in named.items():
        path = ("channels", channel, "fallback")
        wrong = _wrong(meaning, channel, name, path)
        if wrong:
            meaning.problems.add(wrong)
        elif "@" in name:
            leads_to[channel] = meaning.address(path, name) or ""
        elif meaning.known(path, name):
            leads_to[channel] = name
    for circle in _circles(leads_to):
        first = circle[0]
        message = (
            f"channel {quoted(first)} is its own fallback (name another channel)"
            if len(circle) == 1
            else f"the fallbacks of channels {listing(circle)} lead in a circle (leave one of them out)"
        )
        meaning.problems.add(Wrong(Check.FALLBACK_CIRCLE, message, ("channels", first, "fallback")))


def _wrong(meaning: Meaning, channel: str, name: str, path: DataPath) -> Wrong | None:
    """What is wrong with a fallback that there is."""
    this, other = meaning.channels[channel], meaning.channels.get(meaning.default or "" if "@" in name else name)
    if other and other.mail and this.mail is False and "@" not in name:
        message = (
            f"channel {quoted(channel)} has the email channel {quoted(name)} as its fallback, without an address "
            "(write the address itself: fallback: you@example.com)"
        )
        return Wrong(Check.MISSING_ADDRESS, message, path)
    if other and other.project is not None and this.project not in (None, other.project):
        message = (
            f"channel {quoted(channel)} of project {quoted(this.project)} can never use its fallback {quoted(name)}, "
            f"which serves only project {quoted(other.project)}"
        )
        return Wrong(Check.UNREACHABLE_CHANNEL, message, path)
    return None


def _circles(leads_to: Mapping[str, str]) -> Iterator[list[str]]:
    """The channels of each circle, in order, from the one that the policy names first."""
    order = {name: index for index, name in enumerate(leads_to)}
    done: set[str] = set()
    for start in leads_to:
        walk: dict[str, None] = {}
        name = start
        while name in leads_to and name not in done and name not in walk:
            walk[name] = None
            name = leads_to[name]
        if name in walk:
            names = list(walk)
            circle = names[names.index(name) :]
            at = circle.index(min(circle, key=order.__getitem__))
            yield [*circle[at:], *circle[:at]]
        done.update(walk)
