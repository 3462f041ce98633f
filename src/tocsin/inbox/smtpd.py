"""A small SMTP server (RFC 5321): takes mail without a login and without TLS, which a loopback address does not need."""

from __future__ import annotations

import re
from collections.abc import Callable
from socketserver import StreamRequestHandler
from typing import TypeAlias

from tocsin.inbox.servers import Server

MAIL_MAX_BYTES = 40 * 1024 * 1024  # as much as Amazon SES takes
RECIPIENTS_MAX = 100  # RFC 5321, 4.5.3.1.8
_LINE_MAX_BYTES = 4096  # ours; RFC 5321, 4.5.3.1.4 asks for 512, extensions add to it
_CHUNK_BYTES = 64 * 1024

_PATH = re.compile(r"(?:FROM|TO):\s*<(?P<address>[^<>\s]*)>(?P<parameters>(?:\s+\S+)*)\s*", re.IGNORECASE)

Deliver: TypeAlias = Callable[[bytes, str, list[str], str], None]
"""Takes the mail, its envelope's sender and recipients, and the name the client gave itself."""


class ReceivingSession(StreamRequestHandler):
    """One connection."""

    timeout = 60  # seconds a client may be silent
    deliver: Deliver
    client = ""
    sender: str | None = None
    recipients: list[str]

    def handle(self) -> None:
        """Greet, then answer command after command until QUIT or the end of the line."""
        self._reset()
        self._say("220 tocsin inbox ESMTP")
        while line := self.rfile.readline(_LINE_MAX_BYTES):
            if not line.endswith(b"\n"):
                self._say("500 5.5.2 Line too long")
                return
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 2.0.0 Bye")
                return
            self._command(verb.upper(), rest.strip())

    def _command(self, verb: str, rest: str) -> None:
        if verb in ("EHLO", "HELO"):
            self._hello(verb, rest)
        elif verb == "MAIL":
            self._mail(rest)
        elif verb == "RCPT":
            self._rcpt(rest)
        elif verb == "DATA":
            self._data()
        elif verb == "RSET":
            self._reset()
            self._say("250 2.0.0 Forgotten")
        elif verb in ("NOOP", "VRFY"):
            self._say("250 2.0.0 OK" if verb == "NOOP" else "252 2.1.5 Send it and see")
        elif verb in ("AUTH", "STARTTLS"):
            self._say("502 5.5.1 The inbox knows no login and no TLS: use security none and no password")
        else:
            self._say("500 5.5.2 Unknown command")

    def _hello(self, verb: str, rest: str) -> None:
        self._reset()
        self.client = rest[:255]
        if verb == "EHLO":
            self._say("250-tocsin inbox", f"250-SIZE {MAIL_MAX_BYTES}", "250-8BITMIME", "250 SMTPUTF8")
        else:
            self._say("250 tocsin inbox")

    def _mail(self, rest: str) -> None:
        match = _PATH.fullmatch(rest)
        if self.sender is not None:
            self._say("503 5.5.1 There is a sender already: RSET begins anew")
        elif not match or not rest.upper().startswith("FROM"):
            self._say("501 5.5.4 Write MAIL FROM:<address>")
        elif _size(match["parameters"]) > MAIL_MAX_BYTES:
            self._say("552 5.3.4 The mail is too large")
        else:
            self.sender = match["address"]
            self._say("250 2.1.0 OK")

    def _rcpt(self, rest: str) -> None:
        match = _PATH.fullmatch(rest)
        if self.sender is None:
            self._say("503 5.5.1 MAIL comes first")
        elif not match or not match["address"] or not rest.upper().startswith("TO"):
            self._say("501 5.5.4 Write RCPT TO:<address>")
        elif len(self.recipients) == RECIPIENTS_MAX:
            self._say("452 4.5.3 Too many recipients")
        else:
            self.recipients.append(match["address"])
            self._say("250 2.1.5 OK")

    def _data(self) -> None:
        if self.sender is None or not self.recipients:
            self._say("503 5.5.1 MAIL and RCPT come first")
            return
        self._say("354 End with a dot on a line by itself")
        mail = self._read()
        if mail is None:
            self._say("552 5.3.4 The mail is too large")
        else:
            self.deliver(mail, self.sender, self.recipients, self.client)
            self._say("250 2.0.0 Taken")
        self._reset()

    def _read(self) -> bytes | None:
        """The mail up to the lone dot, dots unstuffed; None for one that is too large, which is read to its end all the same."""
        chunks, size, at_start = [], 0, True
        while (line := self.rfile.readline(_CHUNK_BYTES)) != b".\r\n" or not at_start:
            if not line:
                raise ConnectionError("the client hung up within a mail")
            if at_start and line.startswith(b"."):
                line = line[1:]
            at_start = line.endswith(b"\r\n")
            size += len(line)
            if size <= MAIL_MAX_BYTES:
                chunks.append(line)
        return b"".join(chunks) if size <= MAIL_MAX_BYTES else None

    def _reset(self) -> None:
        self.sender, self.recipients = None, []

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode("ascii"))


def _size(parameters: str) -> int:
    match = re.search(r"\bSIZE=(\d{1,18})\b", parameters, re.IGNORECASE)
    return int(match[1]) if match else 0


def smtp_server(host: str, port: int, deliver: Deliver) -> Server:
    """An SMTP server that hands every mail to `deliver`. Raises OSError where the port cannot be had."""
    return Server(host, port, type("BoundSession", (ReceivingSession,), {"deliver": staticmethod(deliver)}))
