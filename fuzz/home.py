"""The network of a fuzzer: loopback alone, and names that end in .test lead there. Every host that is asked for is noted."""

from __future__ import annotations

import socket
from typing import Any

CONTACTED: list[str] = []  # names that were looked up, and addresses that were connected to without

_connect, _look_up = socket.socket.connect, socket.getaddrinfo


def stay_at_home() -> None:
    """Let this process talk to loopback alone, and ask no name server."""
    socket.socket.connect = _connect_here  # type: ignore[assignment, method-assign]
    socket.getaddrinfo = _look_up_here


def _connect_here(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1")):
        raise ConnectionRefusedError(111, "Connection refused")
    _connect(self, address)


def _look_up_here(host: Any, *args: Any, **kwargs: Any) -> Any:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    CONTACTED.append(text)
    if text == "localhost" or ":" in text or text.replace(".", "").isdigit():
        return _look_up(host, *args, **kwargs)
    if text.lower().rstrip(".").endswith(".test"):
        return _look_up("127.0.0.1", *args, **kwargs)
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
