"""What became of an attempt (a verdict) and of a delivery (an outcome).

The sender of a channel judges an answer; the loop in `deliver` acts on the verdict.
No text in here may hold a secret: reasons are our own words, never an exception's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from tocsin.named_tuple import NamedTuple

Receipt: TypeAlias = Mapping[str, str]
OutcomeWord: TypeAlias = Literal["delivered", "failed", "skipped"]
Cause: TypeAlias = Literal[
    "scope",  # the channel serves another project
    "variable",  # the environment lacks a variable that the channel needs
    "payload",  # the payload, or its file, cannot be used on this run
    "recipient",  # a test of an email channel names no address
    "trust",  # the policy that asks for it does not hold on this run
    "mute",  # the policy has silenced it for now
    "dry_run",
    "service",  # the service, or the way to it, refused or gave no answer
    "budget",  # the time was up
    "interrupted",  # by SIGINT or SIGTERM
    "defect",  # of ours
]


Conversation: TypeAlias = Literal["update", "thread", "new"]  # what becomes of a run's further messages


class Earlier(NamedTuple):
    """The message of the same run that a channel changes, or answers under. `aloud`: a change that nobody hears is not enough.

    `named` is whether it has its name by us, so that nothing was kept: then there may be none, and what fails would fail as a new one too.
    """

    receipt: Receipt
    conversation: Literal["update", "thread"]
    aloud: bool = False
    named: bool = False

    def kept(self, verdict: Verdict) -> Verdict:
        """The verdict, with this message's receipt where it was told: the next one changes, or answers, the same message."""
        return Delivered(self.receipt) if isinstance(verdict, Delivered) else verdict


class FollowUp(NamedTuple):
    """The message that is changed or answered, or why there is none, where that is to be said."""

    earlier: Earlier | None = None
    why_new: str | None = None


class Delivered(NamedTuple):
    """The service took the message; `receipt` is what finds it again (a message id), empty where the service gives none.

    `note` is what the report says of it beside.
    """

    receipt: Receipt = MappingProxyType({})
    note: str | None = None


class Retry(NamedTuple):
    """Worth another try, `after` seconds if the service named a time."""

    reason: str
    after: float | None = None


class Failed(NamedTuple):
    """Final: a repetition would get the same answer."""

    reason: str
    cause: Cause = "service"


Verdict: TypeAlias = Delivered | Retry | Failed


def is_temporary(status: int) -> bool:
    """Whether another try may get another answer than this HTTP status: 408, 425, 429 and 5xx (RFC 9110, 15.5 and 15.6; RFC 6585, 4)."""
    return status in (408, 425, 429) or status >= 500


class Skip(NamedTuple):
    """Why a message is not sent: in words, and what decisions ask for, the cause. `text` has the lines that a dry run shows of it."""

    reason: str
    cause: Cause
    text: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """How one delivery ended; the rows of a report. `cause` is there where it was not delivered.

    `in_doubt` is whether a message may have arrived all the same, `instead` the channel that has it in the place of this one.
    `text` has the lines that a dry run shows of the message.
    """

    channel: str
    kind: str
    recipient: str
    rules: tuple[str, ...]
    outcome: OutcomeWord
    reason: str | None = None
    attempts: int = 0
    seconds: float = 0.0
    receipt: Receipt | None = None
    cause: Cause | None = None
    in_doubt: bool = False
    instead: str | None = None
    text: tuple[str, ...] = ()

    def masked(self, redact: Callable[[str], str]) -> Outcome:
        """The outcome with every known secret masked: a server's answer could repeat one."""
        receipt = {key: redact(value) for key, value in self.receipt.items()} if self.receipt else None
        return self._replace(reason=redact(self.reason) if self.reason else None, receipt=receipt, text=tuple(map(redact, self.text)))
