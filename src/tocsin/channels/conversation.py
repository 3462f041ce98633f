"""The options of channels that can change a message, or answer under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from tocsin.channels.options import ChannelOptions, Credential, SecretUrl
from tocsin.record import Field
from tocsin.verdict import Conversation


class ConversationOptions(ChannelOptions):
    """What becomes of the messages of one run."""

    names_messages: ClassVar[bool] = False
    """Whether a message has a name that we make of the run, so that no receipt is needed to find it."""

    conversation: Conversation | None = Field(
        default=None,
        description="The run's end changes the message of its start (`update`), answers under it (`thread`), or is a message of its own "
        "(`new`). Without it, the best that the channel can do by itself.",
    )
    update: bool | None = Field(default=None, description="`true` is short for `conversation: update`, `false` for `conversation: new`.")

    @classmethod
    def check_field(cls, name: str, value: Any, earlier: Mapping[str, Any]) -> Any:
        """One word for it."""
        value = super().check_field(name, value, earlier)
        if name == "update" and value is not None and earlier.get("conversation"):
            raise ValueError("stands beside conversation: keep one of them")
        return value

    def conversation_asked(self) -> Conversation | None:
        """What the policy asks for."""
        if self.update is None:
            return self.conversation
        return "update" if self.update else "new"

    def conversation_used(self, asked: Conversation | None = None) -> Conversation:
        """What a rule asks for, or the channel, or a new message."""
        return asked or self.conversation_asked() or "new"


class BotOptions(ConversationOptions):
    """A webhook's `url`, or the `token` of a bot, which can find its messages again. A kind declares the two, the token first."""

    if TYPE_CHECKING:
        token: Credential | None
        url: SecretUrl

    @classmethod
    def check_field(cls, name: str, value: Any, earlier: Mapping[str, Any]) -> Any:
        """A token or a URL, never both."""
        value = super().check_field(name, value, earlier)
        if name == "url" and earlier.get("token"):
            raise ValueError("stands beside token: keep one of them")
        return value

    def check(self) -> None:
        """A token leaves no URL to be looked for."""
        if self.token:
            self.__dict__["url"] = ""
        elif self.conversation_asked() not in (None, "new"):
            raise ValueError("needs 'token' for its 'conversation': a webhook cannot find its messages again")

    def conversation_used(self, asked: Conversation | None = None) -> Conversation:
        """With a token the message is changed, where the policy asks for nothing else."""
        return asked or self.conversation_asked() or "update" if self.token else "new"
