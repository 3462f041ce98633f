"""What `tocsin update` would change: the vendored texts, the lock, and with a new commit the policy itself. Nothing is written here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tocsin.errors import PolicyError
from tocsin.named_tuple import NamedTuple
from tocsin.policy.base_lock import Entry, digest, lock_text, read_lock
from tocsin.policy.base_names import LOCK, VENDORED, BaseName
from tocsin.policy.load import load
from tocsin.policy.nodes import BadFileError
from tocsin.source.places import no_file

if TYPE_CHECKING:
    from tocsin.policy.policy_text import PolicyText

NAME_MAX_CHARS = 120  # ours
ATTRIBUTES = f"{VENDORED}/.gitattributes"
_ATTRIBUTES_TEXT = b"# Written by tocsin update: a text whose line ends git changed would not have its digest any more.\n* -text\n"


class Change(NamedTuple):
    """A file that would change, by its path from the repository's root: None is no file."""

    path: str
    before: bytes | None
    after: bytes | None

    @property
    def word(self) -> str:
        """What happens to it."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def old_lock(source: PolicyText) -> dict[str, Entry]:
    """The entries of the lock as it is. Raises PolicyError where it is none."""
    data = present(source, LOCK)
    try:
        return read_lock(data) if data is not None else {}
    except BadFileError as error:
        raise PolicyError(f"{LOCK}:{error.wrong.line}: {error} (repair it, or delete it: tocsin update writes it anew)") from None


def changes(source: PolicyText, policy: bytes, texts: Mapping[BaseName, bytes]) -> list[Change]:
    """What must change so that the repository has these texts for this policy. Raises PolicyError where it would be invalid then."""
    before = old_lock(source)
    after = _entries(source.path, before, texts)
    wanted: dict[str, bytes | None] = {f"{VENDORED}/{entry.file}": None for entry in before.values()}
    wanted |= {f"{VENDORED}/{after[str(name)].file}": data for name, data in texts.items()}
    ours = {str(name) for name in texts}
    for name, entry in after.items():
        if name not in ours:
            wanted.pop(f"{VENDORED}/{entry.file}", None)  # another policy's
    wanted[LOCK] = lock_text(after).encode() if after else None
    wanted[ATTRIBUTES] = _ATTRIBUTES_TEXT if after else None
    _require_valid(source, policy, wanted)
    wanted[source.path] = policy
    found = [Change(path, source.data if path == source.path else present(source, path), data) for path, data in wanted.items()]
    return [change for change in found if change.before != change.after]


def present(source: PolicyText, path: str) -> bytes | None:
    """A file of the repository; None where there is none."""
    try:
        return source.files(path) if source.files else None
    except BadFileError:
        return None


def _entries(policy: str, before: Mapping[str, Entry], texts: Mapping[BaseName, bytes]) -> dict[str, Entry]:
    """The lock's entries: those of this policy anew, and those that other policies need as they are."""
    names = {str(name): name for name in texts}
    others = {name: tuple(path for path in entry.policies if path != policy) for name, entry in before.items()}
    kept = {name: before[name]._replace(policies=paths) for name, paths in others.items() if paths and name not in names}
    taken = {entry.file.casefold() for entry in kept.values()}
    wanted = {text: readable(name) for text, name in names.items()}
    often = Counter(file.casefold() for file in wanted.values())
    for text, file in wanted.items():
        if often[file.casefold()] > 1 or file.casefold() in taken:
            stem, dot, ending = file.rpartition(".")
            file = f"{stem or ending}-{digest(text.encode())[:8]}{dot}{ending if stem else ''}"  # noqa: PLW2901  the same, told apart
        kept[text] = Entry(file, digest(texts[names[text]]), (*others.get(text, ()), policy))
    return kept


def readable(name: BaseName) -> str:
    """The name of a base's file: where it comes from, without its commit, so that an update shows as a change of the file."""
    parts = [name.kind, *name.repository.split("/"), *name.path.split("/")]
    text = "-".join(re.sub(r"[^A-Za-z0-9._-]+", "_", part).strip(".") or "_" for part in parts)
    return text if len(text) <= NAME_MAX_CHARS else f"{digest(text.encode())[:8]}-{text[-NAME_MAX_CHARS:].lstrip('.-')}"


def _require_valid(source: PolicyText, policy: bytes, wanted: Mapping[str, bytes | None]) -> None:
    def files(name: str) -> bytes:
        data = wanted.get(name) if name in wanted else present(source, name)
        if data is None:
            raise no_file(name)
        return data

    load(source._replace(data=policy, files=files))
