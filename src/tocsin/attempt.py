"""One delivery on its way: how far it has come, and one attempt at it."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any

from tocsin.channels import rendered
from tocsin.http import Transport
from tocsin.network import NoAnswer
from tocsin.shared_connection import SharedConnection
from tocsin.templates import TemplateProblem
from tocsin.verdict import Delivered, Failed, Outcome, Retry, Skip, Verdict

if TYPE_CHECKING:
    from tocsin.channels import Rendered
    from tocsin.clock import Clock
    from tocsin.delivery import Delivery, Means, Stop
    from tocsin.message import Message

ABANDON_AFTER_SECONDS = 0.25  # past its deadline: the attempt's own time-out has the better words
NO_THREAD = "this machine starts no more threads: raise its limit of processes (pids), or run fewer at once"
DEFAULT_WORDS = "with the default words where the policy's own failed"
DRY_RUN = "dry run: it would have been sent"
IN_DOUBT = "it may have been delivered"
ANEW = "sent as a new message"


class Progress:
    """How far one delivery has come. The loop moves it on; the main thread ends it where no answer comes."""

    def __init__(self, delivery: Delivery, clock: Clock) -> None:
        self.delivery, self.attempts = delivery, 0
        self.started_at: float | None = None  # rendering is a part of the first attempt
        self.not_before = 0.0
        self.last: str | None = None  # what came of the attempt before
        self._in_doubt = False  # an attempt before went out without an answer
        self._clock, self._lock = clock, Lock()
        self._closed, self._under_way = False, False
        self._told: Rendered | None = None
        self._note: str | None = None  # what is to be said of a message that was delivered
        self._transport: Transport | None = None  # of the attempt under way
        self.earlier, self._why_new = delivery.follow_up
        self._attempts_before = 0

    @property
    def tries(self) -> int:
        """The attempts at what is tried now: the change of a message, or a new one."""
        return self.attempts - self._attempts_before

    def or_anew(self, end: Delivered | Failed | Skip | None, stop: Stop) -> Delivered | Failed | Skip | None:
        """The end, or None where a new message takes the place of a change that failed: none is lost because another cannot be changed."""
        if (
            not isinstance(end, Failed)
            or not self.earlier
            or self.earlier.named
            or not self.attempts
            or self._closed
            or stop.event.is_set()
        ):
            return end
        self.earlier, self._why_new, self._attempts_before = None, end.reason, self.attempts
        self.not_before = self._clock.monotonic()
        return None

    def _said(self, verdict: Delivered) -> str | None:
        """What is said of a message that was delivered."""
        return "; ".join(filter(None, (f"{ANEW}: {self._why_new}" if self._why_new else None, verdict.note, self._note))) or None

    def told(self, addressed: Callable[[], tuple[Message, str | None]]) -> Rendered:
        """What is sent: the message that is `addressed`, rendered at first. Raises TemplateProblem."""
        if self._told is None:
            message, unknown = addressed()
            told = rendered(self.delivery.module, message, self.delivery.words, self.delivery.options)
            if told.error:
                raise told.error
            default = f"{DEFAULT_WORDS}: {'; '.join(told.problems)}" if told.problems else None
            self._note = "; ".join(filter(None, (unknown, default))) or None
            self._told = told
        return self._told

    def begin(self, transport: Transport) -> bool:
        """Count an attempt that begins now; False where it may not: its time is over, or the delivery has ended without it."""
        with self._lock:
            if self._closed or not transport.open():
                return False
            self.attempts, self._transport = self.attempts + 1, transport
            return True

    def end(self, reason: str | None, *, in_doubt: bool) -> None:
        """The attempt under way is over: `reason` is why another follows or it failed, `in_doubt` whether its message may arrive."""
        with self._lock:
            self._transport = None
            self.last = f"attempt {self.attempts}: {reason}" if reason else None
            self._in_doubt |= in_doubt

    def close(self) -> None:
        """Nothing begins to go out from now on: what is called not sent is not sent."""
        with self._lock:
            self._closed = True
            self._under_way = self._transport is not None and self._transport.give_up()
            self._in_doubt |= self._under_way

    def unfinished(self, stop: Stop) -> Failed:
        """The end without an answer: why, and what came of the attempt before."""
        if self._under_way:
            when = " before an answer came"
        elif self.started_at is not None and self._told is None:
            when = " while its payload was rendered"
        else:
            when = "" if self.last else " before it was sent"
        last = f"; {self.last}" if self.last else ""
        return Failed(f"{stop.reason or 'the budget is used up'}{when}{last}", "interrupted" if stop.reason else "budget")

    def outcome(self, verdict: Delivered | Failed | Skip) -> Outcome:
        """The row of the report, once it is known how the delivery ended. What was rendered goes: thousands would stay to the end."""
        self._closed, self._told = True, None
        delivered = isinstance(verdict, Delivered)
        reason = self._said(verdict) if isinstance(verdict, Delivered) else verdict.reason
        if reason and not delivered and self._in_doubt and IN_DOUBT not in reason:  # a channel has said it in words of its own
            reason = f"{reason}; {IN_DOUBT}"
        return Outcome(
            channel=self.delivery.channel,
            kind=self.delivery.kind,
            recipient=self.delivery.recipient,
            rules=self.delivery.rules,
            outcome="delivered" if delivered else "skipped" if isinstance(verdict, Skip) else "failed",
            reason=reason,
            attempts=self.attempts,
            seconds=round(self._clock.monotonic() - (self.started_at or 0.0), 3) if self.attempts else 0.0,
            cause=None if isinstance(verdict, Delivered) else verdict.cause,
            receipt=(dict(verdict.receipt) or None) if isinstance(verdict, Delivered) else None,
            in_doubt=self._in_doubt and not delivered,
            text=verdict.text if isinstance(verdict, Skip) else (),
        )


class Attempt:
    """One attempt, in a thread that is left behind if it outlives its time. `ended` gets the attempt and its verdict."""

    def __init__(self, progress: Progress, means: Means, connection: SharedConnection[Any]) -> None:
        """Begin nothing yet: `start` does."""
        now = means.clock.monotonic()
        self.progress, self._means = progress, means
        deadline = min(now + means.limits.timeout, means.limits.deadline)
        self.transport = Transport(means.network, progress.delivery.key, deadline, means.clock, connection, progress.delivery.redact)
        self.until = deadline + ABANDON_AFTER_SECONDS

    def start(self, ended: SimpleQueue[Any]) -> None:
        """Start the thread. Raises RuntimeError where the machine has no room for one more."""
        if self.progress.started_at is None:
            self.progress.started_at = self._means.clock.monotonic()
        self._means.clock.start(lambda: ended.put((self, self._send())))

    def give_up(self) -> Verdict:
        """What an attempt comes to whose time is over: nothing of it goes out any more, unless it has begun to."""
        self.transport.give_up()
        if self.transport.not_repeatable:
            return Failed(self.transport.not_repeatable)
        if self.progress.attempts:
            return Retry(f"no answer within {self._means.limits.timeout:g} s")
        return Failed("the payload cannot be rendered in time: let its templates loop over less", "payload")

    def _send(self) -> Verdict | Skip:
        """Render at first, and send. Never raises: in a thread that would be lost, and with it the message."""
        delivery, transport = self.progress.delivery, self.transport
        try:
            told = self.progress.told(self._addressed)
            if self._means.dry_run:
                return Skip(DRY_RUN, "dry_run", tuple(told.lines(delivery.kind)))
            if not self.progress.begin(transport):
                return self.give_up()
            verdict = self._sent(told.payload, transport)
            return verdict if isinstance(verdict, (Delivered, Retry, Failed)) else defect(delivery, TypeError())
        except TemplateProblem as error:
            return Failed(f"the payload cannot be rendered: {error}", "payload")
        except NoAnswer as error:
            return Retry(error.reason) if error.retry and not transport.not_repeatable else Failed(error.reason)
        except BaseException as error:  # noqa: BLE001  SystemExit too: it would end this thread alone, without a word
            return defect(delivery, error)

    def _addressed(self) -> tuple[Message, str | None]:
        """The message with those whom the service itself knows, where it can say so, and why it does not know somebody."""
        delivery = self.progress.delivery
        find = getattr(delivery.module, "with_people", None) if delivery.message.mentions and not self._means.dry_run else None
        return find(delivery.message, delivery.options, self.transport, self._means.kept) if find else (delivery.message, None)

    def _sent(self, payload: Any, transport: Transport) -> Verdict:
        delivery, earlier = self.progress.delivery, self.progress.earlier
        if earlier:
            return delivery.module.follow(payload, delivery.options, transport, earlier)
        return delivery.module.send(payload, delivery.options, transport)


def defect(delivery: Delivery, error: BaseException) -> Failed:
    """The outcome of what nobody foresaw. An exception's own words could hold a secret."""
    return Failed(f"a defect of tocsin, please report it: {type(error).__name__} in the {delivery.kind} channel", "defect")
