"""A server that has seen enough answers before the whole request has arrived, and closes: what it says counts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from servers import transport

from tocsin import http_direct

BODY = b"x" * 8_000_000  # more than the buffers of a connection take


@contextmanager
def early(answer: bytes) -> Iterator[str]:
    """A server that reads no body."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(10)


@pytest.mark.parametrize("plain", [True, False], ids=["socket", "urllib3"])
def test_an_answer_before_the_end_of_the_request(monkeypatch: pytest.MonkeyPatch, plain: bool) -> None:
    monkeypatch.setattr(http_direct, "is_plain", lambda *_: plain)
    with early(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nless") as url:
        response = transport().request("POST", url, BODY, {})
    assert (response.status, response.text) == (413, "less")
