"""The loop over the lanes: it begins attempts where there is room, gives up those that outlive their time, and judges the rest.

A lane is one channel. Lanes run side by side, a lane's deliveries one after the other over one shared connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from heapq import heappop, heappush
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Any, TypeAlias

from tocsin.attempt import NO_THREAD, Attempt, Progress, defect
from tocsin.delivery import Means
from tocsin.shared_connection import SharedConnection
from tocsin.verdict import Delivered, Failed, Outcome, Retry, Skip, Verdict

if TYPE_CHECKING:
    from tocsin.clock import Clock

ATTEMPTS_MAX = 64  # at once
BACKOFF_BASE_SECONDS = 0.5  # the first pause is between 0 and this; it doubles with each attempt
BACKOFF_MAX_SECONDS = 8.0
PAUSE_MAX_SECONDS = 365 * 86400.0  # ours: a service may ask for a pause of any length; a longer one is as good as this
THREAD_TRIES = 3  # ours: where not one thread starts, the machine is full of others', which may end
THREAD_PAUSE_SECONDS = 0.5

Results: TypeAlias = "SimpleQueue[tuple[Progress, Outcome] | None]"
Happening: TypeAlias = "tuple[Attempt, Verdict | Skip] | Progress | None"  # an attempt's end, a delivery to add; None wakes


class Lane:
    """One channel's deliveries, and the connection that they share. The one that may go first goes first."""

    def __init__(self, progresses: Sequence[Progress]) -> None:
        self._waiting = [(progress.not_before, number, progress) for number, progress in enumerate(progresses)]  # a heap
        self._last = len(progresses)
        self.connection: SharedConnection[Any] = SharedConnection()

    @property
    def not_before(self) -> float | None:
        """When the next attempt may begin, None where no delivery waits."""
        return self._waiting[0][0] if self._waiting else None

    def pop(self) -> Progress:
        """The delivery that may go first."""
        return heappop(self._waiting)[2]

    def push(self, progress: Progress) -> None:
        """Let a delivery wait for its next attempt, behind those that may go at the same time."""
        self._last += 1
        heappush(self._waiting, (progress.not_before, self._last, progress))


