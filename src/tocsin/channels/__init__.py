"""The channels: one file a kind, loaded only when a policy uses it.

A channel is a module with what `Channel` names. A new one is a file, its row in KINDS, and its cases.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.http import Transport
    from tocsin.message import Message
    from tocsin.verdict import Verdict

KINDS = {
    "slack": "tocsin.channels.slack",
    "teams": "tocsin.channels.teams",
    "discord": "tocsin.channels.discord",
    "ringcentral": "tocsin.channels.ringcentral",
    "smtp": "tocsin.channels.smtp",
    "ses": "tocsin.channels.ses",
    "webhook": "tocsin.channels.webhook",
}
MAIL_KINDS = frozenset({"smtp", "ses"})  # these serve addresses; the others are destinations themselves


class Channel(Protocol):
    """What the module of a channel offers."""

    Options: type[ChannelOptions]

    def render(self, message: Message, options: Any, /) -> Any:
        """The payload: plain data, inside the service's limits whatever the message. Pure."""

    def send(self, payload: Any, options: Any, transport: Transport, /) -> Verdict:
        """One attempt, and what the service's answer means. May raise `network.NoAnswer`; nothing else escapes on purpose."""


def load(kind: str) -> Channel:
    """The module of a kind of channel. Raises KeyError for an unknown one."""
    return cast("Channel", import_module(KINDS[kind]))
