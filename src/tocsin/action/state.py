"""What the step's first part leaves for its second, through the runner's own state.

Later steps may change the workspace and most variables, not this. What is too large for a variable goes into a file,
whose digest the state keeps. What shapes the process (PATH, proxies, private CAs, the interpreter) the shim keeps.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from pathlib import Path
from typing import NamedTuple

from tocsin.action.given import Given
from tocsin.errors import ContextError
from tocsin.source.snapshot import Snapshot

NAME = "tocsin"
NOTHING = "nothing"  # the second part has nothing to do; the shim writes it first and ends at it
VARIABLE_MAX_CHARS = 24 * 1024  # Windows: 32,767 characters a variable; Linux: 128 KiB
UNPACKED_MAX_BYTES = 64 * 1024 * 1024  # ours: a policy and its payload files have 4 MiB each
_HERE, _FILE = "here:", "file:"


class State(NamedTuple):
    """What the first part learned. `snapshot` is None where there was no policy's file."""

    snapshot: Snapshot | None
    started_at: str | None  # ISO 8601 in UTC; None where the step came late, when the job was lost already
    given: Given = Given()
    receipts: str = ""  # of the messages of the start, as `receipts.as_json` has them; "" where there are none


class BrokenStateError(ContextError):
    """The state is not what the first part left."""

    def __init__(self, why: str) -> None:
        super().__init__(f"what the first part of this step left for its end is lost: {why}")


def pack_state(state: State, folder: Path) -> str:
    """The state as the value of one variable; `folder` takes the file where it is too long. Raises OSError."""
    policy = state.snapshot and {
        "name": state.snapshot.name,
        "data": _text(state.snapshot.data),
        "path": state.snapshot.path,
        "files": {name: _text(data) for name, data in state.snapshot.files.items()},
    }
    told = {"policy": policy, "started_at": state.started_at, "given": state.given._asdict(), "receipts": state.receipts}
    packed = zlib.compress(json.dumps(told).encode())
    value = _HERE + _text(packed)
    if len(value) <= VARIABLE_MAX_CHARS:
        return value
    path = folder / f"tocsin-{os.urandom(8).hex()}"
    path.write_bytes(packed)
    return f"{_FILE}{hashlib.sha256(packed).hexdigest()}:{path}"


def unpack_state(value: str) -> State:
    """What `pack` made a value of. Raises BrokenStateError."""
    try:
        data = json.loads(_inflate(_packed(value)))
        policy = data["policy"]
        snapshot = policy and Snapshot(
            policy["name"], _bytes(policy["data"]), {name: _bytes(text) for name, text in policy["files"].items()}, policy["path"]
        )
        return State(snapshot, data["started_at"], Given(**data["given"]), data["receipts"])
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise BrokenStateError(f"it cannot be read ({type(error).__name__})") from None


def _packed(value: str) -> bytes:
    if value.startswith(_HERE):
        return _bytes(value.removeprefix(_HERE))
    digest, _, path = value.removeprefix(_FILE).partition(":")
    try:
        packed = Path(path).read_bytes()
    except OSError as error:
        raise BrokenStateError(f"the file {path} cannot be read ({error.strerror})") from None
    if hashlib.sha256(packed).hexdigest() != digest:
        raise BrokenStateError(f"the file {path} has been changed by another step")
    return packed


def _inflate(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    data = inflater.decompress(packed, UNPACKED_MAX_BYTES)
    if not inflater.eof:
        raise ValueError
    return data


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
