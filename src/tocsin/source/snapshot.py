"""A policy as it was, with the files that it named: kept by what must use it again later, whatever the workspace is then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tocsin.policy.policy_text import Files, PolicyText
from tocsin.source.places import no_file


class Snapshot(NamedTuple):
    """A policy's name in messages, its bytes, the files it names, by the paths it gives them, and its own path in the repository."""

    name: str
    data: bytes
    files: Mapping[str, bytes]
    path: str = ""

    def text(self) -> PolicyText:
        """The policy, whose files are those that were kept."""

        def read(name: str) -> bytes:
            if name not in self.files:
                raise no_file(name)
            return self.files[name]

        return PolicyText(self.name, self.data, read, self.path)


def take(text: PolicyText) -> tuple[Snapshot, PolicyText]:
    """A snapshot of a policy, and the same policy: each file that is read by it stands in the snapshot from then on."""
    kept: dict[str, bytes] = {}

    def keeping(files: Files) -> Files:
        def read(name: str) -> bytes:
            kept[name] = files(name)
            return kept[name]

        return read

    return Snapshot(text.name, text.data, kept, text.path), text._replace(files=keeping(text.files) if text.files else None)
