"""Deliver: everything to its end, inside the budget.

Three kinds of thread take part: the caller's, which has the last word and tells of each end; the loop's (`lanes`), which begins attempts
and judges them; and one for each attempt, which is left behind when its time is over, so that nothing a template or a server does
(dripping, hanging, a name server that never answers) can hold the hook up. What has been given up sends nothing more: `Transport.commit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from tocsin.attempt import NO_THREAD, Progress
from tocsin.delivery import Delivery, Limits, Means, Stop
from tocsin.lanes import Loop, Results
from tocsin.network import Network
from tocsin.verdict import Failed, Outcome

if TYPE_CHECKING:
    from tocsin.clock import Clock

__all__ = ["Delivery", "Limits", "Stop", "deliver"]

IN_FLIGHT_GRACE_SECONDS = 2.0  # after SIGINT or SIGTERM; GitHub kills 7.5 s after its SIGINT
FAREWELL_SECONDS = 1.0  # for a QUIT to be said


def deliver(
    deliveries: Sequence[Delivery],
    limits: Limits,
    network: Network,
    clock: Clock,
    stop: Stop | None = None,
    *,
    dry_run: bool = False,
    more: list[Delivery] | None = None,
) -> Iterator[Outcome]:
    """Render and deliver everything inside the limits: one outcome a delivery, as it ends. Never raises for what a service does.

    In a `dry_run` nothing is sent. Whoever takes the outcomes may put further deliveries into `more` after each.
    """
    if not deliveries:
        return
    means = Means(limits, network, clock, stop or Stop(), {}, dry_run)
    results: Results = SimpleQueue()
    progresses = [Progress(delivery, clock) for delivery in deliveries]
    loop = Loop(progresses, means, results, grows=more is not None)
    try:
        clock.start(loop.run)
    except RuntimeError:
        yield from (progress.outcome(Failed(NO_THREAD)) for progress in progresses)
        yield from (progress.outcome(Failed(NO_THREAD)) for progress in _taken(more, clock))
        return
    means.stop.wake = loop.wake
    if means.stop.event.is_set():
        loop.wake()
    unanswered, end = dict.fromkeys(progresses), limits.deadline
    while unanswered:
        try:
            arrival = clock.take(results, end - clock.monotonic())
        except Empty:
            break
        if arrival is None:
            end = min(end, clock.monotonic() + IN_FLIGHT_GRACE_SECONDS)
            continue
        if arrival[0] in unanswered:
            del unanswered[arrival[0]]
            yield arrival[1]
            for progress in _taken(more, clock):
                unanswered[progress] = None
                loop.add(progress)
    yield from _unfinished(unanswered, means.stop, results)
    yield from (progress.outcome(progress.unfinished(means.stop)) for progress in _taken(more, clock))
    loop.close()
    loop.wait(min(end, clock.monotonic() + FAREWELL_SECONDS))


def _taken(more: list[Delivery] | None, clock: Clock) -> Iterator[Progress]:
    """What was put into `more`, also while it is taken out."""
    while more:
        yield Progress(more.pop(0), clock)


def _unfinished(unanswered: dict[Progress, None], stop: Stop, results: Results) -> Iterator[Outcome]:
    """The rows of what has no answer when the time is over: all of it is ended before the first row is written."""
    for progress in unanswered:
        progress.close()
    while not results.empty():  # what came at the last moment
        arrival = results.get_nowait()
        if arrival and arrival[0] in unanswered:
            del unanswered[arrival[0]]
            yield arrival[1]
    yield from (progress.outcome(progress.unfinished(stop)) for progress in unanswered)
