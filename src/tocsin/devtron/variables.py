"""The variables that stand for Devtron's secrets. The values themselves are never kept."""

from __future__ import annotations

import re
from typing import NamedTuple

NAME_MAX_CHARS = 60  # ours: of the part that names the channel
# What a CI keeps for itself, or this program reads: https://docs.github.com/en/actions/reference/security/secrets#naming-your-secrets
_RESERVED = re.compile(r"[0-9]|(?:CI|GITHUB|GITLAB|ACTIONS|RUNNER|INPUT|CIRCLE|JENKINS|TOCSIN|GH|BASH|LD|PYTHON)_|_|$")


class Variable(NamedTuple):
    """A variable, and in words what to put into it."""

    name: str
    holds: str


class Variables(list[Variable]):
    """All variables of an import, in the order of the policy."""

    def __init__(self) -> None:
        super().__init__()
        self._owners: dict[str, str] = {}

    def reference(self, channel: str, fallback: str, part: str, holds: str) -> str:
        """A new variable's `${NAME}`, named after the channel (else `fallback`) and the part of it that it holds."""
        name = f"{self._owner(channel, fallback)}_{_word(part)}"
        taken = {variable.name for variable in self}
        unique = next(text for text in (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3))) if text not in taken)
        self.append(Variable(unique, holds))
        return f"${{{unique}}}"

    def _owner(self, channel: str, fallback: str) -> str:
        """The first part of the names of a channel's variables; no two channels share it."""
        if channel not in self._owners:
            word = _word(channel)[:NAME_MAX_CHARS].strip("_") or _word(fallback)
            word = f"DEVTRON_{word}" if _RESERVED.match(f"{word}_") else word
            taken = set(self._owners.values())
            names = (word, *(f"{word}_{number}" for number in range(2, len(taken) + 3)))
            self._owners[channel] = next(name for name in names if name not in taken)
        return self._owners[channel]


def _word(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", text.upper() if text.isascii() else text.encode("ascii", "ignore").decode().upper()).strip("_")
