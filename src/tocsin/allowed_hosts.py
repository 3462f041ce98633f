"""TOCSIN_ALLOWED_HOSTS: the hosts to which anything may be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from tocsin.address import AddressError, host
from tocsin.text import clean

_GLOB = re.compile(r"(?:[a-z0-9_.*?-]|\[!?[a-z0-9_-]+\])+")
_OF_NUMBERS = re.compile(r"[0-9.*?!\[\]-]*[0-9][0-9.*?!\[\]-]*")


def is_allowed(host: str, entries: Sequence[str]) -> bool:
    """Whether a host, as `address.host` writes it, is named by an entry: whole, or by a glob whose `*` may stand for several labels."""
    return any(_names(pattern, host.lower().removesuffix(".")) for pattern in map(_pattern, entries) if pattern)


def warnings(entries: Sequence[str] | None) -> Iterator[str]:
    """What a person should know of a list: an entry that names no host, or that no entry does."""
    if entries is None:
        return
    for entry in entries:
        if not _pattern(entry):
            step = "write a host's name or address alone, with * for any part of a name"
            yield f"TOCSIN_ALLOWED_HOSTS: {clean(entry, 100)} is no host and allows nothing: {step}"
    if not any(map(_pattern, entries)):
        yield "TOCSIN_ALLOWED_HOSTS names no host, so nothing may be sent anywhere"


def _pattern(entry: str) -> str | None:
    """An entry in the form of the hosts that it is compared with; None for one that names no host."""
    if not set("*?[") & set(entry) or ":" in entry:
        try:
            return host(entry).removesuffix(".")
        except AddressError:
            return None
    glob = entry.lower().removesuffix(".")
    return glob if _GLOB.fullmatch(glob) and all(glob.split(".")) else None


def _names(pattern: str, host: str) -> bool:
    """A glob of numbers, such as 10.*, means addresses: nobody may give a name that it fits."""
    if _OF_NUMBERS.fullmatch(pattern) and not host.rpartition(".")[2].isdigit():
        return False
    return pattern == host or fnmatchcase(host, pattern)
