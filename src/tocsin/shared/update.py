"""`tocsin update`: fetch a policy's bases, and show or write what changes by it.

policy ─ texts, fetched or as they are ─ lock ─ the policy loaded with them ─ changes ─ files
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.checkout import commit_id, repository_root
from tocsin.errors import PolicyError, UsageError
from tocsin.named_tuple import NamedTuple
from tocsin.policy.base_lock import digest
from tocsin.policy.base_names import VENDORED, BaseName, without_pin
from tocsin.shared.collect import Fetch, collect
from tocsin.shared.fetch import fetch
from tocsin.shared.pins import pinned, repinned
from tocsin.shared.reach import Reach, reach
from tocsin.shared.vendor import Change, changes, old_lock, present

if TYPE_CHECKING:
    import requests

    from tocsin.policy.base_lock import Entry
    from tocsin.policy.policy_text import PolicyText
    from tocsin.world import World

DIFF_MAX_LINES = 200  # ours: of one file


class Update(NamedTuple):
    """What an update changes, and what the bases reach before and after it."""

    changes: Sequence[Change]
    bases: Sequence[str]
    before: Reach
    after: Reach


def plan_update(source: PolicyText, chosen: Sequence[str], commit: str | None, world: World) -> Update:
    """What an update would change. `chosen` are bases as the policy writes them, their files, or none for all.

    With a commit, the chosen bases are taken from it. Raises PolicyError, UsageError.
    """
    old = old_lock(source)
    policy = _with_commit(source.data, chosen, commit) if commit else source.data
    source_after = source._replace(data=policy)
    with ExitStack() as opened:
        asked = _Asked(source, old, () if commit else chosen, _fetcher(world, opened))
        texts = collect(source_after, asked)
    if chosen and not commit:
        asked.require_all_met()
    found = changes(source, policy, texts)
    before = [data for entry in old.values() if (data := present(source, f"{VENDORED}/{entry.file}")) is not None]
    return Update(found, [str(name) for name in texts], reach(before), reach(texts.values()))


def _fetcher(world: World, opened: ExitStack) -> Fetch:
    """Fetches by one session, which the first text opens: where nothing is to fetch, no extra is needed."""

    @cache
    def opened_session() -> requests.Session:
        from tocsin.requests_session import session

        return opened.enter_context(session(world.network))

    return lambda name: fetch(name, opened_session(), world.env, world.clock)


def _with_commit(data: bytes, chosen: Sequence[str], commit: str) -> bytes:
    if commit_id(commit) != commit:
        raise UsageError("--to takes a commit's full id: 40 hexadecimal digits in small letters, or 64")
    bases = [name for name in pinned(data) if not chosen or _is_meant(name, chosen)]
    if not bases:
        raise UsageError("--to: the policy names no such base at a commit")
    if len({(name.kind, name.repository) for name in bases}) > 1:
        raise UsageError(
            f"--to: a commit is of one repository: name the base, one of {', '.join(without_pin(str(name)) for name in bases)}"
        )
    return repinned(data, bases, commit)


def _is_meant(name: BaseName, chosen: Sequence[str]) -> bool:
    return str(name) in chosen or without_pin(str(name)) in chosen


class _Asked:
    """The texts that are asked for: fetched where they are chosen or not here yet, else as they are."""

    def __init__(self, source: PolicyText, lock: Mapping[str, Entry], chosen: Sequence[str], fetch_: Fetch) -> None:
        self._source, self._lock, self._chosen, self._fetch = source, lock, chosen, fetch_
        self._met: set[str] = set()

    def __call__(self, name: BaseName) -> bytes:
        entry = self._lock.get(str(name))
        words = {str(name), without_pin(str(name)), *([entry.file, f"{VENDORED}/{entry.file}"] if entry else [])} & set(self._chosen)
        self._met |= words
        data = present(self._source, f"{VENDORED}/{entry.file}") if entry and self._chosen and not words else None
        return data if data is not None and entry and digest(data) == entry.sha256 else self._fetch(name)

    def require_all_met(self) -> None:
        """Raise UsageError for a word that means no base."""
        for word in self._chosen:
            if word not in self._met:
                raise UsageError(f"no base is called {word!r}: write it as the policy does")


def diff_lines(change: Change) -> Iterator[str]:
    """A change as a unified diff, its first lines."""
    before, after = ((data or b"").decode("utf-8", "replace").splitlines() for data in (change.before, change.after))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
    yield from lines[:DIFF_MAX_LINES]
    if len(lines) > DIFF_MAX_LINES:
        yield f"… and {len(lines) - DIFF_MAX_LINES} more lines"


def root_of(path: Path) -> Path:
    """The root of the repository that a policy is in. Raises PolicyError where it is in none."""
    root = repository_root(path.absolute().parent)
    if not (root / ".git").exists():
        raise PolicyError("the policy is in no repository: bases are kept beside it, in the repository's root")
    return root
