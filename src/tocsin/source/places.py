"""Where a policy lies in a workspace: the file that was named, the places in the repository, the organisation's default."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tocsin.checkout import repository_root
from tocsin.errors import PolicyError
from tocsin.file_io import Remaining, read_file, read_regular
from tocsin.policy.nodes import FILE_MAX_BYTES, BadFileError
from tocsin.policy.policy_text import Files
from tocsin.policy.words import quoted
from tocsin.suggest import closest

PLACES = (".tocsin.yml", ".github/tocsin.yml", ".gitlab/tocsin.yml")
_NEAR_FOLDERS = ("", ".github", ".gitlab", ".circleci", ".config", ".ci", ".tocsin")  # where people look for such a file
_NEAR_MIN = 0.83  # ours: "toscin" is near, "tocsin.test" is not
NEAR_MAX = 3  # ours: in one notice
_LIKE_A_POLICY = rb"^(?:\{ {0,3})?[\"']?(?:channels|notifications)[\"']?[ \t]*:"


def find_path(named: str | None, default: str | None, folder: Path) -> Path | None:
    """The policy's path; None where none is named and none found. Relative names are counted from `folder`.

    The places are looked for in `folder` and above it, up to the repository's root; the nearest folder with one decides.
    Raises PolicyError where it has two, or where none is found but a policy by a near name, or the named or the default file is missing,
    or cannot be looked for.
    """
    try:
        return _found(named, default, folder)
    except (OSError, ValueError) as error:
        raise PolicyError(f"the policy {quoted(named)} cannot be looked for: {why_no_path(error)}") from None


def why_no_path(error: OSError | ValueError) -> str:
    """Why a file cannot be looked for: its name is too long, or holds a NUL, or a folder may not be looked into."""
    return (error.strerror if isinstance(error, OSError) else None) or "its name holds a NUL"


def _found(named: str | None, default: str | None, folder: Path) -> Path | None:
    if named:
        if (folder / named).is_fifo() or (folder / named).is_char_device():
            return folder / named  # `<(…)`, /dev/stdin
        return _existing(folder / named, named, "give the path of a file that is there, or name none to use the repository's own")
    for level in levels(folder):
        found = _at(level, folder)
        if found:
            return found
    for near, place in near_names(folder):
        if _is_like_a_policy(near):
            raise PolicyError(f"{shown(near, folder)} is not read: rename it to {shown(place, folder)}, or name it with --policy")
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


def near_names(folder: Path) -> Iterator[tuple[Path, Path]]:
    """The files in `folder` and above it whose names come close to a policy's, each with the place that was probably meant."""
    for level in levels(folder):
        for inner in _NEAR_FOLDERS:
            place = level / next((place for place in PLACES if place.startswith(f"{inner}/")), PLACES[0])
            yield from ((path, place) for path in _yaml_files(level / inner) if _is_near(path.stem))


def _yaml_files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name.lower().endswith((".yml", ".yaml")) and entry.is_file())
    except OSError:
        return []
    return [folder / name for name in names]


def _is_near(stem: str) -> bool:
    name = stem.casefold().strip("._-")
    return name[:1] == "t" and closest(name, ("tocsin",), cutoff=_NEAR_MIN) is not None


def _is_like_a_policy(path: Path) -> bool:
    try:
        return bool(re.search(_LIKE_A_POLICY, read_regular(path, FILE_MAX_BYTES), re.MULTILINE))
    except OSError:
        return False


def place_above(folder: Path) -> Path | None:
    """A policy in a folder above the repository's root, where none is looked for."""
    places = (level / place for level in repository_root(folder).parents for place in PLACES)
    return next((path for path in places if path.is_file()), None)


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


def path_in_repository(path: Path) -> str:
    """A file's path from the root of the repository that it is in, as `PolicyText.path` has it."""
    whole = path.absolute()
    return os.path.relpath(whole, repository_root(whole.parent)).replace(os.sep, "/")


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
