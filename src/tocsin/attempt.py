"""One delivery on its way: what is sent, how far it has come, and one attempt at it."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.http import SharedConnection, Transport
from tocsin.network import Network, NoAnswer
from tocsin.templates import TemplateProblem
from tocsin.verdict import Delivered, Failed, Outcome, Retry, Skip, Verdict

if TYPE_CHECKING:
    from tocsin.channels import Channel
    from tocsin.clock import Clock
    from tocsin.message import Message

ABANDON_AFTER_SECONDS = 0.25  # past its deadline: the attempt's own time-out has the better words
NO_THREAD = "this machine starts no more threads: raise its limit of processes (pids), or run fewer at once"
DRY_RUN = "dry run: it would have been sent"


class Delivery(NamedTuple):
    """One message on its way to one destination, rendered in its lane. `key` is the same in every repetition."""

    channel: str
    kind: str
    recipient: str
    rules: tuple[str, ...]
    module: Channel
    options: Any
    message: Message
    key: str
    redact: Callable[[str], str] = str  # masks what is secret


class Limits(NamedTuple):
    """`timeout` in seconds for one attempt, `deadline` on the clock's monotonic seconds for all, `attempts` for one delivery."""

    timeout: float
    deadline: float
    attempts: int


class Stop:
    """A wish to end early, with its reason; `request` may be called from a signal handler.

    `listening` is set by whoever will act on it; until then a signal may end the process at once.
    """

    def __init__(self) -> None:
        self.event = Event()
        self.reason: str | None = None
        self.wake: Callable[[], None] = lambda: None
        self.listening = False

    def request(self, reason: str) -> None:
        """End: no more retries, a short grace for what is in flight."""
        self.reason = self.reason or reason
        self.event.set()
        self.wake()


class Means(NamedTuple):
    """What all lanes work with. In a `dry_run` everything is rendered and nothing sent."""

    limits: Limits
    network: Network
    clock: Clock
    stop: Stop
    dry_run: bool = False


class Progress:
    """How far one delivery has come. The lane moves it on; the main thread ends it where no answer comes."""

    def __init__(self, delivery: Delivery, clock: Clock) -> None:
        self.delivery, self.attempts = delivery, 0
        self.started_at: float | None = None  # rendering is a part of the first attempt
        self.not_before = 0.0
        self.last: str | None = None
        self._clock, self._lock = clock, Lock()
        self._closed, self._rendered, self._payload = False, False, None

    def payload(self) -> Any:
        """What is sent, rendered at first. Raises TemplateProblem."""
        if not self._rendered:
            self._payload = self.delivery.module.render(self.delivery.message, self.delivery.options)
            self._rendered = True
        return self._payload

    def begin(self, transport: Transport) -> bool:
        """Count an attempt that sends now; False where it may not: its time is over, or the delivery has ended without it."""
        with self._lock:
            if self._closed or transport.expired():
                return False
            self.attempts, self.last = self.attempts + 1, None
            return True

    def close(self) -> None:
        """No attempt begins from now on: what is called not sent is not sent."""
        with self._lock:
            self._closed = True

    def unfinished(self, stop: Stop) -> Failed:
        """The end without an answer: why, and what was last heard of it."""
        if self.last:
            when = f"; last answer: {self.last}"
        elif self.attempts:
            when = " before an answer came; it may have been delivered"
        else:
            when = " before it was sent" if self._rendered or self.started_at is None else " while its payload was rendered"
        return Failed(f"{stop.reason or 'the budget is used up'}{when}", "interrupted" if stop.reason else "budget")

    def outcome(self, verdict: Delivered | Failed | Skip) -> Outcome:
        """The row of the report, once it is known how the delivery ended."""
        delivered = isinstance(verdict, Delivered)
        return Outcome(
            channel=self.delivery.channel,
            kind=self.delivery.kind,
            recipient=self.delivery.recipient,
            rules=self.delivery.rules,
            outcome="delivered" if delivered else "skipped" if isinstance(verdict, Skip) else "failed",
            reason=None if isinstance(verdict, Delivered) else verdict.reason,
            attempts=self.attempts,
            seconds=round(self._clock.monotonic() - (self.started_at or 0.0), 3) if self.attempts else 0.0,
            cause=None if isinstance(verdict, Delivered) else verdict.cause,
            receipt=(dict(verdict.receipt) or None) if isinstance(verdict, Delivered) else None,
        )


def attempt(progress: Progress, means: Means, connection: SharedConnection[Any]) -> tuple[Verdict | Skip, SharedConnection[Any]]:
    """One attempt, in a thread that is left behind if it outlives its time; then the connection is lost with it, and a new one given."""
    clock, limits = means.clock, means.limits
    now = clock.monotonic()
    if progress.started_at is None:
        progress.started_at = now
    transport = Transport(
        means.network, progress.delivery.key, min(now + limits.timeout, limits.deadline), clock, connection, progress.delivery.redact
    )
    answer: SimpleQueue[Verdict | Skip] = SimpleQueue()
    try:
        clock.start(lambda: answer.put(_send(progress, means, transport)))
    except RuntimeError:
        return Failed(NO_THREAD), connection
    try:
        return clock.take(answer, transport.remaining() + ABANDON_AFTER_SECONDS), connection
    except Empty:
        return _late(progress, means, transport), SharedConnection()


def _send(progress: Progress, means: Means, transport: Transport) -> Verdict | Skip:
    delivery = progress.delivery
    try:
        payload = progress.payload()
        if means.dry_run:
            return Skip(DRY_RUN, "dry_run")
        if not progress.begin(transport):
            return _late(progress, means, transport)
        return delivery.module.send(payload, delivery.options, transport)
    except TemplateProblem as error:
        return Failed(f"the payload cannot be rendered: {error}", "payload")
    except NoAnswer as error:
        return Retry(error.reason) if error.retry else Failed(error.reason)
    except Exception as error:  # noqa: BLE001  a thread's exception would be lost, and with it the message: it becomes an outcome
        return defect(delivery, error)


def _late(progress: Progress, means: Means, transport: Transport) -> Verdict:
    """What an attempt comes to whose time is over."""
    if transport.not_repeatable:
        return Failed(transport.not_repeatable)
    if progress.attempts:
        return Retry(f"no answer within {means.limits.timeout:g} s")
    return Failed("the payload cannot be rendered in time: let its templates loop over less", "payload")


def defect(delivery: Delivery, error: Exception) -> Failed:
    """The outcome of what nobody foresaw. An exception's own words could hold a secret."""
    return Failed(f"a defect of tocsin, please report it: {type(error).__name__} in the {delivery.kind} channel", "defect")
