"""Real SMTP servers on loopback: one that takes mail as a good server does (aiosmtpd), one that follows a script line by line.

with Mailbox(starttls=context, login=("ci", "pass")) as server: ...   # server.mails, server.connections
with ScriptedSmtp({"RCPT": "550 5.1.1 no such user"}) as server: ...  # server.commands, server.bodies
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from typing_extensions import Self

if TYPE_CHECKING:
    import ssl


class Mail(NamedTuple):
    """A mail that was taken: its envelope and its bytes."""

    sender: str
    recipient: str
    content: bytes
    tls: bool


class Mailbox:
    """A mail server. `refusals` are its answers to some addresses in RCPT; `login` is the one that it takes."""

    def __init__(
        self,
        *,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        refusals: Mapping[str, str] = {},
        smtputf8: bool = False,
        host: str = "127.0.0.1",
    ) -> None:
        self.host, self.login, self.refusals = host, login, refusals
        self.mails: list[Mail] = []
        self.logins: list[tuple[str, str, str]] = []
        self.connections = 0
        self._options: dict[str, Any] = {"tls_context": starttls, "require_starttls": bool(starttls), "enable_SMTPUTF8": smtputf8}
        if login:
            self._options |= {"auth_required": not tls, "authenticator": self._authenticate, "auth_require_tls": not tls}
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        start = self._loop.create_server(self._protocol, self.host, 0, ssl=self._tls)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self) -> SMTP:
        self.connections += 1
        return SMTP(self, hostname="mail.test", loop=self._loop, timeout=30, **self._options)

    def _authenticate(self, _: SMTP, __: Session, ___: Envelope, mechanism: str, data: Any) -> AuthResult:
        name, password = (data.login.decode(), data.password.decode())
        self.logins.append((mechanism, name, password))
        return AuthResult(success=(name, password) == self.login, handled=False)

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802  the library's name
        """Take or refuse a recipient."""
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail."""
        content = envelope.original_content or b""
        self.mails.append(Mail(str(envelope.mail_from), envelope.rcpt_tos[0], content, session.ssl is not None or self._tls is not None))
        return "250 OK"


ANSWERS = {
    "greeting": "220 mail.test ESMTP",
    "EHLO": "250-mail.test\r\n250-SIZE 1000000\r\n250 8BITMIME",
    "HELO": "250 mail.test",
    "STARTTLS": "220 go ahead",
    "AUTH": "235 welcome",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 go ahead",
    "body": "250 OK queued",
    "RSET": "250 OK",
    "NOOP": "250 OK",
    "QUIT": "221 bye",
}
Script = Mapping[str, "str | list[str]"]


class ScriptedSmtp:
    """Answers each command as the script says, by its verb, "greeting" or "body"; a list is answered in order, its last item ever after.

    In place of an answer: `close`, `reset`, `hang` (until the server ends), `endless` (lines), `flood` (one line without end), `drip` (one
    byte at a time). An answer may end in ` then close`.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script: dict[str, list[str]] = {
            phase: [answer] if isinstance(answer, str) else list(answer) for phase, answer in {**ANSWERS, **script}.items()
        }
        self._tls = tls
        self.commands: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._talk, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _talk(self, plain: socket.socket) -> None:
        connection = plain
        with suppress(OSError):
            connection = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            connection.settimeout(0.02)
            self._converse(connection)
        connection.close()

    def _converse(self, connection: socket.socket) -> None:
        pending = b""
        if not self._answer(connection, "greeting"):
            return
        end = b"\r\n"
        while True:
            while end not in pending:
                chunk = self._receive(connection)
                if not chunk:
                    return
                pending += chunk
            text, _, pending = pending.partition(end)
            phase = self._phase(text, body=end != b"\r\n")
            if not self._answer(connection, phase):
                return
            end = b"\r\n.\r\n" if phase == "DATA" and self._last.startswith("354") else b"\r\n"

    def _phase(self, text: bytes, *, body: bool) -> str:
        if body:
            self.bodies.append(text)
            return "body"
        self.commands.append(text.decode("latin-1"))
        verb = text.split(b" ")[0].decode("latin-1").upper()
        return verb if verb in self._script else "AUTH"  # what follows a 334

    def _receive(self, connection: socket.socket) -> bytes:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                return connection.recv(65536)
        return b""

    def _answer(self, connection: socket.socket, phase: str) -> bool:
        """Say what the script has for a phase; False where the connection ends with it."""
        answers = self._script[phase]
        self._last = answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer in _DEEDS:
            _DEEDS[answer](connection, self._closing)
            return False
        words, _, then = answer.partition(" then ")
        connection.sendall(words.encode("latin-1") + b"\r\n")
        return not then


def _reset(connection: socket.socket, _: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _endless(connection: socket.socket, closing: threading.Event) -> None:
    while not closing.is_set():
        connection.sendall(b"250-and more\r\n" * 100)


def _flood(connection: socket.socket, closing: threading.Event) -> None:
    while not closing.is_set():
        connection.sendall(b"250-" + b"x" * 4096)


def _drip(connection: socket.socket, closing: threading.Event) -> None:
    while not closing.wait(0.02):
        connection.sendall(b"2")


_DEEDS: dict[str, Any] = {
    "close": lambda *_: None,
    "reset": _reset,
    "hang": lambda _, closing: closing.wait(),
    "endless": _endless,
    "flood": _flood,
    "drip": _drip,
}
