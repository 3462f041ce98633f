"""What is sent where, and what all deliveries work with: their limits, the network, the clock, and a wish to end early."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any

from tocsin.named_tuple import NamedTuple
from tocsin.verdict import FollowUp

if TYPE_CHECKING:
    from tocsin.channels import Channel
    from tocsin.clock import Clock
    from tocsin.message import Message
    from tocsin.network import Network
    from tocsin.wording import OwnWords


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
    words: OwnWords | None = None  # the policy's own, for this destination
    follow_up: FollowUp = FollowUp()  # the earlier message that it changes, or answers under


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
    """What all lanes work with. In a `dry_run` everything is rendered and nothing sent. `kept` is what channels keep for all deliveries."""

    limits: Limits
    network: Network
    clock: Clock
    stop: Stop
    kept: dict[str, Any]
    dry_run: bool = False
