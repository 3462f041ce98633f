"""Receipts: what finds the messages of a run again, kept by its start for its end.

They travel as data that others can write to (a file, an artifact, a CI's state), so each has a seal: a digest keyed by the channel's own
options, its secret among them. What was not written by this channel of this policy is never used, so a receipt leads nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from tocsin.event import Event
from tocsin.named_tuple import NamedTuple
from tocsin.verdict import Earlier, FollowUp, Outcome

VERSION = 1
FILE_MAX_BYTES = 1024 * 1024  # ours: thousands of receipts
KEPT_MAX = 1000  # ours: the newest
VALUE_MAX_CHARS = 300  # ours: of any id, name or address in a receipt


class Kept(NamedTuple):
    """One receipt: the channel's name in the policy, its kind, to whom, of which run and hook, and the service's own ids."""

    channel: str
    kind: str
    recipient: str
    run: str
    hook: str
    receipt: Mapping[str, str]
    seal: str


Receipts: TypeAlias = tuple[Kept, ...]


class Keeping(NamedTuple):
    """The receipts there are. `asked`: a person says where they are kept, so where those of a run are missing, it is said."""

    receipts: Receipts = ()
    asked: bool = False

    def lacks(self, event: Event) -> bool:
        """Whether the receipts of this run should be there and are not: where some are, the others had no start to tell of."""
        return self.asked and all(row.run != run_key(event) for row in self.receipts)


class Wanted(NamedTuple):
    """What becomes of the message, whether it must be heard, and whether a missing receipt is `said`."""

    conversation: Literal["update", "thread"]
    aloud: bool
    said: bool


def run_key(event: Event) -> str:
    """What tells the messages of one run from those of others, and of another app or leg in the same run."""
    run, repository = event.run, event.repository
    named = (event.ci, repository.owner, repository.name, event.pipeline, event.app, event.environment, event.job.variant)
    return hashlib.sha256(json.dumps([*named, run.id, run.attempt]).encode()).hexdigest()[:32]


def read_receipts(data: bytes) -> Receipts:
    """The receipts of a file. Raises ValueError, with words for a person, where it is none of ours."""
    if len(data) > FILE_MAX_BYTES:
        raise ValueError(f"it has more than {FILE_MAX_BYTES:,} bytes")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    rows = content.get("receipts") if isinstance(content, dict) and content.get("version") == VERSION else None
    kept = [_kept(row) for row in rows] if isinstance(rows, list) else [None]
    found = tuple(row for row in kept if row)
    if len(found) < len(kept):
        raise ValueError("it is no file of receipts")
    return found[-KEPT_MAX:]


def _kept(row: Any) -> Kept | None:
    if not isinstance(row, dict) or row.keys() != set(Kept._fields) or not isinstance(row["receipt"], dict):
        return None
    texts = [*row["receipt"], *row["receipt"].values(), *(value for name, value in row.items() if name != "receipt")]
    return Kept(**row) if all(isinstance(text, str) and len(text) <= VALUE_MAX_CHARS for text in texts) else None


def as_json(receipts: Receipts) -> str:
    """The text of a file."""
    return json.dumps({"version": VERSION, "receipts": [row._asdict() for row in receipts]}, indent=2) + "\n"


def merged(before: Receipts, after: Iterable[Kept]) -> Receipts:
    """Receipts, each in the place of an older one of the same channel, recipient and run."""
    rows = {(row.channel, row.recipient, row.run): row for row in before}
    for row in after:
        rows.pop((row.channel, row.recipient, row.run), None)
        rows[row.channel, row.recipient, row.run] = row
    return tuple(rows.values())[-KEPT_MAX:]


def kept(event: Event, outcomes: Iterable[Outcome], options: Mapping[str, Any]) -> Receipts:
    """The receipts of what was delivered, by channels that use them."""
    rows = []
    for outcome in outcomes:
        if outcome.receipt and hasattr(options[outcome.channel], "conversation"):
            row = Kept(outcome.channel, outcome.kind, outcome.recipient, run_key(event), event.hook, outcome.receipt, "")
            rows.append(row._replace(seal=_seal(row, options[outcome.channel])))
    return tuple(rows)


def find(receipts: Receipts, event: Event, place: tuple[str, str, str], options: Any, wanted: Wanted) -> FollowUp:
    """The message of this run at a place (channel, kind, recipient) that is changed or answered."""
    there = [row for row in receipts if (row.channel, row.kind, row.recipient) == place]
    mine = next((row for row in there if row.run == run_key(event)), None)
    starts = event.hook == "trigger"
    if mine is None:
        why = "its receipt is of another run" if there else "there is no receipt of the run's start"
        return FollowUp(why_new=None if starts or not wanted.said else why)
    if not hmac.compare_digest(mine.seal.encode(), _seal(mine, options).encode()):
        return FollowUp(why_new="its receipt was not written by this channel of this policy")
    if starts and (not event.run.id or mine.hook != "trigger"):  # another run, as far as anybody can tell; or one that told an end
        return FollowUp()
    return FollowUp(Earlier(mine.receipt, wanted.conversation, wanted.aloud))


def _seal(row: Kept, options: Any) -> str:
    told = json.dumps([*row[:-2], sorted(row.receipt.items())])
    return hmac.digest(repr(options).encode("utf-8", "surrogatepass"), told.encode(), "sha256").hex()