class Loop:
    """Begins attempts where there is room, and judges them; a loop that `grows` takes in more until it is closed."""

    def __init__(self, progresses: Sequence[Progress], means: Means, results: Results, *, grows: bool = False) -> None:
        self._progresses, self._means, self._results, self._grows = [*progresses], means, results, grows
        self._events: SimpleQueue[Happening] = SimpleQueue()
        self._running: dict[Attempt, Lane] = {}
        self._room = ATTEMPTS_MAX  # less where the machine starts no more threads
        self._refused, self._not_before = 0, 0.0
        self._closed = Event()
        self._ended: SimpleQueue[None] = SimpleQueue()
        self._farewells = 0
        self._farewell: SimpleQueue[None] = SimpleQueue()
        channels: dict[str, list[Progress]] = {}
        for progress in progresses:
            channels.setdefault(progress.delivery.channel, []).append(progress)
        self._lanes = {name: Lane(channel) for name, channel in channels.items()}
        self._due = [(0.0, number, lane) for number, lane in enumerate(self._lanes.values())]  # a heap
        self._last = len(channels)

    def add(self, progress: Progress) -> None:
        """Take in one more delivery, from another thread."""
        self._events.put(progress)

    def wake(self) -> None:
        """Let both threads see that the end was asked for; may be called from a signal handler."""
        self._results.put(None)
        self._events.put(None)

    def close(self) -> None:
        """Begin nothing more."""
        self._closed.set()
        self._events.put(None)

    def wait(self, end: float) -> None:
        """Wait until all connections are closed in good order, not past `end`."""
        with suppress(Empty):
            self._means.clock.take(self._ended, end - self._means.clock.monotonic())

    def run(self) -> None:
        """Bring every delivery to its end. Nothing escapes: in a thread it would be lost, and with it the messages."""
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001  it becomes outcomes
            for progress in self._progresses:
                progress.close()
                self._results.put((progress, progress.outcome(defect(progress.delivery, error))))
        self._ended.put(None)

    def _run(self) -> None:
        """Until all have ended, or the time is over: what has no end then is the main thread's."""
        clock, means = self._means.clock, self._means
        while (self._due or self._running or self._grows) and clock.monotonic() < means.limits.deadline and not self._closed.is_set():
            if means.stop.event.is_set() and not means.dry_run:  # a dry run sends nothing, and goes on for the grace
                self._end_waiting()
            self._begin()
            self._take()
        with suppress(Empty):
            for _ in range(self._farewells):
                clock.take(self._farewell, means.limits.deadline - clock.monotonic())

    def _begin(self) -> None:
        """Begin what is due, as far as there is room: the machine may have less than we would take."""
        now = self._means.clock.monotonic()
        while self._due and max(self._due[0][0], self._not_before) <= now and len(self._running) < self._room:
            lane = heappop(self._due)[2]
            attempt = Attempt(lane.pop(), self._means, lane.connection)
            try:
                attempt.start(self._events)
                self._running[attempt], self._refused = lane, 0
            except RuntimeError:
                self._next(lane, attempt.progress, self._no_thread())

    def _no_thread(self) -> Failed | None:
        """No thread for an attempt: it waits for one that ends, of ours or of others; where that takes too long, it is its end."""
        self._room = max(1, len(self._running))
        if self._running:
            return None
        self._refused += 1
        if self._refused >= THREAD_TRIES:
            return Failed(NO_THREAD)
        self._not_before = self._means.clock.monotonic() + THREAD_PAUSE_SECONDS
        return None

    def _take(self) -> None:
        """Take the next verdict, or give up what is late, whichever comes first."""
        clock = self._means.clock
        moments = [self._means.limits.deadline, *(attempt.until for attempt in self._running)]
        if self._due and len(self._running) < self._room:
            moments.append(max(self._due[0][0], self._not_before))
        try:
            event = clock.take(self._events, min(moments) - clock.monotonic())
        except Empty:
            for attempt in [attempt for attempt in self._running if attempt.until <= clock.monotonic()]:
                self._running[attempt].connection = SharedConnection()  # the old one is lost with the attempt
                self._end(attempt, attempt.give_up(), in_doubt=attempt.transport.sent)
            return
        if isinstance(event, Progress):
            self._add(event)
        elif event and event[0] in self._running:
            self._end(*event, in_doubt=event[0].transport.in_doubt)

    def _add(self, progress: Progress) -> None:
        self._progresses.append(progress)
        lane = self._lanes.setdefault(progress.delivery.channel, Lane(()))
        idle = lane.not_before is None and lane not in self._running.values()
        lane.push(progress)
        if idle:
            lane.connection = SharedConnection()
            self._let_wait(lane)

    def _end(self, attempt: Attempt, verdict: Verdict | Skip, *, in_doubt: bool) -> None:
        """Act on what came of an attempt."""
        progress, lane = attempt.progress, self._running.pop(attempt)
        self._room = min(ATTEMPTS_MAX, self._room + 1)
        progress.end(verdict.reason if isinstance(verdict, Retry) else None, in_doubt=in_doubt)
        self._next(lane, progress, progress.or_anew(self._judge(progress, verdict), self._means.stop))

    def _next(self, lane: Lane, progress: Progress, end: Delivered | Failed | Skip | None) -> None:
        """Tell of a delivery's end, or let it wait for another attempt; and its lane for whatever is next in it."""
        if end:
            try:
                outcome = progress.outcome(end)
            except Exception as error:  # noqa: BLE001  it becomes an outcome
                outcome = progress.outcome(defect(progress.delivery, error))
            self._results.put((progress, outcome))
        else:
            lane.push(progress)
        if lane.not_before is not None:
            self._let_wait(lane)
        elif lane.connection.made:
            self._say_farewell(lane)

    def _let_wait(self, lane: Lane) -> None:
        self._last += 1
        heappush(self._due, (lane.not_before or 0.0, self._last, lane))

    def _say_farewell(self, lane: Lane) -> None:
        """Close a connection in good order, apart: a server may take its time."""

        def work() -> None:
            try:
                lane.connection.drop()
            finally:
                self._farewell.put(None)

        with suppress(RuntimeError):
            self._means.clock.start(work)
            self._farewells += 1

    def _end_waiting(self) -> None:
        """The end was asked for: nothing is tried again, and nothing begins."""
        lanes = [lane for _, _, lane in self._due]
        self._due = []
        for lane in (*lanes, *self._running.values()):
            while lane.not_before is not None:
                progress = lane.pop()
                self._results.put((progress, progress.outcome(progress.unfinished(self._means.stop))))
        for lane in lanes:
            if lane.connection.made:
                self._say_farewell(lane)

    def _judge(self, progress: Progress, verdict: Verdict | Skip) -> Delivered | Failed | Skip | None:
        """What the verdict means for the delivery: its end, or None where another attempt follows."""
        clock, limits, stop = self._means.clock, self._means.limits, self._means.stop
        if not isinstance(verdict, Retry):
            return verdict
        if progress.tries >= limits.attempts:
            tries = f" (after {progress.tries} attempts)" if progress.tries > 1 else ""
            return Failed(f"{verdict.reason}{tries}")
        if stop.event.is_set():
            return progress.unfinished(stop)
        named = named_pause(verdict.after)
        pause = back_off(progress.tries, clock) if named is None else named
        progress.not_before = clock.monotonic() + pause
        if progress.not_before >= limits.deadline:
            asked = "another attempt" if named is None else f"the service asks for a pause of {pause:.0f} s"
            return Failed(f"{verdict.reason}; {asked}, for which the budget has no room", "budget")
        return None


def named_pause(after: Any) -> float | None:
    """The pause in seconds that a service names, None for what is no length of time: its answer may say anything."""
    try:
        return None if after != after else float(max(0.0, min(after, PAUSE_MAX_SECONDS)))  # noqa: PLR0124  NaN; a huge int is no float
    except (TypeError, ValueError):
        return None


def back_off(attempts: int, clock: Clock) -> float:
    """Seconds to wait after so many attempts: exponential, with full jitter.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return clock.random() * min(BACKOFF_MAX_SECONDS, BACKOFF_BASE_SECONDS * 2.0 ** (attempts - 1))
