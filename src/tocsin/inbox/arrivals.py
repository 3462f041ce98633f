"""What arrived, in order, and a way to wait for more."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timezone
from typing import Any, NamedTuple

from tocsin.clock import Clock

KEPT_MAX = 1000  # ours: more than a person scrolls through
KEPT_MAX_CHARS = 200_000_000  # ours: five of the largest mails that SES takes; the newest arrival is always kept


class Content(NamedTuple):
    """What a request or a mail carried. `payload` is JSON data, `raw` the text as it came, `headers` have lower-case names."""

    payload: Any
    raw: str
    headers: dict[str, str]


class Arrival(NamedTuple):
    """One message that arrived. `number` counts from 1, `at` is ISO 8601 in UTC.

    `kind` is that of the channel that sends so. `title`, `summary` and `channel` are one line each, made fit to print.
    `channel` is the channel's name where the address that was written to has it, else "".
    `message_id` finds the message again where the service can change it; `replaces` is the number that it had before.
    `payload` is the JSON data, or for mail {"from", "to", "subject", "text", "html", "headers"} with `to` a list.
    """

    number: int
    kind: str
    at: str
    title: str
    summary: str
    payload: Any
    raw: str
    headers: dict[str, str]
    channel: str = ""
    message_id: str | None = None
    replaces: int | None = None


_CLOCK = Clock()  # the inbox is a server of its own, as good as an entrance: it has its own


def now() -> str:
    """The present in UTC, ISO 8601 with milliseconds."""
    return datetime.fromtimestamp(_CLOCK.time(), timezone.utc).isoformat(timespec="milliseconds")


def now_seconds() -> int:
    """The present in whole seconds since 1970, as services write it."""
    return int(_CLOCK.time())


class Arrivals:
    """The newest arrivals, oldest first. Safe to use from many threads; numbers never repeat."""

    def __init__(self, max_chars: int = KEPT_MAX_CHARS) -> None:
        self._changed = threading.Condition()
        self._kept: deque[Arrival] = deque(maxlen=KEPT_MAX)
        self._gone: list[int] = []
        self._max_chars, self._chars, self._total, self.closed = max_chars, 0, 0, False

    def add(self, kind: str, title: str, summary: str, content: Content, channel: str = "", message_id: str | None = None) -> Arrival:
        """Give the message its number and time, keep it, and wake those who wait. It takes the place of that with the same id."""
        with self._changed:
            self._total += 1
            known = next((each for each in self._kept if message_id and (each.kind, each.message_id) == (kind, message_id)), None)
            if known:
                self._kept.remove(known)
                self._chars -= len(known.raw)
            at, before = now().replace("+00:00", "Z"), known.number if known else None
            arrival = Arrival(self._total, kind, at, title, summary, *content, channel, message_id, before)
            if len(self._kept) == KEPT_MAX:
                self._chars -= len(self._kept.popleft().raw)
            self._kept.append(arrival)
            self._chars += len(arrival.raw)
            while self._chars > self._max_chars and len(self._kept) > 1:
                self._chars -= len(self._kept.popleft().raw)
            self._changed.notify_all()
        return arrival

    def remove(self, kind: str, message_id: str) -> None:
        """Let the message with that id go, and tell those who wait."""
        with self._changed:
            for known in [each for each in self._kept if (each.kind, each.message_id) == (kind, message_id)]:
                self._kept.remove(known)
                self._chars -= len(known.raw)
                self._gone.append(known.number)
            self._changed.notify_all()

    def gone(self, seen: int = 0) -> list[int]:
        """The numbers of the messages that were removed, without the first `seen` of them."""
        with self._changed:
            return self._gone[seen:]

    @property
    def total(self) -> int:
        """How many have arrived: the number of the newest."""
        with self._changed:
            return self._total

    def snapshot(self) -> list[Arrival]:
        """What is kept now, oldest first."""
        with self._changed:
            return list(self._kept)

    def get(self, number: int) -> Arrival | None:
        """The arrival of that number, or None where it is unknown or no longer kept."""
        return next((arrival for arrival in self.snapshot() if arrival.number == number), None)

    def messages(self, kind: str) -> dict[str, Any]:
        """The payloads of the messages of a kind that can be changed, by their ids."""
        return {arrival.message_id: arrival.payload for arrival in self.snapshot() if arrival.kind == kind and arrival.message_id}

    def after(self, number: int, seconds: float, gone: int = 0) -> list[Arrival]:
        """The arrivals with higher numbers, as soon as there is one or more than `gone` are gone; none after `seconds` or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._total > number or len(self._gone) > gone or self.closed, seconds)
            return [arrival for arrival in self._kept if arrival.number > number]

    def close(self) -> None:
        """Wake all who wait: nothing more will come."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()
