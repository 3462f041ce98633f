"""A real HTTP server on loopback whose answers are scripted, request by request.

    with ScriptedServer(Answer(500), Answer(200, b"ok")) as server:
        ...  # send to server.url("/hook"): the first request gets a 500, every later one the last answer
    server.requests[0].json()

A test that holds a request up (`hold`) lets it go by setting the event; closing the server sets it too.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from typing_extensions import Self

from tocsin.clock import Clock
from tocsin.http import Transport
from tocsin.network import Network
from tocsin.secrets.redactor import Redactor

if TYPE_CHECKING:
    import ssl

Behaviour = Literal["answer", "close", "reset", "drip", "endless", "malformed", "truncated"]


def transport(key: str = "key", network: Network | None = None, secrets: Iterable[str] = (), clock: Clock | None = None) -> Transport:
    """What a sender gets for one attempt, with more time than any test needs."""
    clock = clock or Clock()
    return Transport(network or Network(), key, clock.monotonic() + 60, clock, redact=redactor(*secrets))


def redactor(*secrets: str) -> Redactor:
    """What masks these."""
    redact = Redactor()
    for secret in secrets:
        redact.learn(secret)
    return redact


class Answer(NamedTuple):
    """What one request gets.

    `close` and `reset` end the connection without an answer, `drip` sends the body byte by byte until `hold` is set,
    `endless` sends the body over and over, `malformed` is no HTTP, `truncated` breaks off within the body.
    `hold` is waited for before the answer begins.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    behaviour: Behaviour = "answer"
    hold: threading.Event | None = None


class Request(NamedTuple):
    """What arrived; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class ScriptedServer:
    """Serves the answers in order, the last one for every further request; keeps every request."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self.arrived = threading.Semaphore(0)
        self._answers, self._lock = list(answers) or [Answer()], threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._server.script = self  # type: ignore[attr-defined]  # how the handler finds its script
        self.scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def url(self, path: str = "/") -> str:
        """The address of a path on this server."""
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def script(self, *answers: Answer) -> None:
        """Begin anew with these answers and no requests."""
        with self._lock:
            self._answers = list(answers)
            self.requests.clear()

    def next_answer(self, request: Request) -> Answer:
        """Keep the request and say what it gets."""
        with self._lock:
            self.requests.append(request)
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self.arrived.release()
        return answer

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.closing.set()
        with self._lock:
            holds = [answer.hold for answer in self._answers if answer.hold]
        for hold in holds:
            hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class TunnelProxy(ScriptedServer):
    """A proxy that opens a tunnel to wherever CONNECT asks for; its requests are those, and what goes through it is not read."""

    def relay(self, client: socket.socket, address: str) -> None:
        """Carry bytes both ways until one side ends, or this server does."""
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port))) as service:
            others = {client: service, service: client}
            while not self.closing.is_set():
                waiting = [one for one in others if getattr(one, "pending", int)()]  # read from the socket by TLS already
                for one in waiting or select.select(list(others), [], [], 0.1)[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    others[one].sendall(data)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        script = cast("ScriptedServer", self.server.script)  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        answer = script.next_answer(request)
        if answer.hold and answer.behaviour != "drip":
            answer.hold.wait()
        self.close_connection = True
        try:
            _BEHAVIOURS[answer.behaviour](self, answer, script.closing)
        except OSError:
            return  # the client went away, as it may

    def do_CONNECT(self) -> None:
        """Take what is asked for down, and be a tunnel from then on."""
        proxy = cast("TunnelProxy", self.server.script)  # type: ignore[attr-defined]
        proxy.next_answer(Request(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, b""))
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        proxy.relay(self.connection, self.path)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Nothing is printed."""

    def handle_one_request(self) -> None:
        """As the library, but a client that breaks off, or refuses our certificate, is no error of a test."""
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def head(self, answer: Answer, length: int | None) -> None:
        """The status line and the headers."""
        self.send_response(answer.status)
        headers = {"Connection": "close", **answer.headers}
        if length is not None and answer.status != 204:
            headers["Content-Length"] = str(length)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{method}", _Handler._serve)


def _answer(handler: _Handler, answer: Answer, _: threading.Event) -> None:
    handler.head(answer, len(answer.body))
    handler.wfile.write(answer.body)


def _close(handler: _Handler, _: Answer, __: threading.Event) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def _reset(handler: _Handler, _: Answer, __: threading.Event) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def _drip(handler: _Handler, answer: Answer, closing: threading.Event) -> None:
    handler.head(answer, None)
    while not closing.wait(0.02) and not (answer.hold and answer.hold.is_set()):
        handler.wfile.write(answer.body[:1] or b".")
        handler.wfile.flush()


def _endless(handler: _Handler, answer: Answer, closing: threading.Event) -> None:
    handler.head(answer, None)
    while not closing.is_set():
        handler.wfile.write(answer.body or b"." * 4096)


def _malformed(handler: _Handler, answer: Answer, _: threading.Event) -> None:
    handler.wfile.write(answer.body or b"this is no HTTP\r\n\r\n")


def _truncated(handler: _Handler, answer: Answer, _: threading.Event) -> None:
    handler.head(answer, len(answer.body) + 100)
    handler.wfile.write(answer.body)


_BEHAVIOURS = {
    "answer": _answer,
    "close": _close,
    "reset": _reset,
    "drip": _drip,
    "endless": _endless,
    "malformed": _malformed,
    "truncated": _truncated,
}
