"""Deliver: the lanes, the budget, the retry loop.

A lane is one channel. Lanes run side by side, a lane's deliveries one after the other over one shared connection.
Each attempt, and the rendering before the first, runs in a thread of its own that is left behind when its time is over,
so that nothing a template or a server does (dripping, hanging, a name server that never answers) can hold the hook up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

from tocsin.attempt import NO_THREAD, Delivery, Limits, Means, Progress, Stop, attempt, defect
from tocsin.http import SharedConnection
from tocsin.network import Network
from tocsin.verdict import Delivered, Failed, Outcome, Retry, Skip, Verdict

if TYPE_CHECKING:
    from tocsin.clock import Clock

__all__ = ["Delivery", "Limits", "Stop", "deliver"]

LANES_MAX = 64
BACKOFF_BASE_SECONDS = 0.5  # the first pause is between 0 and this; it doubles with each attempt
BACKOFF_MAX_SECONDS = 8.0
PAUSE_MAX_SECONDS = 365 * 86400  # ours: a service may ask for a pause of any length; a longer one is as good as this
IN_FLIGHT_GRACE_SECONDS = 2.0  # after SIGINT or SIGTERM; GitHub kills 7.5 s after its SIGINT
FAREWELL_SECONDS = 1.0  # for a QUIT to be said

_Results: TypeAlias = "SimpleQueue[tuple[Progress, Outcome] | None]"


def deliver(
    deliveries: Sequence[Delivery],
    limits: Limits,
    network: Network,
    clock: Clock,
    stop: Stop | None = None,
    *,
    dry_run: bool = False,
) -> Iterator[Outcome]:
    """Render and deliver everything inside the limits: one outcome a delivery, as it ends. Never raises for what a service does.

    In a `dry_run` nothing is sent.
    """
    if not deliveries:
        return
    means = Means(limits, network, clock, stop or Stop(), dry_run)
    results: _Results = SimpleQueue()
    progresses = [Progress(delivery, clock) for delivery in deliveries]
    ended = _start_lanes(progresses, means, results)
    means.stop.wake = lambda: results.put(None)
    if means.stop.event.is_set():
        means.stop.wake()
    answered: set[Progress] = set()
    end = limits.deadline
    while len(answered) < len(progresses):
        try:
            arrival = clock.take(results, end - clock.monotonic())
        except Empty:
            break
        if arrival is None:
            end = min(end, clock.monotonic() + IN_FLIGHT_GRACE_SECONDS)
            continue
        progress, outcome = arrival
        answered.add(progress)
        yield outcome
    for progress in progresses:
        if progress not in answered:
            progress.close()
            yield progress.outcome(progress.unfinished(means.stop))
    _farewell(ended, min(end, clock.monotonic() + FAREWELL_SECONDS), clock)


def _farewell(ended: Sequence[SimpleQueue[None]], end: float, clock: Clock) -> None:
    """Give lanes a moment to close their connections in good order."""
    for worker in ended:
        try:
            clock.take(worker, end - clock.monotonic())
        except Empty:
            return


def _start_lanes(progresses: Sequence[Progress], means: Means, results: _Results) -> list[SimpleQueue[None]]:
    """Start the workers that take one lane after the other; for each the queue that gets an item when it has nothing more to do.

    Where the machine starts fewer than are wanted, those that run take all lanes.
    """
    channels: dict[str, list[Progress]] = {}
    for progress in progresses:
        channels.setdefault(progress.delivery.channel, []).append(progress)
    lanes: SimpleQueue[_Lane] = SimpleQueue()
    for channel in channels.values():
        lanes.put(_Lane(channel, means, results))
    ended: list[SimpleQueue[None]] = []
    for _ in range(min(LANES_MAX, len(channels))):
        done: SimpleQueue[None] = SimpleQueue()
        try:
            means.clock.start(partial(_work, lanes, done))
        except RuntimeError:
            break
        ended.append(done)
    if not ended:
        for progress in progresses:
            results.put((progress, progress.outcome(Failed(NO_THREAD))))
    return ended


def _work(lanes: SimpleQueue[_Lane], done: SimpleQueue[None]) -> None:
    try:
        while True:
            lanes.get_nowait().run()
    except Empty:
        done.put(None)


class _Lane:
    """One channel's deliveries: the one that may go first goes first; a pause of one never holds up another."""

    def __init__(self, progresses: Sequence[Progress], means: Means, results: _Results) -> None:
        self._waiting, self._means, self._results = list(progresses), means, results
        self._connection: SharedConnection[Any] = SharedConnection()

    def run(self) -> None:
        """Bring every delivery to its end. Nothing escapes: in a thread it would be lost, and with it the messages."""
        while self._waiting:
            progress = min(self._waiting, key=lambda candidate: candidate.not_before)
            try:
                end = self._turn(progress)
            except Exception as error:  # noqa: BLE001  it becomes an outcome
                end = defect(progress.delivery, error)
            if end:
                self._waiting.remove(progress)
                self._results.put((progress, progress.outcome(end)))
        self._connection.drop()

    def _turn(self, progress: Progress) -> Delivered | Failed | Skip | None:
        """One attempt, once its time has come; None where another follows."""
        clock, limits, stop = self._means.clock, self._means.limits, self._means.stop
        clock.wait(stop.event, progress.not_before - clock.monotonic())
        stopped = stop.event.is_set() and not self._means.dry_run  # that sends nothing, and goes on for the grace
        if stopped or clock.monotonic() >= limits.deadline:
            return progress.unfinished(stop)
        verdict, self._connection = attempt(progress, self._means, self._connection)
        return self._judge(progress, verdict)

    def _judge(self, progress: Progress, verdict: Verdict | Skip) -> Delivered | Failed | Skip | None:
        """What the verdict means for the delivery: its end, or None after the next attempt has been set."""
        clock, limits, stop = self._means.clock, self._means.limits, self._means.stop
        if not isinstance(verdict, Retry):
            return verdict
        progress.last = verdict.reason
        if progress.attempts >= limits.attempts:
            tries = f" (after {progress.attempts} attempts)" if progress.attempts > 1 else ""
            return Failed(f"{verdict.reason}{tries}")
        if stop.event.is_set():
            return progress.unfinished(stop)
        pause = back_off(progress.attempts, clock) if verdict.after is None else min(verdict.after, PAUSE_MAX_SECONDS)
        progress.not_before = clock.monotonic() + pause
        if progress.not_before >= limits.deadline:
            asked = "another attempt" if verdict.after is None else f"the service asks for a pause of {pause:.0f} s"
            return Failed(f"{verdict.reason}; {asked}, for which the budget has no room", "budget")
        return None


def back_off(attempts: int, clock: Clock) -> float:
    """Seconds to wait after so many attempts: exponential, with full jitter.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return clock.random() * min(BACKOFF_MAX_SECONDS, BACKOFF_BASE_SECONDS * 2.0 ** (attempts - 1))
