"""The names of a run's messages where a service lets us give them: made of the run and the destination, so that nothing has to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tocsin.event import Event
from tocsin.receipts import run_key
from tocsin.verdict import Earlier, FollowUp

if TYPE_CHECKING:
    from tocsin.policy.destinations import Destination
    from tocsin.policy.match import RuleMatch


def by_name(rules: Sequence[RuleMatch], row: Destination, event: Event, *, aloud: bool) -> FollowUp:
    """The name that a message has, and those of the run's other messages, which it makes stale.

    Messages with one name take each other's place without a sound, so what must be heard has a name of its own. Its receipt has the
    names as `name` and `stale`, of letters, digits and hyphens, at most 64. A run without an id has no names: each message is new.
    """
    if not event.run.id:
        return FollowUp()
    from tocsin.channels.run_thread import digest

    quiet = digest(f"{run_key(event)}\n{row.channel}")
    waiting, failed = f"{quiet}-waiting", f"{quiet}-failed"
    name = (waiting if event.event == "waiting" else failed) if aloud else quiet
    told = [other for word, other in (("trigger", quiet), ("waiting", waiting)) if _is_told(word, rules, row)]
    stale = [other for other in told if other != name] if event.event != "trigger" else []
    return FollowUp(Earlier({"name": name, "stale": " ".join(stale)}, "update", aloud, named=True))


def _is_told(word: str, rules: Sequence[RuleMatch], row: Destination) -> bool:
    """Whether the policy tells a destination of another event of the run."""
    return any(match.would_match(word) and any(to.channel == row.channel for to in match.rule.send_to) for match in rules)
