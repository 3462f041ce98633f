"""Connect to a host that may have several addresses, some of which may never answer.

As RFC 8305 (happy eyeballs) has it: the next address is tried a moment after the one before, and the first that answers is taken,
so that a broken IPv6 route beside a good IPv4 one costs a moment and not the whole attempt.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from itertools import zip_longest
from selectors import EVENT_WRITE, DefaultSelector
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from tocsin.clock import Clock

NEXT_ADDRESS_AFTER_SECONDS = 0.25  # RFC 8305, 5: the recommended Connection Attempt Delay
LABEL_MAX_CHARS = 63  # RFC 1035, 2.3.4
ADDRESSES_MAX = 16  # ours: no service has more, and each takes a socket

_Address: TypeAlias = "tuple[int, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]"


def connect(host: str, port: int, deadline: float, clock: Clock) -> socket.socket:
    """A TCP connection to the first address of `host` that answers; what it does next may take until `deadline`, in the clock's seconds.

    Raises socket.gaierror for a name without an address, UnicodeError for what cannot be a name, TimeoutError at the deadline, and
    another OSError where every address refuses.
    """
    addresses = _by_turns((family, place) for family, _, _, _, place in _resolved(host, port))
    connection = _first(addresses[:ADDRESSES_MAX], deadline, clock)
    connection.settimeout(max(0.01, deadline - clock.monotonic()))
    return connection


def _resolved(host: str, port: int) -> list[tuple[Any, ...]]:
    """What the resolver answers. A name that it takes as bytes spares Python the tables for all other names."""
    plain = host.isascii() and all(0 < len(label) <= LABEL_MAX_CHARS for label in host.split("."))
    return socket.getaddrinfo(host.encode() if plain else host, port, 0, socket.SOCK_STREAM)


def _by_turns(addresses: Iterable[_Address]) -> list[_Address]:
    """Addresses in the resolver's order, the families one after the other in turn (RFC 8305, 4)."""
    families: dict[int, list[_Address]] = {}
    for address in dict.fromkeys(addresses):
        families.setdefault(address[0], []).append(address)
    return [address for turn in zip_longest(*families.values()) for address in turn if address]


def _first(addresses: list[_Address], deadline: float, clock: Clock) -> socket.socket:
    """The first connection that is made. Raises OSError."""
    refusal: OSError = OSError("no address")
    with DefaultSelector() as pending:
        try:
            while addresses or pending.get_map():
                if clock.monotonic() >= deadline:
                    raise TimeoutError
                if addresses:
                    try:
                        pending.register(_begun(addresses.pop(0)), EVENT_WRITE)
                    except OSError as error:
                        refusal = error
                        continue
                answered = _answers(pending, NEXT_ADDRESS_AFTER_SECONDS if addresses else None, deadline, clock)
                if not answered and not addresses:
                    raise TimeoutError
                for connection in answered:
                    pending.unregister(connection)
                    code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if not code:
                        return connection
                    connection.close()
                    refusal = OSError(code, "not connected")
        finally:
            for key in list(pending.get_map().values()):
                pending.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]  # a socket
    raise refusal


def _answers(pending: DefaultSelector, wait: float | None, deadline: float, clock: Clock) -> list[socket.socket]:
    """The sockets with an answer, a refusal too, within `wait` seconds or until the deadline."""
    left = max(0.0, deadline - clock.monotonic())
    return [key.fileobj for key, _ in pending.select(left if wait is None else min(wait, left))]  # type: ignore[misc]  # sockets


def _begun(address: _Address) -> socket.socket:
    """A connection under way. Raises OSError where there is no way to the address."""
    family, place = address
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect(place)
    except BlockingIOError:
        return connection
    except OSError:
        connection.close()
        raise
    return connection
