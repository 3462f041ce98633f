"""The text of a policy, wherever it came from: a workspace, a commit, an API, a snapshot, standard input."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tocsin.named_tuple import NamedTuple

Files: TypeAlias = Callable[[str], bytes]
"""Reads a file that a policy names, by its path from the repository's root.

Raises nodes.BadFileError, in words for the policy's author, where there is none or it may not be read.
"""


class PolicyText(NamedTuple):
    """A policy as it was found: its `name` for messages, its bytes, and what reads the further files that it names.

    `files` is None where nothing beside the policy may be read; what needs such a file then cannot be used.
    `path` is the policy's own, from the repository's root on, "" where it is no file there.
    """

    name: str
    data: bytes
    files: Files | None = None
    path: str = ""
