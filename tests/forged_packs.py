"""Packs whose objects are not what their names say: what somebody can unpack into a workspace's `.git`.

Formats: https://git-scm.com/docs/gitformat-pack
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

_KINDS = {"commit": 1, "tree": 2, "blob": 3}
_HASHES = {40: hashlib.sha1, 64: hashlib.sha256}


def forge(git_folder: Path, objects: Mapping[str, tuple[str, bytes]]) -> None:
    """Put a pack into a repository whose objects, by name, are of these kinds and hold these bytes, whatever their names say."""
    new = _HASHES[len(next(iter(objects)))]
    pack, entries = struct.pack(">4sII", b"PACK", 2, len(objects)), dict[str, tuple[int, int]]()
    for name, (kind, data) in objects.items():
        record = _header(_KINDS[kind], len(data)) + zlib.compress(data)
        entries[name] = (len(pack), zlib.crc32(record))
        pack += record
    checksum = new(pack).digest()
    index = _index(entries) + checksum
    place = git_folder / "objects" / "pack" / f"pack-{checksum.hex()}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.with_suffix(".pack").write_bytes(pack + checksum)
    place.with_suffix(".idx").write_bytes(index + new(index).digest())


def _header(kind: int, size: int) -> bytes:
    first, size = kind << 4 | size & 15, size >> 4
    found = []
    while size:
        found.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    return bytes([*found, first])


def _index(entries: Mapping[str, tuple[int, int]]) -> bytes:
    names = sorted(entries)
    fan = [sum(int(name[:2], 16) <= first for name in names) for first in range(256)]
    parts = [b"\xfftOc", struct.pack(">I", 2), struct.pack(">256I", *fan), *(bytes.fromhex(name) for name in names)]
    return b"".join(
        [*parts, *(struct.pack(">I", entries[name][1]) for name in names), *(struct.pack(">I", entries[name][0]) for name in names)]
    )
