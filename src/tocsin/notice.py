"""Something a person should know that is no outcome of a delivery."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tocsin.named_tuple import NamedTuple

Level: TypeAlias = Literal["notice", "warning"]


class Notice(NamedTuple):
    """A text for a person; a warning where something is wrong."""

    text: str
    level: Level = "notice"
