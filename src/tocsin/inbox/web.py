"""The HTTP side: the services' endpoints, the page, and what the page reads.

Every request body is bounded. What the page reads is answered only to a Host that DNS cannot point here behind a reader's back.
"""

from __future__ import annotations

import json
import re
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from tocsin import drawings
from tocsin.inbox import endpoints, feed
from tocsin.inbox.describe import describe
from tocsin.inbox.ntfy import deleted
from tocsin.inbox.servers import Server
from tocsin.inbox.services import ServiceRequest
from tocsin.inbox.slack_api import LOOK_UP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.inbox.arrivals import Arrivals
    from tocsin.inbox.services import Answer

HEARTBEAT_SECONDS = 15.0  # ours: often enough to notice a reader that left
_DRAIN_MAX_BYTES = 8 * 1024 * 1024  # ours: what is read of a refused body, so that the sender gets to read the answer

_PAGE = drawings.page(files("tocsin.inbox").joinpath("page.html").read_text("utf-8"))
_PAGE_POLICY = (
    f"default-src 'none'; script-src {drawings.digests(_PAGE, 'script')}; style-src {drawings.digests(_PAGE, 'style')}; "
    "connect-src 'self'; frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAIL_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "tocsin", ""
    timeout = 30  # seconds a client may be silent, or refuse to read
    arrivals: Arrivals
    hello: dict[str, Any]  # what the page is told first
    host: str
    failures: Mapping[str, Answer]  # what each kind of channel is answered, instead of what its service would say

    def do_POST(self) -> None:
        """Take a message for one of the services."""
        path, _, query = self.path.partition("?")
        found = endpoints.endpoint_at(path)
        if not found:
            self._refuse(404, "Nothing takes messages at this path: the inbox's page lists the addresses that do.")
            return
        body = self._body(found.endpoint.max_bytes)
        if body is not None:
            request = ServiceRequest(query, self._headers(), body, path, self.arrivals.messages(found.kind))
            self._serve(found, request)

    def do_PUT(self) -> None:
        """As POST: generic webhooks come so too."""
        self.do_POST()

    def do_PATCH(self) -> None:
        """As POST."""
        self.do_POST()

    def do_DELETE(self) -> None:
        """Take one of ntfy's messages away."""
        path = self.path.partition("?")[0]
        found = endpoints.endpoint_at(path.rsplit("/", 2)[0] + "/")
        if not found or found.kind != "ntfy":
            self.send_error(501, "Nothing can be deleted here.")
            return
        endpoint = found.endpoint._replace(service=deleted)
        self._serve(found._replace(endpoint=endpoint), ServiceRequest("", self._headers(), b"", path))

    def do_GET(self) -> None:
        """The page, or what it reads."""
        path = self.path.partition("?")[0]
        found = endpoints.endpoint_at(path)
        if found and path.endswith(f"/{LOOK_UP}"):  # Slack's one method that is asked so
            self._serve(found, ServiceRequest(self.path.partition("?")[2], self._headers(), b"", path))
        elif found:
            self._refuse(405, "This address takes messages: send them with POST.", Allow="POST")
        elif not self._host_is_safe():
            self._refuse(403, "The inbox answers to localhost, to IP addresses and to the host it was started with.")
        elif path == "/":
            self._send(200, "text/html; charset=utf-8", _PAGE.encode(), {"Content-Security-Policy": _PAGE_POLICY})
        elif path == "/events":
            self._events()
        else:
            self._arrival(path)

    def _arrival(self, path: str) -> None:
        """One arrival as it came (/raw/N), or its HTML (/mail/N), which may run nothing and load nothing."""
        match = re.fullmatch(r"/(raw|mail)/(\d{1,9})", path)
        arrival = self.arrivals.get(int(match[2])) if match else None
        if not match or not arrival:
            self._refuse(404, "There is nothing here.")
        elif match[1] == "raw":
            policy = {"Content-Security-Policy": "sandbox; default-src 'none'"}
            self._send(200, "text/plain; charset=utf-8", arrival.raw.encode("utf-8", "replace"), policy)
        else:
            html = feed.mail_html(arrival).encode("utf-8", "replace")
            self._send(200, "text/html; charset=utf-8", html, {"Content-Security-Policy": _MAIL_POLICY})

    def _events(self) -> None:
        """Every arrival as a server-sent event, those kept first, then each as it comes, until the reader leaves."""
        self.close_connection = True
        self.send_response(200)
        self._common({"Content-Type": "text/event-stream", "Connection": "close"})
        self.end_headers()
        self.wfile.write(b"retry: 1000\n")  # milliseconds
        self._event("hello", json.dumps({**self.hello, "kept": self.arrivals.total}))
        number, seen = feed.resume_after(self.headers.get("Last-Event-ID"), self.hello["run"]), 0
        while not self.arrivals.closed:
            arrivals = self.arrivals.after(number, HEARTBEAT_SECONDS, seen)
            for arrival in arrivals:
                number = arrival.number
                self._event("arrival", json.dumps(feed.page_entry(arrival)), f"{self.hello['run']}-{number}")
            gone = self.arrivals.gone(seen)
            seen += len(gone)
            if gone:
                self._event("gone", json.dumps(gone))
            elif not arrivals and not self.arrivals.closed:
                self.wfile.write(b": still here\n\n")

    def _event(self, name: str, data: str, identity: str = "") -> None:
        first = f"id: {identity}\n" if identity else ""
        self.wfile.write(f"{first}event: {name}\ndata: {data}\n\n".encode())

    def _serve(self, found: endpoints.Found, request: ServiceRequest) -> None:
        """Answer as the service does, or as it does where it fails."""
        failure = self.failures.get(found.kind)
        self._answer(found, (failure and found.endpoint.failure(request.path, failure)) or found.endpoint.service(request))

    def _answer(self, found: endpoints.Found, answer: Answer) -> None:
        if answer.content:
            words = describe(found.kind, answer.content.payload)
            self.arrivals.add(found.kind, *words, answer.content, found.channel, answer.message_id)
        elif answer.message_id:
            self.arrivals.remove(found.kind, answer.message_id)
        if isinstance(answer.body, str):
            self._send(answer.status, "text/plain; charset=utf-8", answer.body.encode(), answer.headers)
        else:
            self._send(answer.status, "application/json", json.dumps(answer.body).encode(), answer.headers)

    def _body(self, max_bytes: int) -> bytes | None:
        """The request's body; None where it is refused, which has been answered then."""
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"\d{1,18}", length) or "Transfer-Encoding" in self.headers:
            self._refuse(411, "Say how long the body is with Content-Length.")
        elif int(length) > max_bytes:
            self._refuse(413, f"The body is larger than {max_bytes} bytes.")
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                return body
            self._refuse(400, "The body is shorter than its Content-Length.")
        return None

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _host_is_safe(self) -> bool:
        """No name that DNS could point here: else any web page could read the inbox under its own name."""
        name = re.sub(r":\d*$", "", self.headers.get("Host", "")).strip("[]").lower()
        if name in ("localhost", self.host.lower()):
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True

    def _send(self, status: int, content_type: str, body: bytes, headers: Any) -> None:
        self.send_response(status)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self._common({**({"Content-Type": content_type} if body else {}), **headers})
        self.end_headers()
        self.wfile.write(body)

    def _common(self, headers: dict[str, str]) -> None:
        always = {
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in {**always, **headers}.items():
            self.send_header(name, value)

    def _refuse(self, status: int, why: str, **headers: str) -> None:
        """Say why in one line, and end the connection, since the rest of the request may be unread."""
        self.close_connection = True
        self._send(status, "text/plain; charset=utf-8", f"{why}\n".encode(), {**headers, "Connection": "close"})
        self.connection.shutdown(socket.SHUT_WR)
        left = _DRAIN_MAX_BYTES
        while left > 0 and (chunk := self.rfile.read1(min(left, 65536))):
            left -= len(chunk)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library refuses (a malformed request line, an unknown method), in one line."""
        del explain
        self.request_version = self.protocol_version  # else an answer to a malformed request line would have no head
        self._refuse(code, message or HTTPStatus(code).phrase)

    def log_message(self, *args: Any) -> None:
        """Nothing: the terminal belongs to the program."""


def web_server(host: str, port: int, arrivals: Arrivals, hello: dict[str, Any], failures: Mapping[str, Answer]) -> Server:
    """The HTTP server. Raises OSError where the port cannot be had."""
    return Server(host, port, type("BoundHandler", (Handler,), {"arrivals": arrivals, "hello": hello, "host": host, "failures": failures}))
