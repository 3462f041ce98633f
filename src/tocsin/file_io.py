"""Files and streams at whose other end nobody may be: pipes, devices, terminals. Each read and each write has an end.

`remaining` gives the seconds that are left. Where the system cannot wait for a file with an end (Windows), there is none.
"""

from __future__ import annotations

import errno
import os
import select
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TextIO, TypeAlias

Remaining: TypeAlias = Callable[[], float]

_CHUNK_BYTES = 1 << 20
_PIECE_BYTES = getattr(select, "PIPE_BUF", 512)  # a pipe that is ready takes as much without waiting
_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def read_file(path: Path, max_bytes: int, remaining: Remaining) -> bytes:
    """The bytes of a file or a pipe; of a larger one `max_bytes` and one more, so that it is seen to be larger.

    Raises OSError: a TimeoutError where it does not end in time.
    """
    descriptor = os.open(path, os.O_RDONLY | _NO_WAITING)
    try:
        return read_all(descriptor, max_bytes, remaining)
    finally:
        os.close(descriptor)


def read_regular(path: Path, max_bytes: int) -> bytes:
    """The bytes of what is a file and neither a pipe nor a device. Raises OSError, also where there are more than `max_bytes`."""
    descriptor = os.open(path, os.O_RDONLY | _NO_WAITING)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no file but a pipe or a device")
        data = read_all(descriptor, max_bytes, lambda: 0.0)
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise OSError(errno.EFBIG, f"it has more than {max_bytes:,} bytes")
    return data


def read_all(descriptor: int, max_bytes: int, remaining: Remaining) -> bytes:
    """All that comes out of an open file, as `read_file`. Raises OSError."""
    parts: list[bytes] = []
    left = max_bytes + 1
    regular = _is_regular(descriptor)
    while left:
        if not regular:
            _wait(descriptor, "POLLIN", remaining, "it does not end: nothing came for too long, or too little")
        try:
            part = os.read(descriptor, min(left, _CHUNK_BYTES))
        except BlockingIOError:  # somebody else was faster
            continue
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def write_stream(path: Path, data: bytes, remaining: Remaining) -> None:
    """Write into a pipe or a device. Raises OSError: a pipe must have a reader, and one that reads on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOCTTY", 0) | _NO_WAITING)
    try:
        write_all(descriptor, data, remaining)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes, remaining: Remaining) -> None:
    """All of it into an open file: on a disk that is nearly full a call writes a part, and the next one fails. Raises OSError."""
    regular = _is_regular(descriptor)
    piece = _CHUNK_BYTES if regular else _PIECE_BYTES
    at = 0
    while at < len(data):
        if not regular:
            _wait(descriptor, "POLLOUT", remaining, "nobody reads it")
        try:
            at += os.write(descriptor, data[at : at + piece])
        except BlockingIOError:
            continue


def _is_regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _wait(descriptor: int, event: str, remaining: Remaining, late: str) -> None:
    if not hasattr(select, "poll"):
        return
    waiting = select.poll()
    waiting.register(descriptor, getattr(select, event))
    seconds = remaining()
    if not waiting.poll(None if seconds == float("inf") else int(max(0.0, seconds) * 1000)):
        raise TimeoutError(errno.ETIMEDOUT, late)


class PatientStream:
    """Standard output or standard error as a pipe: what is written waits for its reader no longer than there is time."""

    def __init__(self, stream: TextIO, remaining: Remaining) -> None:
        self.encoding, self._errors = stream.encoding, stream.errors or "strict"
        self._descriptor, self._remaining = stream.fileno(), remaining

    def write(self, text: str) -> int:
        """Write it through. Raises OSError: a TimeoutError where nobody reads it."""
        write_all(self._descriptor, text.replace("\n", os.linesep).encode(self.encoding, self._errors), self._remaining)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


def patient(stream: TextIO, remaining: Remaining) -> TextIO | PatientStream:
    """The stream; a patient one where somebody at the other end may stop reading."""
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):  # no stream of the system's: a test's
        return stream
    return PatientStream(stream, remaining) if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else stream
