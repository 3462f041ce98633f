"""Fallbacks: what a channel cannot deliver goes to the channel or the address that its `fallback` names.

Both rows say so, and the fallback's message.

A row waits until it is known what came of its fallback. No place gets the same message twice: where a fallback is told anyway, nothing
more is sent there, and the row says what came of that.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from tocsin.channels import MAIL_KINDS
from tocsin.policy.destinations import Destination, default_mail, hindrance, skipped
from tocsin.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tocsin.deliver import Delivery
    from tocsin.event import Event
    from tocsin.policy.match import RuleMatch
    from tocsin.policy.model import Policy
    from tocsin.verdict import Cause, Outcome, Skip

NAME_MAX_CHARS = 80  # ours
FOR_GOOD: tuple[Cause, ...] = ("service", "variable", "payload", "budget", "defect")  # what a fallback is for

Place: TypeAlias = tuple[bool, str]
"""Where a message arrives: whether it is a mailbox, and the address or the channel's name."""


def with_fallbacks(
    policy: Policy,
    destinations: Sequence[Destination],
    check: Callable[[Destination], Destination],
    make: Callable[[Destination], Delivery],
    send: Callable[[Sequence[Delivery], list[Delivery]], Iterator[Outcome]],
) -> Iterator[Outcome]:
    """Send to all destinations, and what fails to its fallback: one outcome a destination and a fallback that was tried.

    `check` puts into a destination why its channel is not to serve, `make` makes the delivery of one, `send` sends what it is given and
    what is put into its second argument meanwhile.
    """
    rows = _Rows(policy, destinations, check)
    for row in destinations:
        if row.skip:
            rows.end(skipped(row, row.skip))
    yield from rows.ended()
    more: list[Delivery] = []
    for outcome in send([*(make(row) for row in destinations if not row.skip), *map(make, rows.next())], more):
        rows.end(outcome)
        more += map(make, rows.next())
        yield from rows.ended()


def checked(
    policy: Policy, rules: Sequence[RuleMatch], event: Event, unavailable: Mapping[str, Skip], at: float, row: Destination
) -> Destination:
    """A fallback's destination with the reason why nothing may go there now (`at`, in seconds since 1970), if there is one."""
    row = row._replace(skip=hindrance(policy, row.channel, event, unavailable))
    if not policy.mute:
        return row
    from tocsin.policy.mute import muted

    return muted(policy, rules, event, [row], at)[0]


class _Rows:
    """The rows of a run: those that have ended, those that wait for another, and what is to be sent next."""

    def __init__(self, policy: Policy, destinations: Sequence[Destination], check: Callable[[Destination], Destination]) -> None:
        self._policy, self._check = policy, check
        self._asked = frozenset(_place(row) for row in destinations)  # the places that are told anyway
        self._known = set(self._asked)
        self._rows = {_place(row): row for row in destinations}
        self._results: dict[Place, Outcome] = {}
        self._waiting: dict[Place, list[Outcome]] = defaultdict(list)  # by the place that they wait for
        self._goals: dict[Place, Place] = {}  # what each place waits for
        self._next: list[Destination] = []
        self._ended: list[Outcome] = []

    def next(self) -> list[Destination]:
        """What is to be sent now."""
        found, self._next = self._next, []
        return found

    def ended(self) -> list[Outcome]:
        """The rows about which nothing more can come."""
        found, self._ended = self._ended, []
        return found

    def end(self, outcome: Outcome) -> None:
        """Take in how a delivery ended: that is its row, or it waits for its fallback."""
        place, target = _place(outcome), self._target(outcome)
        outcome = self._with_origin(outcome)
        goal = _place(target) if target else place
        if target is None or (goal != place and self._waits_for(goal, place)):
            self._settle(outcome)
        elif goal in self._results:
            self._settle(self._told(outcome, self._results[goal]))
        elif goal in self._known and goal != place:
            self._wait(outcome, goal)
        else:
            self._known.add(goal)
            self._rows[goal] = target
            self._wait(outcome, goal)
            if target.skip:
                self.end(skipped(target, target.skip))
            else:
                self._next.append(target)

    def _target(self, outcome: Outcome) -> Destination | None:
        """Where a message goes next whose delivery ended so; None where it goes nowhere."""
        name = self._policy.channels[outcome.channel].fallback
        if name is None or outcome.outcome == "delivered" or outcome.cause not in FOR_GOOD:
            return None
        channel = default_mail(self._policy) if "@" in name else name
        kind = self._policy.channels[channel].kind
        recipient = name if "@" in name else outcome.recipient if kind in MAIL_KINDS else channel
        row = self._rows[_place(outcome)]
        origins = (*row.in_place_of, (outcome.channel, outcome.kind))
        target = self._check(row._replace(channel=channel, kind=kind, recipient=recipient, in_place_of=origins))
        return None if outcome.in_doubt and _place(target) == _place(outcome) else target  # it may be there already

    def _with_origin(self, outcome: Outcome) -> Outcome:
        origins = self._rows[_place(outcome)].in_place_of
        if not origins:
            return outcome
        words = f"in place of {clean(origins[-1][0], NAME_MAX_CHARS)}"
        return outcome._replace(reason=f"{outcome.reason} ({words})" if outcome.reason else words)

    def _waits_for(self, place: Place, other: Place) -> bool:
        """Whether a place waits for another one already, so that the other cannot wait for it."""
        seen: Place | None = place
        while seen is not None and seen != other:
            seen = self._goals.get(seen)
        return seen is not None

    def _wait(self, outcome: Outcome, goal: Place) -> None:
        self._waiting[goal].append(outcome)
        if goal != _place(outcome):
            self._goals[_place(outcome)] = goal

    def _settle(self, outcome: Outcome) -> None:
        """Nothing more comes of a row; nor, then, of those that waited for it."""
        place = _place(outcome)
        self._results.setdefault(place, outcome)
        self._goals.pop(place, None)
        self._ended.append(outcome)
        for waiting in self._waiting.pop(place, ()):
            self._settle(self._told(waiting, outcome))

    def _told(self, outcome: Outcome, end: Outcome) -> Outcome:
        """A row that says what came of its fallback."""
        name = clean(end.recipient, NAME_MAX_CHARS)
        if end.kind in MAIL_KINDS:
            name = f"{name} through {clean(end.channel, NAME_MAX_CHARS)}"
        instead = name if end.outcome == "delivered" else end.instead
        if instead is None:
            words = f"its fallback {name} {end.outcome if end.outcome == 'failed' else 'was skipped'}, too"
        elif end.outcome == "delivered" and _place(end) in self._asked and _place(end) != _place(outcome):
            words = f"its fallback {instead} has the message"
        else:
            words = f"sent to {instead} instead"
        return outcome._replace(reason=f"{outcome.reason}; {words}", instead=instead)


def _place(row: Destination | Outcome) -> Place:
    return (True, row.recipient.casefold()) if row.kind in MAIL_KINDS else (False, row.channel)
