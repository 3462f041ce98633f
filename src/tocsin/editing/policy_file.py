"""The one file that is changed: found as a policy is, read, and written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tocsin.checkout import is_within, repository_root
from tocsin.errors import PolicyError, UsageError
from tocsin.file_io import read_regular
from tocsin.policy.nodes import FILE_MAX_BYTES
from tocsin.policy.words import quoted
from tocsin.request import STDIN
from tocsin.source import policy_name, policy_path
from tocsin.source.places import PLACES, shown
from tocsin.whole_file import replace_whole, why_not_written

if TYPE_CHECKING:
    from tocsin.world import World

BOM = b"\xef\xbb\xbf"


class PolicyFile(NamedTuple):
    """A policy's file as it was read, and its name for messages."""

    path: Path
    name: str
    data: bytes

    def write(self, data: bytes) -> None:
        """Write the file anew, with the mode that it has. Raises PolicyError, and then the file is as it was."""
        if _read(self.path, self.name) != self.data:
            raise PolicyError(f"{self.name} has changed since it was read: nothing was written; give the command again")
        try:
            replace_whole(self.path, data)
        except OSError as error:
            raise PolicyError(f"{self.name} cannot be written: {why_not_written(error)}") from None


def policy_file(world: World, named: str | None) -> PolicyFile:
    """The policy that is named, else the one that is found. Raises PolicyError, UsageError where it is none that can be changed."""
    named = policy_name(world, named)
    if named == STDIN:
        raise UsageError("standard input cannot be changed: name the policy's file with --policy FILE")
    path = policy_path(world, named, world.folder)
    if path is None:
        raise PolicyError(f"there is no policy here: looked for {', '.join(PLACES)}; write one with tocsin init, or name it with --policy")
    name = shown(path, world.folder)
    _require_own(path, name, world, named)
    return PolicyFile(path, name, _read(path, name))


def _require_own(path: Path, name: str, world: World, named: str | None) -> None:
    """Raise PolicyError for what is no plain file of this repository's that may be written."""
    if not named and not is_within(path, [repository_root(world.folder)]):
        raise PolicyError(
            f"{quoted(name)} is the policy of TOCSIN_DEFAULT_POLICY, not this repository's: name it with --policy to change it"
        )
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        target = shown(Path(os.path.realpath(path)), Path(os.path.realpath(world.folder)))
        raise PolicyError(f"{name} is a link to {target}: a link is not written through; name that file with --policy to change it")
    if not stat.S_ISREG(status.st_mode):
        raise PolicyError(f"{name} is no file but a pipe or a device: it cannot be changed")
    if status.st_nlink > 1:
        raise PolicyError(f"{name} has a second name (a hard link), which would keep the old text: remove that one first")
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise PolicyError(f"{name} is read-only: nothing was written; make it writable first")


def _read(path: Path, name: str) -> bytes:
    try:
        return read_regular(path, FILE_MAX_BYTES)
    except OSError as error:
        raise PolicyError(f"the policy {quoted(name)} cannot be read: {error.strerror}") from None
