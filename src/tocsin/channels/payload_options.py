"""The options of the channels whose messages may be the policy's own payload: as text, a mapping or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar

from tocsin import secrets
from tocsin.channels.options import ChannelOptions, Plain
from tocsin.record import Field

if TYPE_CHECKING:
    from typing_extensions import Self

_SECRET_NAMES = ("*authorization*", "*-auth", "*cookie*", "*token*", "*secret*", "*key*", "*passw*", "*signature*", "*credential*")


class PayloadOptions(ChannelOptions):
    """The options every such kind has. Its row in `channels.KINDS` types `payload`, and says what `payload_file` stands for."""

    templates: ClassVar[frozenset[str]] = ChannelOptions.templates | {"payload"}

    payload: Any = Field(
        default=None,
        description="The body: JSON as text, a mapping or a list; its texts are templates. Without it, the message in a fixed form.",
    )
    payload_file: Plain | None = Field(default=None, description="A file with the payload's JSON, by its path from the repository's root.")

    _payload_values: Mapping[str, str] = {}

    @classmethod
    def check_field(cls, name: str, value: Any, earlier: Mapping[str, Any]) -> Any:
        """One payload alone."""
        value = super().check_field(name, value, earlier)
        if name == "payload_file" and value is not None and earlier.get("payload") is not None:
            raise ValueError("stands beside payload: keep one of them")
        return value

    def resolved(self, env: Mapping[str, str]) -> Self:
        """The options with every `${NAME}` replaced, but for the payload, which keeps its text and gets the values beside it.

        Raises secrets.MissingVariable with the names of all that cannot be put in.
        """
        if self.payload is None:
            return super().resolved(env)
        missing: list[str] = []
        values = {name: secrets.resolve_all(f"${{{name}}}", env, missing) for name in self._payload_names()}
        try:
            options = super().resolved(env)
        except secrets.MissingVariable as error:
            raise secrets.MissingVariable([*error.names, *missing], env) from None
        if missing:
            raise secrets.MissingVariable(missing, env)
        return options.model_copy(update={"_payload_values": values})

    @property
    def payload_values(self) -> Mapping[str, str]:
        """The values of the payload's `${NAME}`s, once they are resolved."""
        return self._payload_values

    def variables(self) -> list[str]:
        """The names of the variables that the options refer to."""
        return [*super().variables(), *self._payload_names()]

    def _payload_names(self) -> list[str]:
        if self.payload is None:
            return []
        from tocsin.templates.payload import variable_names

        return variable_names(self.payload)

    def _declared(self) -> Iterator[str]:
        """Beside the credentials, what stands below a key of the payload that is named like one."""
        yield from super()._declared()
        if self.payload is not None:
            from tocsin.templates.payload import texts_below

            yield from texts_below(self.payload, is_secret)

    def _sent(self) -> Iterator[str]:
        yield from (f"${{{name}}}" for name in self._payload_names())


def is_secret(name: str) -> bool:
    """Whether a header, or a key of a payload, is named like a secret."""
    return any(fnmatchcase(name.lower(), pattern) for pattern in _SECRET_NAMES)
