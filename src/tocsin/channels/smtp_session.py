"""One SMTP connection: bounded in time and size, under TLS before anything secret is said."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tocsin.channels.smtp_probe import PROBE_SECONDS, certified_name, speaks_tls
from tocsin.connect import connect
from tocsin.network import NoAnswer, certificate_refused, tls_failed
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.clock import Clock

LINE_MAX_BYTES = 2048  # ours; RFC 5321, 4.5.3.1.5 has 512
REPLY_MAX_LINES = 100  # ours: the longest reply in use, EHLO's, has about 20
FAREWELL_SECONDS = 0.5
OTHER_NAME = "; the channel's option hello gives this machine another name"
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")  # in this order: under TLS the plain ones are as safe, and every server has them


class Refused(Exception):  # noqa: N818  an answer, not a defect
    """The server answered no: `code` is SMTP's, `reason` what was refused and the server's words."""

    def __init__(self, what: str, code: int, words: bytes | str) -> None:
        said = clean(words.decode("utf-8", "replace") if isinstance(words, bytes) else words, 200)
        self.code = code
        self.reason = f"{what}: {code} {said}".rstrip() if code >= 400 else f"{what}: the server's answer makes no sense here"
        if code >= 400 and re.search(r"\b(?:he|eh)lo\b", said, re.IGNORECASE):
            self.reason += OTHER_NAME
        super().__init__(self.reason)


class Session(smtplib.SMTP):
    """A connection without TLS at first. `deadline`, on the clock's monotonic seconds, holds for every answer.

    `redact` masks what is secret in the words of a refusal, before anybody reads, cuts or cleans them.
    """

    used = False

    def __init__(
        self,
        host: str,
        port: int,
        deadline: float,
        clock: Clock,
        redact: Callable[[str], str] = str,
        hello: str | None = None,
        **more: Any,
    ) -> None:
        self.deadline, self.clock, self.redact = deadline, clock, redact
        super().__init__(host, port, local_hostname="localhost", timeout=self._left(), **more)
        self._host = certified_name(host)
        self.local_hostname = hello or self._literal()

    def connect(self, host: str = "localhost", port: int = 0, source_address: object = None) -> tuple[int, bytes]:
        """Connect, and wait for the greeting. Raises OSError, and NoAnswer where a greeting without TLS will never come."""
        del source_address
        self.sock, self.file = self._get_socket(host, port, self._left()), None
        end = self.deadline
        self.deadline = end - min(PROBE_SECONDS, self._left() / 4)
        try:
            return self._reply()
        except TimeoutError:
            self.deadline = end
            raise self._silent(host, port) from None
        except smtplib.SMTPServerDisconnected:
            raise NoAnswer(f"connection to {clean(host, 100)} broke before a whole answer came: it has not greeted") from None
        finally:
            self.deadline = end
            if sys.exc_info()[0]:
                self.close()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del timeout
        return connect(host, port, self.deadline, self.clock)

    def _silent(self, host: str, port: int) -> NoAnswer:
        """Why no greeting came. The connection is of no more use, so that it can be asked for TLS."""
        if self.sock and not isinstance(self.sock, ssl.SSLSocket) and speaks_tls(self.sock, host, self._left()):
            return NoAnswer(f"port {port} of {clean(host, 100)} speaks TLS from the start: use security: tls", retry=False)
        return NoAnswer(f"no answer from {clean(host, 100)} in time: port {port} has taken the connection and does not greet")

    def getreply(self) -> tuple[int, bytes]:
        """One answer: its code, -1 where it has none, and its words. Raises OSError, SMTPServerDisconnected."""
        try:
            return self._reply()
        except OSError:
            self.close()
            raise

    def _reply(self) -> tuple[int, bytes]:
        if not self.sock:
            raise smtplib.SMTPServerDisconnected("not connected")
        self.file = self.file or self.sock.makefile("rb")
        words: list[bytes] = []
        while len(words) < REPLY_MAX_LINES:
            self.sock.settimeout(self._left())
            line = self.file.readline(LINE_MAX_BYTES)
            if not line.endswith(b"\n"):
                raise smtplib.SMTPServerDisconnected("connection closed, or a line without end")
            words.append(line[4:].strip())
            if not line[:3].isdigit():
                return -1, b""
            if line[3:4] != b"-":
                code, said = int(line[:3]), b"\n".join(words)
                return code, self.redact(said.decode("utf-8", "replace")).encode() if code >= 400 else said
        raise smtplib.SMTPServerDisconnected("an answer without end")

    def _left(self) -> float:
        return max(0.01, self.deadline - self.clock.monotonic())

    def _literal(self) -> str:
        """How EHLO names this machine (RFC 5321, 4.1.3): by its address, since looking its name up can take long and be wrong."""
        address = str(self.sock.getsockname()[0]) if self.sock else "127.0.0.1"
        return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"

    def reset(self) -> bool:
        """True if the connection, left idle or amid a refused mail, is ready for the next."""
        try:
            return self.rset()[0] == 250
        except OSError:
            return False

    def farewell(self) -> None:
        """End the connection, in good order where it still stands."""
        self.deadline = self.clock.monotonic() + FAREWELL_SECONDS
        if self.sock:
            with suppress(OSError):
                self.docmd("QUIT")
        self.close()

    def secure(self, tls: ssl.SSLContext, host: str) -> None:
        """STARTTLS, or the end: Raises NoAnswer, final, where the server does not offer it, Refused where it does not do it."""
        self.greet()
        if not self.has_extn("starttls"):
            raise NoAnswer(
                f"{host} does not offer STARTTLS, and without it nothing is sent: use a port with TLS (security: tls), "
                "or security: none for a server on your own network that takes mail without a login",
                retry=False,
            )
        try:
            self.starttls(context=tls)
        except smtplib.SMTPResponseException as error:
            raise Refused("STARTTLS is refused", error.smtp_code, error.smtp_error) from None

    def greet(self) -> None:
        """EHLO, or HELO for a server that knows no other. Raises Refused with what the server said last."""
        if self.ehlo_resp is not None or self.helo_resp is not None:
            return
        code, words = self.ehlo()
        if not 200 <= code < 300 and code != 421:
            with suppress(OSError):  # it has said why, and closes
                code, words = self.helo()
        if not 200 <= code < 300:
            refused = Refused("the greeting is refused", code, words)
            if code >= 500:
                refused.reason = f"{refused.reason.removesuffix(OTHER_NAME)}; it was told {self.local_hostname}{OTHER_NAME}"
            raise refused

    def log_in(self, user: str, password: str, *, xoauth2: bool) -> None:
        """Log in by the first way that the server takes. Raises Refused, or NoAnswer, final, where there is none."""
        if not isinstance(self.sock, ssl.SSLSocket):
            raise NoAnswer("the connection has no TLS, so the password is not sent", retry=False)
        self.greet()
        offered = self.esmtp_features.get("auth", "").upper().split()
        ways = [way for way in (("XOAUTH2",) if xoauth2 else MECHANISMS) if way in offered]
        if not ways:
            raise NoAnswer(
                f"the server offers no login that is known here (it offers: {clean(' '.join(offered), 100) or 'none'})", retry=False
            )
        self.user, self.password = user, password
        refused: Refused | None = None
        for way in ways:
            try:
                return self._log_in_by(way)
            except smtplib.SMTPAuthenticationError as error:
                refused = Refused(f"the login ({way}) is refused", error.smtp_code, error.smtp_error)
            except OSError:
                break
        raise refused or smtplib.SMTPServerDisconnected("connection closed during the login")

    def _log_in_by(self, way: str) -> None:
        try:
            self.auth(way, getattr(self, f"auth_{way.lower().replace('-', '_')}"))
        except UnicodeEncodeError:
            raise NoAnswer("the username or password has characters outside ASCII, which an SMTP login cannot carry", retry=False) from None
        except ValueError:
            raise Refused(f"the login ({way}) fails", -1, "") from None

    def auth_xoauth2(self, challenge: bytes | None = None) -> str:
        """The answer to XOAUTH2, where the password is an access token; a challenge means that it is refused, and wants an empty answer."""
        return "" if challenge else f"user={self.user}\x01auth=Bearer {self.password}\x01\x01"


class TlsSession(Session, smtplib.SMTP_SSL):
    """A connection under TLS from its first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        try:
            return self.context.wrap_socket(plain, server_hostname=certified_name(host))
        except OSError:
            plain.close()
            raise


def no_answer(error: Exception, host: str) -> NoAnswer:
    """What a broken connection means, in words."""
    host = clean(host, 100)
    unverified = certificate_refused(error, host)
    if unverified:
        return unverified
    if isinstance(error, UnicodeError):
        return NoAnswer(f"{host} cannot be the name of a host", retry=False)
    if isinstance(error, socket.gaierror):
        return NoAnswer(f"host {host} cannot be resolved")
    if isinstance(error, TimeoutError):
        return NoAnswer(f"no answer from {host} in time")
    if isinstance(error, ssl.SSLError):
        return tls_failed(error, host, "does its port want the other kind (security: tls or starttls)?")
    if isinstance(error, (smtplib.SMTPException, ConnectionResetError, BrokenPipeError)):
        return NoAnswer(f"connection to {host} broke before a whole answer came")
    return NoAnswer(f"connection to {host} refused or unreachable")
