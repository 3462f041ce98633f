"""Whether a mail server that does not greet waits for TLS."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

PROBE_SECONDS = 1.0  # of an attempt: what is kept for the question


def certified_name(host: str) -> str:
    """The name or address of a host that its certificate has: without the dot at the end, or the zone."""
    return host.removesuffix(".").partition("%")[0]


def speaks_tls(connection: socket.socket, host: str, seconds: float) -> bool:
    """Whether a server answers the beginning of a handshake as TLS does (RFC 8446, 5.1). Nothing secret is in it, and nothing follows."""
    answer, hello = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(answer, hello, server_hostname=certified_name(host))
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    with suppress(OSError):
        connection.settimeout(seconds)
        connection.sendall(hello.read())
        return connection.recv(1) in (b"\x15", b"\x16")  # an alert, a handshake
    return False
