"""Places in a text of a payload where no value may stand, because no escape would keep it text: an address, a name behind an @."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tocsin.channels.own_payload import Refusal
from tocsin.templates import Template
from tocsin.wrong import DataPath

HOLE = "\0"  # stands for a value in the patterns of places
_VALUE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)

HOST = {rf"://[^\s/?#\"'<>()\[\]]*{HOLE}": "has a value in the host of an address, and it could lead elsewhere: write the host out"}


class Unsafe(str):
    """Stands in a payload for a text that is not sent; it says why."""

    __slots__ = ()


def without(node: Any, places: Mapping[str, str]) -> Any:
    """A text of a compiled payload, or why it is not sent: the meaning of the first of the patterns that it has."""
    if not isinstance(node, Template):
        return node
    text = _VALUE.sub(HOLE, node.source)
    return next((Unsafe(why) for place, why in places.items() if re.search(place, text)), node)


def safe(shape: Callable[[Any, DataPath], Iterator[Refusal]]) -> Callable[[Any, DataPath], Iterator[Refusal]]:
    """What is sent has that shape; what is not says why."""

    def check(value: Any, path: DataPath) -> Iterator[Refusal]:
        if isinstance(value, Unsafe):
            yield Refusal(path, str(value))
        else:
            yield from shape(value, path)

    return check
