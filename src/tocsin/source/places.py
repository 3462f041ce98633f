"""Where a policy lies in a workspace: the file that was named, the places in the repository, the organisation's default."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tocsin.checkout import repository_root
from tocsin.errors import PolicyError
from tocsin.file_io import Remaining, read_file
from tocsin.policy.nodes import FILE_MAX_BYTES, BadFileError
from tocsin.policy.policy_text import Files
from tocsin.policy.words import quoted

PLACES = (".tocsin.yml", ".github/tocsin.yml", ".gitlab/tocsin.yml")


def find_path(named: str | None, default: str | None, folder: Path) -> Path | None:
    """The policy's path; None where none is named and none found. Relative names are counted from `folder`.

    The places are looked for in `folder` and above it, up to the repository's root; the nearest folder with one decides.
    Raises PolicyError where it has two, or one by a near name, or the named or the default file is missing.
    """
    if named:
        if (folder / named).is_fifo() or (folder / named).is_char_device():
            return folder / named  # `<(…)`, /dev/stdin
        return _existing(folder / named, named, "give the path of a file that is there, or name none to use the repository's own")
    for level in levels(folder):
        found = _at(level, folder)
        if found:
            return found
    return _existing(folder / default, default, "it is named by TOCSIN_DEFAULT_POLICY: correct it, or unset it") if default else None


def _at(level: Path, folder: Path) -> Path | None:
    found = [level / place for place in PLACES if os.path.lexists(level / place)]
    if len(found) > 1:
        names = " and ".join(shown(path, folder) for path in found)
        raise PolicyError(f"there are {len(found)} policies here, {names}: keep one, or name the one meant with --policy")
    if found:
        return _existing(found[0], shown(found[0], folder), "make it a file, or remove it")
    for place in PLACES:
        near = (level / place).with_suffix(".yaml")
        if near.is_file():
            raise PolicyError(f"{shown(near, folder)} is not read: rename it to {shown(level / place, folder)}")
    return None


def _existing(path: Path, name: str, step: str) -> Path:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is a link that leads nowhere" if path.is_symlink() else "does not exist"
        raise PolicyError(f"the policy {quoted(name)} {what}: {step}")
    return path


def levels(folder: Path) -> Iterator[Path]:
    """`folder`, and each folder above it up to the repository's root."""
    root = repository_root(folder)
    yield folder
    if folder.absolute() != root:
        yield from (place for place in folder.absolute().parents if place.is_relative_to(root))


def shown(path: Path, folder: Path) -> str:
    """A path as people write it: from `folder` on, where it is in there or above it in the repository."""
    if path.is_relative_to(folder):
        return str(path.relative_to(folder))
    return os.path.relpath(path, folder) if path.absolute().is_relative_to(repository_root(folder)) else str(path)


def read_policy(path: Path, name: str, remaining: Remaining) -> bytes:
    """The bytes of a policy, whose `name` is for errors. Raises PolicyError."""
    try:
        return read_file(path, FILE_MAX_BYTES, remaining)
    except OSError as error:
        raise PolicyError(f"the policy {quoted(name)} cannot be read: {error.strerror}") from None


def files_of(folder: Path) -> Files:
    """What reads the files of the repository that `folder` is in, links resolved, and none outside of it."""
    return lambda name: _read(name, repository_root(folder).resolve())


def _read(name: str, root: Path) -> bytes:
    try:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise BadFileError(f"{quoted(name)} is outside the repository: a payload's file must lie inside it")
        if not path.is_file():
            raise no_file(name)
        if path.stat().st_size > FILE_MAX_BYTES:
            raise BadFileError(f"{quoted(name)} has more than {FILE_MAX_BYTES:,} bytes (4 MiB)")
        return path.read_bytes()
    except (OSError, RuntimeError, ValueError) as error:  # unreadable, a loop of links, a NUL in the name
        if isinstance(error, BadFileError):
            raise
        raise BadFileError(f"{quoted(name)} cannot be read") from None


def no_file(name: str) -> BadFileError:
    """What a policy's author is told of a file that is not there."""
    return BadFileError(f"there is no file {quoted(name)} in the repository (the path is counted from its root)")
