"""A plain request to the server itself, over a socket: what loading urllib3 and http.client costs, most messages need not pay.

HTTP/1.1 by RFC 9112, as much of it as one request on a connection of its own takes. What is not plain goes by urllib3.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from errno import ECONNRESET, EPIPE, EPROTOTYPE
from typing import TYPE_CHECKING
from zlib import decompressobj
from zlib import error as ZlibError  # noqa: N812  an exception

from tocsin.connect import connect
from tocsin.named_tuple import NamedTuple
from tocsin.network import NoAnswer
from tocsin.text import clean

if TYPE_CHECKING:
    import ssl
    from io import BufferedReader

    from tocsin.address import HttpUrl
    from tocsin.clock import Clock

LINE_MAX_BYTES = 64 * 1024  # ours, as http.client's: a status, a header or the size of a chunk
LINES_MAX = 100

_HOST = re.compile(r"[a-z0-9_.-]*[a-z0-9_-]")
_TARGET = re.compile(r"(/(?!\.)([\w.~!$&'()*+,;=:@-]|%[0-9A-F]{2})*)+(\?([\w.~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*)?", re.ASCII)
_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_VALUE = re.compile(r"[!-~]([ !-~]*[!-~])?")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;|\r?\n)")  # RFC 9112, 7.1
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})[ \r\n]")
_ENDED = (EPIPE, ECONNRESET, EPROTOTYPE)  # the server takes no more: it may have answered (the last one is macOS's)
_FRAMING = frozenset(("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect"))


class Permit(NamedTuple):
    """Until when a request may take, in the clock's monotonic seconds, and what is asked before its first byte: False if it may not go."""

    deadline: float
    clock: Clock
    commit: Callable[[], bool]

    def remaining(self) -> float:
        """Seconds left, never below a hundredth."""
        return max(0.01, self.deadline - self.clock.monotonic())


class BrokenAnswerError(OSError):
    """The answer is none, or not whole."""


def is_plain(address: HttpUrl, headers: Mapping[str, str]) -> bool:
    """Whether everything goes out as it stands here: no other reading, and nothing that HTTP forbids."""
    fits = _HOST.fullmatch(address.host) and _TARGET.fullmatch(address.target)
    return bool(fits) and all(
        _NAME.fullmatch(name) and _VALUE.fullmatch(value) and name.lower() not in _FRAMING for name, value in headers.items()
    )


@contextmanager
def asked(
    method: str, address: HttpUrl, body: bytes | None, headers: Mapping[str, str], permit: Permit, tls: ssl.SSLContext | None
) -> Iterator[Answer]:
    """The answer to a request, which is open until the end. Raises NoAnswer, OSError."""
    with _connection(address, permit, tls) as connection:
        if not permit.commit():
            raise NoAnswer(f"no answer from {clean(address.host, 100)} in time")
        connection.settimeout(permit.remaining())
        try:
            connection.sendall(_request(method, address, body, headers))
        except OSError as error:
            if error.errno not in _ENDED:
                raise
        with connection.makefile("rb") as file:
            yield Answer(file, method)


def _connection(address: HttpUrl, permit: Permit, tls: ssl.SSLContext | None) -> socket.socket:
    host = clean(address.host, 100)
    try:
        connection = connect(address.host, address.port, permit.deadline, permit.clock)
    except socket.gaierror:
        raise NoAnswer(f"host {host} cannot be resolved") from None
    except UnicodeError:
        raise NoAnswer("the URL or a header is malformed", retry=False) from None
    except TimeoutError:
        raise
    except OSError:
        raise NoAnswer(f"connection to {host} refused or unreachable") from None
    if tls is None:
        return connection
    try:
        return tls.wrap_socket(connection, server_hostname=address.host)
    except BaseException:
        connection.close()
        raise


def _request(method: str, address: HttpUrl, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    host = address.url.split("/")[2]
    lines = [f"{method} {address.target} HTTP/1.1", f"Host: {host}", "Accept-Encoding: identity"]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("ascii") + (body or b"")


class Answer:
    """An answer whose status and headers have been read. The last of several headers of one name holds."""

    def __init__(self, file: BufferedReader, method: str) -> None:
        """Read up to the body. Raises OSError."""
        self._file = file
        self.status = self._begin()
        while self.status == 100:
            self._head()
            self.status = self._begin()
        self.headers = self._head()
        self._chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self._left: int | None = None  # bytes of the body, or of the chunk; None for all until the connection ends
        if method == "HEAD" or self.status in (204, 304) or self.status < 200:
            self._chunked, self._left = False, 0
        elif self._chunked:
            self._left = self._chunk()
        else:
            length = self.headers.get("content-length", "")
            self._left = int(length) if length.isascii() and length.isdigit() else None
        packed = self.headers.get("content-encoding", "").lower() in ("gzip", "x-gzip")  # unasked for
        self._unpack = decompressobj(31) if packed else None  # 31: https://docs.python.org/3/library/zlib.html#zlib.decompress

    def read1(self, size: int) -> bytes:
        """Some bytes of the body, at most `size`; none at its end. Raises OSError where it breaks off."""
        if not self._unpack:
            return self._read(size)
        try:
            while data := self._unpack.unconsumed_tail or self._read(size):
                if unpacked := self._unpack.decompress(data, size):
                    return unpacked
        except ZlibError:
            raise BrokenAnswerError("it is packed otherwise than it says") from None
        return b""

    def _read(self, size: int) -> bytes:
        if self._left == 0:
            return b""
        data = self._file.read1(size if self._left is None else min(size, self._left))
        if self._left is not None:
            if not data:
                raise BrokenAnswerError("it breaks off")
            self._left -= len(data)
            if self._chunked and not self._left:
                self._line()
                self._left = self._chunk()
        return data

    def close(self) -> None:
        """Read no more."""
        self._file.close()

    def _line(self) -> bytes:
        line = self._file.readline(LINE_MAX_BYTES + 1)
        if not line.endswith(b"\n"):
            raise BrokenAnswerError("a line without an end")
        return line

    def _begin(self) -> int:
        """The status."""
        found = _STATUS.match(self._line())
        if not found:
            raise BrokenAnswerError("it is no HTTP")
        return int(found[1])

    def _head(self) -> dict[str, str]:
        """The headers, their names in lower case."""
        headers: dict[str, str] = {}
        for _ in range(LINES_MAX + 1):
            line = self._line().decode("latin-1").rstrip("\r\n")
            if not line:
                return headers
            name, colon, value = line.partition(":")
            if colon and name == name.strip():
                headers[name.lower()] = value.lstrip()
        raise BrokenAnswerError("too many headers")

    def _chunk(self) -> int:
        """The size of the chunk that begins; 0 for the last one, behind which nothing is read."""
        found = _CHUNK.match(self._line())
        if not found:
            raise BrokenAnswerError("it is no chunk")
        return int(found[1], 16)
