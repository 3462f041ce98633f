"""Deliver: the lanes, the budget, the retry loop.

A lane is one channel. Lanes run side by side, a lane's deliveries one after the other over one shared
connection. Each attempt runs in a thread of its own that is left behind when its time is over, so that
nothing a server does (dripping, hanging, a name server that never answers) can hold the hook up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeAlias

from tocsin.channels import Channel
from tocsin.http import Kept, Transport
from tocsin.network import Network, NoAnswer
from tocsin.verdict import Delivered, Failed, Outcome, Retry, Verdict

LANES_MAX = 64
BACKOFF_BASE_SECONDS = 0.5  # the first pause is between 0 and this; it doubles with each attempt
BACKOFF_MAX_SECONDS = 8.0
IN_FLIGHT_GRACE_SECONDS = 2.0  # after SIGINT or SIGTERM; GitHub kills 7.5 s after its SIGINT
FAREWELL_SECONDS = 1.0  # for a QUIT to be said
ABANDON_AFTER_SECONDS = 0.25  # past its deadline: the attempt's own time-out has the better words


class Delivery(NamedTuple):
    """One rendered message on its way to one destination. `key` is the same in every repetition."""

    channel: str
    kind: str
    recipient: str
    rules: tuple[str, ...]
    module: Channel
    options: Any
    payload: Any
    key: str


class Limits(NamedTuple):
    """`timeout` in seconds for one attempt, `deadline` on `time.monotonic`'s clock for all, `attempts` for one delivery."""

    timeout: float
    deadline: float
    attempts: int


class Stop:
    """A wish to end early, with its reason; `request` may be called from a signal handler.

    `listening` is set by whoever will act on it; until then a signal may end the process at once.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self.reason: str | None = None
        self.wake: Callable[[], None] = lambda: None
        self.listening = False

    def request(self, reason: str) -> None:
        """End: no more retries, a short grace for what is in flight."""
        self.reason = self.reason or reason
        self.event.set()
        self.wake()


class _Progress:
    """How far one delivery has come; read by the main thread when it must end without an answer."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.attempts = 0
        self.first_at = 0.0
        self.not_before = 0.0
        self.last: str | None = None

    def outcome(self, verdict: Delivered | Failed) -> Outcome:
        """The row of the report, once it is known how the delivery ended."""
        receipt = dict(verdict.receipt) or None if isinstance(verdict, Delivered) else None
        return Outcome(
            channel=self.delivery.channel,
            kind=self.delivery.kind,
            recipient=self.delivery.recipient,
            rules=self.delivery.rules,
            outcome="delivered" if isinstance(verdict, Delivered) else "failed",
            reason=None if isinstance(verdict, Delivered) else verdict.reason,
            attempts=self.attempts,
            seconds=round(time.monotonic() - self.first_at, 3) if self.attempts else 0.0,
            receipt=receipt,
        )


_Results: TypeAlias = "SimpleQueue[tuple[_Progress, Outcome] | None]"


