"""The variables that stand for Devtron's secrets. The values themselves are never kept."""

from __future__ import annotations

import re
from typing import NamedTuple

from tocsin.devtron.names import free

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
        self._parts: set[str] = set()
        self._names: set[str] = set()

    def reference(self, channel: str, fallback: str, part: str, holds: str) -> str:
        """A new variable's `${NAME}`, named after the channel (else `fallback`) and the part of it that it holds."""
        name = free(f"{self._owner(channel, fallback)}_{_word(part)}", self._names, "{}_{}")
        self._names.add(name)
        self.append(Variable(name, holds))
        return f"${{{name}}}"

    def _owner(self, channel: str, fallback: str) -> str:
        """The first part of the names of a channel's variables; no two channels share it."""
        if channel not in self._owners:
            word = _word(channel)[:NAME_MAX_CHARS].strip("_") or _word(fallback)
            word = f"DEVTRON_{word}" if _RESERVED.match(f"{word}_") else word
            self._owners[channel] = free(word, self._parts, "{}_{}")
            self._parts.add(self._owners[channel])
        return self._owners[channel]


def _word(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", text.upper() if text.isascii() else text.encode("ascii", "ignore").decode().upper()).strip("_")
