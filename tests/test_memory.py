"""What a delivery holds goes when it has ended, while thousands of others are still on their way."""

from __future__ import annotations

import weakref
from typing import Any

from clocks import VirtualClock
from scripted_channel import AGAIN, ScriptedChannel, Take, delivery, run

from tocsin.verdict import Failed


class Payload:
    """A rendered message that can be counted."""


class Counting(ScriptedChannel):
    """Counts the payloads that are alive whenever another one is rendered."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.alive: weakref.WeakSet[Payload] = weakref.WeakSet()
        self.most = 0

    def render(self, message: Any, options: Any, /) -> Any:
        super().render(message, options)
        payload = Payload()
        self.alive.add(payload)
        self.most = max(self.most, len(self.alive))
        return payload

    def send(self, payload: Any, options: Any, transport: Any, /) -> Any:
        verdict = super().send(None, options, transport)
        del payload
        return verdict


def test_a_payload_goes_with_the_end_of_its_delivery():
    clock = VirtualClock()
    takes = [Take(1), Take(1, AGAIN), Take(1), Take(1, Failed("no")), Take(1)]
    channel = Counting(clock, *takes)
    outcomes = run(clock, [delivery(channel, recipient=f"r{number}") for number in range(60)], budget=600)
    assert [outcome.outcome for outcome in outcomes].count("delivered") == 59
    assert channel.most <= 4, "of a lane: one on its way, one that waits for its next attempt, and what a thread has not let go yet"
