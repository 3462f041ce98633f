"""What the report says and what arrives agree: counted at real servers, with slow names, dead addresses, slow handshakes and slow proxies.

Attempts that were given up run on in threads of their own; each test lets them go on, and waits for their end, before it counts.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import trustme
from addresses import black_hole, resolve
from events import SAMPLES
from servers import Answer, Request, ScriptedServer, TunnelProxy
from typing_extensions import Self

from tocsin.channels import load
from tocsin.clock import Clock
from tocsin.deliver import Delivery, Limits, deliver
from tocsin.message import compose
from tocsin.network import Network
from tocsin.verdict import Outcome

OK = Answer(200, b"ok")
SES_OK = Answer(200, b'{"MessageId": "0102"}')
ANSWERS = {
    "slack": OK,
    "teams": Answer(202),
    "discord": Answer(200, b'{"id": "1"}'),
    "google_chat": Answer(200, b'{"name": "x"}'),
    "ses": SES_OK,
}
HTTP_KINDS = ("webhook", "slack", "teams", "discord", "ringcentral", "google_chat", "ses")
URL = {"discord": "/api/webhooks/1/x"}
AWS = {"A": "AKIAEXAMPLE0000000", "S": "secretsecretsecret"}


def options(kind: str, url: str) -> Any:
    """The options of an HTTP kind that sends to `url`."""
    if kind == "ses":
        keys = {"access_key_id": "${A}", "secret_access_key": "${S}"}
        values = {"kind": kind, "region": "eu-west-1", "from": "ci@example.com", "endpoint_url": url, **keys}
        return load(kind).Options.model_validate(values).resolved(AWS)
    return load(kind).Options.model_validate({"kind": kind, "url": "${U}"}).resolved({"U": url + URL.get(kind, "/hook")})


def send(kind: str, url: str, network: Network | None = None, *, timeout: float = 0.4, attempts: int = 3, budget: float = 20.0) -> Outcome:
    """One delivery, by the real clock."""
    clock = Clock()
    recipient = "dev@example.com" if kind == "ses" else "room"
    row = Delivery(
        "room",
        kind,
        recipient,
        ("#1",),
        load(kind),
        options(kind, url),
        compose(SAMPLES["failure-cd"])._replace(recipient=recipient),
        "key",
    )
    [outcome] = deliver([row], Limits(timeout, clock.monotonic() + budget, attempts), network or Network(), clock)
    return outcome


@contextmanager
def threads_end() -> Iterator[None]:
    """Wait for the end of all threads that began meanwhile: of attempts that were given up, too."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if "process_request_thread" not in thread.name and "serve" not in thread.name:
            thread._started.wait(20)  # type: ignore[attr-defined]  # one that is about to begin cannot be joined yet
            thread.join(20)
            assert not thread.is_alive(), thread


def require_unsent(outcome: Outcome, server: ScriptedServer) -> None:
    assert (outcome.outcome, server.requests) == ("failed", []), outcome
    assert "may have been delivered" not in (outcome.reason or "")


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_a_dead_first_address_delays_and_neither_doubles_nor_denies(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with black_hole() as dead, ScriptedServer(ANSWERS.get(kind, OK)) as server:
        resolve(monkeypatch, {"dual.test": [dead, ("127.0.0.1", server.port)]})
        outcome = send(kind, "http://dual.test", timeout=10)
    assert (outcome.outcome, outcome.attempts, len(server.requests)) == ("delivered", 1, 1), outcome


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_a_name_that_resolves_too_late_sends_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    late, real = threading.Event(), socket.getaddrinfo

    def look_up(host: Any, *more: Any, **others: Any) -> Any:
        if host != b"slow.test":
            return real(host, *more, **others)
        late.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with ScriptedServer(ANSWERS.get(kind, OK)) as server:
        with threads_end():
            outcome = send(kind, "http://slow.test", attempts=2)
            late.set()
        require_unsent(outcome, server)
    assert outcome.attempts == 2


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, str]:
    ca, path = trustme.CA(), str(tmp_path_factory.mktemp("ca") / "ca.pem")
    ca.cert_pem.write_to_path(path)
    return ca, path


