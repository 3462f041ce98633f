"""Where the policy is: the file that was named, the one place in the repository, or the organisation's default."""

from __future__ import annotations

import os
from pathlib import Path

from tocsin.errors import PolicyError
from tocsin.policy.nodes import FILE_MAX_BYTES, BadFileError
from tocsin.policy.text import Files
from tocsin.policy.words import quoted

PLACES = (".tocsin.yml", ".github/tocsin.yml", ".gitlab/tocsin.yml")


def find(named: str | None, default: str | None, folder: Path) -> Path | None:
    """The policy's path; None where none is named and none found. Relative names are counted from `folder`.

    Raises PolicyError where there are two in the places, or one by a near name, or the named or the default file is missing.
    """
    if named:
        return _existing(folder / named, named, "give the path of a file that is there, or name none to use the repository's own")
    found = [place for place in PLACES if os.path.lexists(folder / place)]
    if len(found) > 1:
        raise PolicyError(f"there are {len(found)} policies here, {' and '.join(found)}: keep one, or name the one meant with --policy")
    if found:
        return _existing(folder / found[0], found[0], "make it a file, or remove it")
    for place in PLACES:
        if (folder / place).with_suffix(".yaml").is_file():
            raise PolicyError(f"{place.removesuffix('.yml')}.yaml is not read: rename it to {place}")
    return _existing(folder / default, default, "it is named by TOCSIN_DEFAULT_POLICY: correct it, or unset it") if default else None


def _existing(path: Path, name: str, step: str) -> Path:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is a link that leads nowhere" if path.is_symlink() else "does not exist"
        raise PolicyError(f"the policy {quoted(name)} {what}: {step}")
    return path


def workspace(folder: Path) -> Path:
    """The root of the repository that `folder` is in (the nearest folder with a `.git`), or `folder` itself outside of one."""
    folder = folder.absolute()
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)


def files_of(folder: Path) -> Files:
    """What reads the files of the repository that `folder` is in, links resolved, and none outside of it."""
    return lambda name: _read(name, workspace(folder).resolve())


def _read(name: str, root: Path) -> bytes:
    try:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise BadFileError(f"{quoted(name)} is outside the repository: a payload's file must lie inside it")
        if not path.is_file():
            raise BadFileError(f"there is no file {quoted(name)} in the repository (the path is counted from its root)")
        if path.stat().st_size > FILE_MAX_BYTES:
            raise BadFileError(f"{quoted(name)} has more than {FILE_MAX_BYTES:,} bytes (4 MiB)")
        return path.read_bytes()
    except (OSError, RuntimeError, ValueError) as error:  # unreadable, a loop of links, a NUL in the name
        if isinstance(error, BadFileError):
            raise
        raise BadFileError(f"{quoted(name)} cannot be read") from None