def deliver(
    deliveries: Sequence[Delivery],
    limits: Limits,
    network: Network,
    stop: Stop | None = None,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Deliver everything inside the limits; one outcome a delivery, in the order given. Never raises for what a service does.

    `on_outcome` is called in the caller's thread as each delivery ends.
    """
    stop = stop or Stop()
    results: _Results = SimpleQueue()
    progresses = [_Progress(delivery) for delivery in deliveries]
    lanes = _start_lanes(progresses, limits, network, stop, results)
    stop.wake = lambda: results.put(None)
    if stop.event.is_set():
        stop.wake()
    outcomes: dict[_Progress, Outcome] = {}
    end = limits.deadline
    while len(outcomes) < len(progresses):
        try:
            arrival = results.get(timeout=max(0.0, end - time.monotonic()))
        except Empty:
            break
        if arrival is None:
            end = min(end, time.monotonic() + IN_FLIGHT_GRACE_SECONDS)
            continue
        progress, outcome = arrival
        outcomes[progress] = outcome
        on_outcome(outcome)
    for progress in progresses:
        if progress not in outcomes:
            outcomes[progress] = progress.outcome(Failed(_unfinished(progress, stop)))
            on_outcome(outcomes[progress])
    _farewell(lanes, end)
    return [outcomes[progress] for progress in progresses]


def _unfinished(progress: _Progress, stop: Stop) -> str:
    """Why a delivery ended without an answer, and what was last heard of it."""
    why = stop.reason or "the budget is used up"
    if progress.last:
        return f"{why}; last answer: {progress.last}"
    return f"{why} before an answer came; it may have been delivered" if progress.attempts else f"{why} before it was sent"


def _farewell(lanes: list[threading.Thread], end: float) -> None:
    """Give lanes a moment to close their connections in good order."""
    end = min(end, time.monotonic() + FAREWELL_SECONDS)
    for lane in lanes:
        lane.join(max(0.0, end - time.monotonic()))


def _start_lanes(progresses: list[_Progress], limits: Limits, network: Network, stop: Stop, results: _Results) -> list[threading.Thread]:
    lanes: dict[str, list[_Progress]] = {}
    for progress in progresses:
        lanes.setdefault(progress.delivery.channel, []).append(progress)
    waiting: SimpleQueue[list[_Progress]] = SimpleQueue()
    for lane in lanes.values():
        waiting.put(lane)

    def work() -> None:
        while True:
            try:
                lane = waiting.get_nowait()
            except Empty:
                return
            _run_lane(lane, limits, network, stop, results)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(LANES_MAX, len(lanes)))]
    for thread in threads:
        thread.start()
    return threads


def _run_lane(lane: list[_Progress], limits: Limits, network: Network, stop: Stop, results: _Results) -> None:
    """One channel's deliveries: the one that may go first goes first; a pause of one never holds up another."""
    kept = Kept()
    waiting = list(lane)
    while waiting:
        progress = min(waiting, key=lambda candidate: candidate.not_before)
        stop.event.wait(max(0.0, progress.not_before - time.monotonic()))
        if stop.event.is_set():
            final: Delivered | Failed | None = Failed(_unfinished(progress, stop))
        else:
            verdict, kept = _attempt(progress, limits, network, kept)
            final = _judge(progress, verdict, limits, stop)
        if final:
            waiting.remove(progress)
            results.put((progress, progress.outcome(final)))
    kept.drop()


def _attempt(progress: _Progress, limits: Limits, network: Network, kept: Kept) -> tuple[Verdict, Kept]:
    """One attempt, in a thread that is left behind if it outlives its time; then what it kept open is lost with it."""
    now = time.monotonic()
    progress.first_at = progress.first_at or now
    progress.attempts += 1
    progress.last = None
    transport = Transport(network, progress.delivery.key, min(now + limits.timeout, limits.deadline), kept)
    answer: SimpleQueue[Verdict] = SimpleQueue()
    threading.Thread(target=lambda: answer.put(_send(progress.delivery, transport)), daemon=True).start()
    try:
        return answer.get(timeout=transport.remaining() + ABANDON_AFTER_SECONDS), kept
    except Empty:
        if transport.not_repeatable:
            return Failed(transport.not_repeatable), Kept()
        return Retry(f"no answer within {limits.timeout:g} s"), Kept()


def _send(delivery: Delivery, transport: Transport) -> Verdict:
    try:
        return delivery.module.send(delivery.payload, delivery.options, transport)
    except NoAnswer as error:
        return Retry(error.reason) if error.retry else Failed(error.reason)
    except Exception as error:  # noqa: BLE001  a thread's exception would be lost, and with it the message: it becomes an outcome
        return Failed(f"a defect of tocsin, please report it: {type(error).__name__} in the {delivery.kind} channel")


def _judge(progress: _Progress, verdict: Verdict, limits: Limits, stop: Stop) -> Delivered | Failed | None:
    """What the verdict means for the delivery: its end, or None after the next attempt has been set."""
    if not isinstance(verdict, Retry):
        return verdict
    progress.last = verdict.reason
    if progress.attempts >= limits.attempts:
        tries = f" (after {progress.attempts} attempts)" if progress.attempts > 1 else ""
        return Failed(f"{verdict.reason}{tries}")
    if stop.event.is_set():
        return Failed(_unfinished(progress, stop))
    pause = back_off(progress.attempts) if verdict.after is None else verdict.after
    progress.not_before = time.monotonic() + pause
    if progress.not_before >= limits.deadline:
        asked = f"the service asks for a pause of {verdict.after:.0f} s" if verdict.after is not None else "another attempt"
        return Failed(f"{verdict.reason}; {asked}, for which the budget has no room")
    return None


def back_off(attempts: int) -> float:
    """Seconds to wait after so many attempts: exponential, with full jitter."""
    from random import uniform

    return uniform(0.0, min(BACKOFF_MAX_SECONDS, BACKOFF_BASE_SECONDS * 2.0 ** (attempts - 1)))  # noqa: S311  no secret depends on it
