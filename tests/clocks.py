"""Clocks that stand where a test puts them, and one whose time goes by as fast as the program can run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from queue import SimpleQueue
from threading import Event, Semaphore, Thread, current_thread
from typing import TypeVar

from tocsin.clock import Clock

T = TypeVar("T")
STUCK_SECONDS = 60  # of real time, for a test that would never end


class StandingClock(Clock):
    """The day and hour stand still at an instant of ISO 8601; what measures durations goes on."""

    def __init__(self, at: str) -> None:
        self._at = datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return self._at


class LeapingClock(Clock):
    """Twenty seconds pass whenever it is looked at."""

    seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 20
        return self.seconds


class VirtualClock(Clock):
    """Time that stands still while anything runs, and jumps to the next thing waited for when nothing does.

    One thread runs at a time: the test's own, or one of those that were started by the clock. It runs until it waits by the clock
    or ends; then the first that has what it waits for goes on, else the one whose time is over first. So every run is the same.
    What a thread does outside of the clock (a real server's answer) takes no time. `at` is both zero of the monotonic seconds
    and seconds since 1970; `draws` are what `random` gives, the last one for ever; `rooms` is how many more threads the
    machine has room for.
    """

    def __init__(self, at: float = 1000.0, draws: Sequence[float] = (0.5,), rooms: int = 10_000) -> None:
        self.now, self.rooms, self._draws = at, rooms, list(draws)
        self._waiting: list[_Waiting] = []
        self._tests = current_thread()

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def random(self) -> float:
        return self._draws.pop(0) if len(self._draws) > 1 else self._draws[0]

    def sleep(self, seconds: float) -> None:
        """Let time go by."""
        self._until(lambda: False, seconds)

    def wait(self, event: Event, seconds: float) -> bool:
        self._until(event.is_set, seconds)
        return event.is_set()

    def take(self, queue: SimpleQueue[T], seconds: float) -> T:
        self._until(lambda: not queue.empty(), seconds)
        return queue.get_nowait()  # raises Empty

    def start(self, work: Callable[[], None]) -> None:
        if self.rooms <= 0:
            raise RuntimeError("can't start new thread")
        self.rooms -= 1
        turn = _Waiting(lambda: True, self.now)

        def run() -> None:
            turn.go.acquire()
            try:
                work()
            finally:
                self.rooms += 1
                self._next()

        self._waiting.append(turn)
        Thread(target=run, daemon=True).start()

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do `work` once so much time has gone by."""

        def run() -> None:
            self.sleep(seconds)
            work()

        self.start(run)

    def _until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Let others run until `ready`, or until `seconds` are over."""
        if ready() or seconds <= 0:
            return
        turn = _Waiting(ready, self.now + seconds)
        self._waiting.append(turn)
        self._next()
        if not turn.go.acquire(timeout=STUCK_SECONDS if current_thread() is self._tests else None):
            raise AssertionError("a thread runs for ever, or waits for what is not the clock's")

    def _next(self) -> None:
        """Give the turn to another, and time the hour that it waited for."""
        if self._waiting:
            turn = next((turn for turn in self._waiting if turn.ready()), None) or min(self._waiting, key=lambda turn: turn.until)
            if not turn.ready():
                self.now = max(self.now, turn.until)
            self._waiting.remove(turn)
            turn.go.release()


class _Waiting:
    """A thread that waits for its turn."""

    def __init__(self, ready: Callable[[], bool], until: float) -> None:
        self.ready, self.until, self.go = ready, until, Semaphore(0)
