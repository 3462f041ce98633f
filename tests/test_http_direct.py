"""A request over a socket, and the answer in each form that HTTP/1.1 gives it: as urllib3 reads it, where both can."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from servers import Answer, ScriptedServer, transport

from tocsin import http_direct
from tocsin.address import http_url
from tocsin.network import NoAnswer

BROKEN = "connection to 127.0.0.1 broke before a whole answer came"


@contextmanager
def raw(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers one request with these bytes, and what it got."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                asked = b""
                while not asked.endswith(b"}"):  # what is left unread when a connection closes may reset it
                    asked += connection.recv(65536)
                got.append(asked)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/a?b=c", got
        thread.join(10)


def both(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> tuple[Any, Any]:
    """What comes of an answer over the socket, and by urllib3."""
    found = []
    for plain in (True, False):
        monkeypatch.setattr(http_direct, "is_plain", lambda *_, plain=plain: plain)
        with raw(answer) as (url, _):
            try:
                response = transport().request("POST", url, b"{}", {})
                found.append((response.status, response.text, response.headers))
            except NoAnswer as error:
                found.append((error.reason, error.retry))
    return found[0], found[1]


PACKED = gzip.compress(b"ok" * 1000)
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 2\r\n\r\nok",
        HEAD + b"Content-Length: 2\r\n\r\nok and more",
        HEAD + b"\r\nuntil the end",
        b"HTTP/1.0 404 Not Found\r\nX-A: 1\r\nx-a: 2\r\nX-B:  b \r\n\r\ngone",
        b"HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\nnothing",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3;x=y\r\n123\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nok",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nno chunk\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nok\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 9\r\n\r\nok",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED,
        HEAD + b"Content-Encoding: GZIP\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(PACKED) + PACKED + b"\r\n0\r\n\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
        HEAD + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n",
        HEAD + b"X: y\r\n" * 200 + b"\r\n",
        HEAD + b"Content-Length: 2",
        b"SMTP ready\r\n\r\n",
        b"",
    ],
    ids=lambda answer: repr(answer[:60]),
)
def test_an_answer_is_read_as_urllib3_reads_it(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    ours, theirs = both(monkeypatch, answer)
    assert ours == theirs


def test_a_request_on_the_wire() -> None:
    with raw(HEAD + b"Content-Length: 2\r\n\r\nok") as (url, got):
        assert transport().request("POST", url, b'{"a": 1}', {"Content-Type": "application/json", "X-Key": "k"}).text == "ok"
    head, _, body = got[0].partition(b"\r\n\r\n")
    request, *headers = head.decode().split("\r\n")
    assert (request, body) == ("POST /a?b=c HTTP/1.1", b'{"a": 1}')
    assert {line.partition(":")[0] for line in headers} == {
        "Host",
        "User-Agent",
        "Content-Type",
        "X-Key",
        "Content-Length",
        "Accept-Encoding",
        "Connection",
    }


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", True),
        ("https://a.example/triggers/%2Fmanual/run?sig=a-b_c%20d&x=1", True),
        ("https://a.example", False),
        ("https://a.example?x", False),
        ("https://a.example/a/../b", False),
        ("https://a.example/%2f", False),
        ("https://a.example/%", False),
        ("https://a.example/é", False),
        ('https://a.example/"', False),
        ("https://a.example./", False),
        ("http://[::1]/", False),
    ],
)
def test_which_addresses_are_plain(url: str, plain: bool) -> None:
    assert http_direct.is_plain(http_url(url), {}) is plain


@pytest.mark.parametrize(
    "headers", [{"X": "a\nb"}, {"X": " a"}, {"X": ""}, {"X y": "a"}, {"X": "é"}, {"Host": "other"}, {"content-length": "3"}]
)
def test_which_headers_are_not(headers: dict[str, str]) -> None:
    assert not http_direct.is_plain(http_url("https://a.example/"), headers)


def test_a_packed_answer_is_cut_where_it_may_end() -> None:
    with ScriptedServer(Answer(200, gzip.compress(b"x" * 5_000_000), {"Content-Encoding": "gzip"})) as server:
        assert transport().request("GET", server.url(), None, {}).text == "x" * 65536
