"""Write a file whole or not at all, and never through a link that a checkout brought."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from math import inf
from pathlib import Path

from tocsin.checkout import is_within
from tocsin.file_io import Remaining, write_all, write_stream

MODE = 0o666  # what the umask leaves of it, as for every new file
NAME_MAX_CHARS = 100  # ours: of a name that may be as long as the file system takes, for one that is longer

STREAMS = ("/dev/", "/proc/")  # such as /dev/stdout: what is open already, whatever it is


def write_whole(path: Path, text: str, checkouts: Sequence[Path], remaining: Remaining = lambda: inf, mode: int | None = None) -> None:
    """Write a file anew, with a `mode` where one is given. On any error what was there stays. Raises OSError, ValueError.

    In a checkout a link is replaced, not followed, and a folder must not lead out of it: the repository's files are not the user's.
    Elsewhere links are followed, and a pipe or a device is written to for as many seconds as are left.
    """
    data = text.encode("utf-8", "replace")
    parent = Path(os.path.realpath(path.parent))
    if is_within(parent, checkouts):
        if _is_stream(parent / path.name):
            write_stream(parent / path.name, data, remaining)
        else:
            _replace(parent / path.name, data, mode)
    elif _named_within(path, checkouts):
        raise OSError(errno.ELOOP, "a link leads out of the checkout")
    else:
        stream = path.exists() and not path.is_file() and not path.is_dir()
        if stream or str(path).startswith(STREAMS):
            write_stream(path, data, remaining)
        else:
            _replace(Path(os.path.realpath(path)), data, mode)


def replace_whole(path: Path, data: bytes) -> None:
    """Write a file that is there anew, with the mode that it has; on any error what was there stays. Raises OSError."""
    _replace(path, data, stat.S_IMODE(path.stat().st_mode))


def why_not_written(error: OSError | ValueError) -> str:
    """Why a file could not be written, in the system's words where it has any."""
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def append_whole(path: Path, text: str) -> None:
    """Add to a file all of a text, or nothing of it. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), MODE)
    try:
        before = os.fstat(descriptor)
        try:
            write_all(descriptor, text.encode("utf-8", "replace"), lambda: inf)
        except OSError:
            if stat.S_ISREG(before.st_mode):
                os.ftruncate(descriptor, before.st_size)
            raise
    finally:
        os.close(descriptor)


def _is_stream(path: Path) -> bool:
    """Whether a path is a pipe or a device by itself, and no link to one."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))


def _named_within(path: Path, checkouts: Sequence[Path]) -> bool:
    named = Path(os.path.abspath(path))  # noqa: PTH100  Path.absolute keeps `..`
    return any(named.is_relative_to(form) for root in checkouts for form in (os.path.abspath(root), os.path.realpath(root)))  # noqa: PTH100


def _replace(path: Path, data: bytes, mode: int | None = None) -> None:
    """Fill another file in the same folder, and give it the name, and the mode where one is given."""
    if path.is_dir() and not path.is_symlink():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    beside = path.with_name(f".{path.name[:NAME_MAX_CHARS]}.{os.urandom(8).hex()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), MODE if mode is None else mode & MODE)
    try:
        try:
            write_all(descriptor, data, lambda: inf)
        finally:
            os.close(descriptor)
        if mode is not None:
            beside.chmod(mode)
        os.replace(beside, path)  # noqa: PTH105  Path.replace is the same
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
