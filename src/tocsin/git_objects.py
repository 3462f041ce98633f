"""Files as they are in a commit, read from git's objects, each held against its name.

A commit's id is the hash of what it holds: its tree's id, and by that each file's. git itself does not check this when it reads, so
whoever can write into `.git` (an artifact that is unpacked, a job before this one) could have it read another file. Here nothing is
believed whose hash is not the name that was asked for.

https://git-scm.com/book/en/v2/Git-Internals-Git-Objects, https://git-scm.com/docs/hash-function-transition
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

FILE_MAX_BYTES = 8 * 1024 * 1024  # ours: twice what any file that is read this way may have; of a larger one this is its beginning
OBJECT_MAX_BYTES = 64 * 1024 * 1024  # ours: a commit, a folder or a file that is larger is not read
_HEADER_MAX_BYTES = 1024  # ours: an object's name, kind and size
_CHUNK_BYTES = 65536
_HASHES = {40: hashlib.sha1, 64: hashlib.sha256}  # by the hex digits of a name
_FOLDER, _FILE_BEGINS = b"40000", b"100"  # the rest of a file's mode are its rights; links are "120000"


class ForgedObjectError(ValueError):
    """An object is not what its name says, or no object at all."""


class _Entry(NamedTuple):
    mode: bytes
    name: str  # of the object, in hex digits


class Objects:
    """The objects of a repository, as `git cat-file --batch` hands them out on two streams.

    https://git-scm.com/docs/git-cat-file, "BATCH OUTPUT". Its methods raise OSError where git ends early, ForgedObjectError where it
    answers otherwise.
    """

    def __init__(self, asked: IO[bytes], answers: IO[bytes]) -> None:
        self._asked, self._answers = asked, answers
        self._folders: dict[str, dict[bytes, _Entry]] = {}

    def files(self, commit: str, paths: Sequence[bytes]) -> dict[bytes, bytes] | None:
        """Those of `paths` that are files in a commit, with their bytes; None where the commit is not here."""
        data = self._read(commit, b"commit")
        if data is None:
            return None
        first = data.split(b"\n", 1)[0]
        if not first.startswith(b"tree "):
            raise ForgedObjectError
        tree = first[5:].decode("ascii", "replace")
        found = {path: self._file(tree, path) for path in paths}
        return {path: blob for path, blob in found.items() if blob is not None}

    def _file(self, tree: str, path: bytes) -> bytes | None:
        """A file by its path; None for what is a folder, a link or not there. Raises ForgedObjectError where a part of it is not here."""
        *folders, name = path.split(b"/")
        for folder in folders:
            entry = self._folder(tree).get(folder)
            if not entry or entry.mode != _FOLDER:
                return None
            tree = entry.name
        entry = self._folder(tree).get(name)
        if not entry or not entry.mode.startswith(_FILE_BEGINS):
            return None
        blob = self._read(entry.name, b"blob")
        if blob is None:
            raise ForgedObjectError
        return blob

    def _folder(self, tree: str) -> dict[bytes, _Entry]:
        if tree not in self._folders:
            data = self._read(tree, b"tree")
            if data is None:
                raise ForgedObjectError
            self._folders[tree] = dict(_entries(data, len(tree) // 2))
        return self._folders[tree]

    def _read(self, name: str, kind: bytes) -> bytes | None:
        """The beginning of an object, all of which was held against its name; None where it is not here."""
        if len(name) not in _HASHES:
            raise ForgedObjectError
        self._asked.write(name.encode("ascii", "replace") + b"\n")
        self._asked.flush()
        header = self._answers.readline(_HEADER_MAX_BYTES)
        if not header.endswith(b"\n"):
            raise BrokenPipeError
        if header.endswith(b" missing\n"):
            return None
        said = header.split()
        if len(said) != 3 or not said[2].isdigit() or int(said[2]) > OBJECT_MAX_BYTES:
            raise ForgedObjectError
        return self._held(name, kind, int(said[2]))

    def _held(self, name: str, kind: bytes, size: int) -> bytes:
        """Its kind is a part of what is hashed."""
        digest = _HASHES[len(name)](b"%s %d\0" % (kind, size), usedforsecurity=False)  # where only newer hashes are allowed, git's stays
        kept = bytearray()
        left = size
        while left:
            chunk = self._answers.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise BrokenPipeError
            left -= len(chunk)
            digest.update(chunk)
            kept += chunk[: FILE_MAX_BYTES - len(kept)]
        if self._answers.read(1) != b"\n" or digest.hexdigest() != name:
            raise ForgedObjectError
        return bytes(kept)


def _entries(data: bytes, id_bytes: int) -> Iterator[tuple[bytes, _Entry]]:
    """What a folder holds: its entries one after the other, each its mode, a space, its name, a NUL and its id in bytes."""
    at = 0
    while at < len(data):
        end = data.find(b"\0", at)
        mode, found, name = data[at:end].partition(b" ")
        at = end + 1 + id_bytes
        if end < 0 or not found or at > len(data):
            raise ForgedObjectError
        yield name, _Entry(mode, data[end + 1 : at].hex())
