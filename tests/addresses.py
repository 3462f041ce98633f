"""Names with several addresses, some of which never answer: for hosts whose one route is broken.

with black_hole() as (address, port), ScriptedServer(OK, at=...) as server: ...
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

Place = tuple[str, int]


@contextmanager
def black_hole() -> Iterator[Place]:
    """An address that never answers a connection: a listener that accepts nobody, and whose queue is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):  # more than Linux lets wait where none may
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            assert client.connect_ex(listener.getsockname()) in (0, errno.EINPROGRESS)
        yield listener.getsockname()


def resolve(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, Sequence[Place]]) -> None:
    """Let each name have these addresses, in this order; the port asked for is not looked at."""
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *more: Any, **others: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in names:
            return list(real(host, port, *more, **others))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in names[name]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
