"""A channel whose rendering and answers take the time that a test says, on a clock that waits for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from clocks import VirtualClock

from tocsin.channels.options import ChannelOptions
from tocsin.deliver import Delivery, Limits, Stop, deliver
from tocsin.event import Event
from tocsin.http import Transport
from tocsin.message import Message, compose
from tocsin.network import Network, NoAnswer
from tocsin.verdict import Delivered, Outcome, Retry, Verdict

AGAIN = Retry("HTTP 500")


class Take(NamedTuple):
    """One attempt: `connecting` takes so many seconds, then the message goes out, `seconds` later it ends so. An exception is raised.

    One that never `connects` is raised before anything goes out.
    """

    seconds: float = 0.0
    end: Verdict | BaseException = Delivered()
    not_repeatable: str | None = None
    connecting: float = 0.0
    connects: bool = True


class Begun(NamedTuple):
    """A send that has begun: when, for which delivery, until when it may go on, and with what."""

    at: float
    key: str
    deadline: float
    payload: Any


class Sent:
    """A message that has gone out: when, for which delivery, until when its attempt may take, and when it was answered."""

    def __init__(self, at: float, key: str, deadline: float) -> None:
        self.at, self.key, self.deadline = at, key, deadline
        self.answered_at: float | None = None


class ScriptedChannel:
    """Plays `takes` in order, the last one for ever; keeps what has begun. `rendering` is how long that takes, or what it raises.

    `farewell` is how long it takes to close the connection.
    """

    Options = ChannelOptions

    def __init__(self, clock: VirtualClock, *takes: Take, rendering: float | BaseException = 0.0, farewell: float = 0.0) -> None:
        self.clock, self.rendering, self.farewell = clock, rendering, farewell
        self.takes = list(takes) or [Take()]
        self.begun: list[Begun] = []
        self.sent: list[Sent] = []
        self.rendered: list[float] = []
        self.connections = 0
        self.running = self.most_running = 0

    def render(self, message: Message, options: Any, /) -> Any:
        self.rendered.append(self.clock.now)
        if isinstance(self.rendering, BaseException):
            raise self.rendering
        self.clock.sleep(self.rendering)
        return {"text": message.text}

    def send(self, payload: Any, options: Any, transport: Transport, /) -> Verdict:
        self.begun.append(Begun(self.clock.now, transport.key, transport.deadline, payload))
        transport.connection.get(self._connect)
        take = self.takes.pop(0) if len(self.takes) > 1 else self.takes[0]
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            self.clock.sleep(take.connecting)
            if not take.connects and isinstance(take.end, BaseException):
                raise take.end
            if not transport.commit(take.not_repeatable):
                raise NoAnswer("no answer in time")
            sent = Sent(self.clock.now, transport.key, transport.deadline)
            self.sent.append(sent)
            self.clock.sleep(take.seconds)
        finally:
            self.running -= 1
        if isinstance(take.end, BaseException):
            raise take.end
        sent.answered_at = self.clock.now
        transport.settle()
        return take.end

    def _connect(self, stack: ExitStack) -> int:
        self.connections += 1
        stack.callback(lambda: self.clock.sleep(self.farewell))
        return self.connections

    def times(self, start: float) -> list[float]:
        """When each attempt began, counted from `start`."""
        return [round(begun.at - start, 6) for begun in self.begun]


def delivery(channel: ScriptedChannel, name: str = "room", recipient: str = "") -> Delivery:
    """A message for one recipient of a channel. The recipient is its key."""
    return Delivery(name, "slack", recipient or name, ("rule",), channel, None, compose(Event()), recipient or name)


def run(
    clock: VirtualClock,
    deliveries: Sequence[Delivery],
    *,
    timeout: float = 10.0,
    budget: float = 30.0,
    attempts: int = 3,
    stop: Stop | None = None,
    told: list[Outcome] | None = None,
    dry_run: bool = False,
) -> list[Outcome]:
    """Deliver; the budget counts from now. The outcomes in the deliveries' order; `told` gets them as they come."""
    limits = Limits(timeout, clock.now + budget, attempts)
    outcomes = list(deliver(deliveries, limits, Network(), clock, stop, dry_run=dry_run))
    if told is not None:
        told += outcomes
    places = {delivery[:3]: number for number, delivery in enumerate(deliveries)}
    return sorted(outcomes, key=lambda outcome: places[outcome[:3]])