class Holding:
    """A way to a server that carries bytes until `after` of them have come back, and the rest not before `go` is set."""

    def __init__(self, port: int, after: int) -> None:
        self.go, self._port, self._after = threading.Event(), port, after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True, name="serve").start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True, name="serve").start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._port)) as service:
            threading.Thread(target=self._carry, args=(client, service, None), daemon=True, name="serve").start()
            self._carry(service, client, self._after)

    def _carry(self, source: socket.socket, target: socket.socket, after: int | None) -> None:
        count = 0
        try:
            while data := source.recv(64):
                if after is not None and count >= after:
                    self.go.wait(20)
                target.sendall(data)
                count += len(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go.set()
        self._listener.close()


@pytest.mark.parametrize("kind", ["webhook", "slack", "ses"])
@pytest.mark.parametrize("after", [0, 200])
def test_a_handshake_that_ends_too_late_sends_nothing(kind: str, after: int, authority: tuple[trustme.CA, str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    network = Network(ca_files=(authority[1],))
    with ScriptedServer(ANSWERS.get(kind, OK), tls=context) as server, Holding(server.port, after) as way:
        with threads_end():
            outcome = send(kind, f"https://127.0.0.1:{way.port}", network, attempts=1)
            way.go.set()
        require_unsent(outcome, server)
        assert send(kind, f"https://127.0.0.1:{way.port}", network, timeout=10).outcome == "delivered"


@pytest.mark.parametrize("kind", ["webhook", "slack", "ses"])
def test_a_tunnel_that_opens_too_late_sends_nothing(kind: str, authority: tuple[trustme.CA, str]) -> None:
    context, hold = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), threading.Event()
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    with ScriptedServer(ANSWERS.get(kind, OK), tls=context) as server, SlowTunnel(Answer(hold=hold)) as proxy:
        network = Network(proxies={"https": proxy.url("")}, ca_files=(authority[1],))
        with threads_end():
            outcome = send(kind, f"https://127.0.0.1:{server.port}", network, attempts=1)
            hold.set()
        require_unsent(outcome, server)
        assert send(kind, f"https://127.0.0.1:{server.port}", network, timeout=10).outcome == "delivered"
        assert len(server.requests) == 1


class SlowTunnel(TunnelProxy):
    """A proxy that opens its tunnel once its answer's `hold` is set."""

    def next_answer(self, request: Request) -> Answer:
        answer = super().next_answer(request)
        if answer.hold:
            answer.hold.wait(20)
        return answer


class DrippingTunnel(TunnelProxy):
    """A proxy whose answer to CONNECT comes byte by byte, each in time, and ends once `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def relay(self, client: socket.socket, address: str) -> None:
        while not self.go.wait(0.05):
            client.sendall(b"x")
        client.sendall(b"\r\n\r\n")
        super().relay(client, address)


@pytest.mark.parametrize("kind", ["webhook", "slack", "ses"])
@pytest.mark.usefixtures("ses")
def test_a_tunnel_that_opens_byte_by_byte_sends_nothing(
    kind: str, authority: tuple[trustme.CA, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unended(self: BaseHTTPRequestHandler) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")

    monkeypatch.setattr(BaseHTTPRequestHandler, "end_headers", unended)
    monkeypatch.setattr(BaseHTTPRequestHandler, "send_response", lambda *_: None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    with ScriptedServer(ANSWERS.get(kind, OK), tls=context) as server, DrippingTunnel() as proxy:
        network = Network(proxies={"https": proxy.url("")}, ca_files=(authority[1],))
        with threads_end():
            outcome = send(kind, f"https://127.0.0.1:{server.port}", network, attempts=1, timeout=1.5)
            proxy.go.set()
        require_unsent(outcome, server)
        assert len(proxy.requests) == 1


@pytest.mark.parametrize("kind", ["webhook", "slack"])
def test_a_proxy_s_dead_first_address(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with black_hole() as dead, ScriptedServer(OK) as proxy:
        resolve(monkeypatch, {"proxy.test": [dead, ("127.0.0.1", proxy.port)]})
        network = Network(proxies={"http": f"http://proxy.test:{proxy.port}"})
        assert send(kind, "http://hooks.example.com", network, timeout=10).outcome == "delivered"
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("kind", ["webhook", "slack"])
@pytest.mark.parametrize("behaviour", ["answer", "close", "reset", "drip", "truncated", "malformed"])
def test_what_arrived_and_was_not_answered_is_told_as_in_doubt(kind: str, behaviour: Any) -> None:
    hold = threading.Event()
    answer = Answer(200, b"ok", behaviour=behaviour, hold=hold if behaviour in ("answer", "drip") else None)
    with ScriptedServer(answer) as server:
        outcome = send(kind, server.url("").rstrip("/"), attempts=2)
        hold.set()
        arrived = len(server.requests)
    assert (outcome.outcome, outcome.attempts, arrived) == ("failed", 2, 2), outcome
    assert (outcome.reason or "").endswith("(after 2 attempts); it may have been delivered")


@pytest.mark.parametrize("status", [404, 500])
def test_what_was_refused_is_not_in_doubt(status: int) -> None:
    with ScriptedServer(Answer(status)) as server:
        outcome = send("webhook", server.url("").rstrip("/"), attempts=2)
    assert "may have been delivered" not in (outcome.reason or "")


def test_a_doubt_stays_whatever_comes_later() -> None:
    with ScriptedServer(Answer(behaviour="close"), Answer(404)) as server:
        outcome = send("webhook", server.url("").rstrip("/"))
    assert (outcome.reason, len(server.requests)) == ("HTTP 404; it may have been delivered", 2)


@pytest.fixture(scope="module")
def ses() -> None:
    """What an attempt by SES loads is loaded: it takes a second on a busy machine, and would be a part of the attempt's time."""
    with ScriptedServer(SES_OK) as server:
        assert send("ses", server.url("").rstrip("/"), timeout=20).outcome == "delivered"


@pytest.mark.parametrize("behaviour", ["close", "reset", "drip", "answer"])
@pytest.mark.usefixtures("ses")
def test_a_mail_by_ses_is_not_repeated_once_it_has_gone_out(behaviour: Any) -> None:
    hold = threading.Event()
    with ScriptedServer(Answer(200, b"{}", behaviour=behaviour, hold=hold if behaviour in ("answer", "drip") else None)) as server:
        outcome = send("ses", server.url("").rstrip("/"), timeout=1.5)
        hold.set()
        arrived = len(server.requests)
    assert (outcome.outcome, outcome.attempts, arrived) == ("failed", 1, 1), outcome
    assert (outcome.reason or "").endswith("it may have been delivered")


class Busy(ScriptedServer):
    """Takes its time for each answer."""

    def next_answer(self, request: Request) -> Answer:
        answer = super().next_answer(request)
        self.closing.wait(0.2)
        return answer


@pytest.mark.parametrize("budget", [0.5, 1.5])
def test_rows_and_arrivals_agree_when_the_budget_ends_amid_many(budget: float) -> None:
    clock = Clock()
    with Busy(OK) as server:
        values = options("webhook", server.url("").rstrip("/"))
        message = compose(SAMPLES["failure-cd"])
        rows = [Delivery(f"c{n}", "webhook", f"c{n}", (), load("webhook"), values, message, f"key-{n}") for n in range(800)]
        with threads_end():
            outcomes = list(deliver(rows, Limits(10, clock.monotonic() + budget, 3), Network(), clock))
        arrived = [request.headers["webhook-id"].removeprefix("key-") for request in server.requests]
    told = {outcome.recipient.removeprefix("c") for outcome in outcomes if outcome.outcome == "delivered"}
    doubted = {outcome.recipient.removeprefix("c") for outcome in outcomes if "may have been delivered" in (outcome.reason or "")}
    assert len(outcomes) == len(rows)
    assert len(arrived) == len(set(arrived))
    assert told <= set(arrived) <= told | doubted
    assert len(doubted) <= 64
    assert len(told) + len(doubted) < len(rows)
