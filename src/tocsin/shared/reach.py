"""What bases reach: the variables that their channels name, which are the using repository's secrets, and the hosts they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tocsin.named_tuple import NamedTuple
from tocsin.policy.nodes import BadFileError
from tocsin.shared.collect import data_of

_VARIABLE = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HOST = re.compile(r"https?://([^/\s\"'?#]+)", re.IGNORECASE)


class Reach(NamedTuple):
    """The names of variables, and of hosts as they are written."""

    variables: frozenset[str]
    hosts: frozenset[str]


def reach(texts: Iterable[bytes]) -> Reach:
    """What the channels of some policies name. Of a payload's file, which has no channels, nothing: no variable is put in there."""
    found = [pair for data in texts for pair in _strings(_channels(data))]
    variables = {name for _, text in found for name in _VARIABLE.findall(text)}
    hosts = {host for key, text in found for host in ([text] if key == "host" else _HOST.findall(text))}
    return Reach(frozenset(variables), frozenset(hosts))


def _channels(data: bytes) -> Any:
    try:
        return data_of(data).get("channels")
    except BadFileError:
        return None


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The texts below a value, each with its key."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, below in value.items():
            yield from _strings(below, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
