"""Where a rule's messages go: Devtron's `providerConfigs` as a policy's recipients."""

from __future__ import annotations

from typing import NamedTuple


class Recipient(NamedTuple):
    """A channel by its name; or an address, and the channel that takes it."""

    channel: str
    email: str = ""

    def written(self, default: str | None) -> str | dict[str, str]:
        """As the policy writes it, where `default` is the email channel that serves what names none."""
        if self.email:
            return self.email if self.channel == default else {"email": self.email, "via": self.channel}
        return self.channel
