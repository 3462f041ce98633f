"""Files of the workspace by a glob, found in bounded time: no folder outside of it is entered by `..`, and no loop of links is walked.

`*`, `?` and `[…]` match within a name, `**` any number of folders; a name that begins with a dot is matched by a dot alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path


class RefusedGlobError(Exception):
    """A glob that is not followed; the text says why."""


def find_files(folder: Path, glob: str, in_time: Callable[[], bool]) -> Iterator[Path]:
    """The files that a glob names from `folder` on, each once, in no order. Raises RefusedGlobError, TimeoutError."""
    seen: set[tuple[str, int]] = set()
    names = _names(folder, glob)
    places = [(str(folder), 0)]
    while places:
        place, at = places.pop()
        if (place, at) in seen:
            continue
        seen.add((place, at))
        if at == len(names):
            if os.path.isfile(place):  # noqa: PTH113  Path.is_file raises for some names
                yield Path(place)
        elif names[at] == "**":
            places.append((place, at + 1))
            places += [(entry.path, at) for entry in _entries(place, in_time) if _is_own_folder(entry)]
        elif any(char in names[at] for char in "*?["):
            places += [(entry.path, at + 1) for entry in _entries(place, in_time) if _fits(entry.name, names[at])]
        else:
            places.append((os.path.join(place, names[at]), at + 1))  # noqa: PTH118  as strings, for speed


def lies_within(path: Path, roots: Iterable[Path]) -> bool:
    """Whether a file lies in one of the folders, all links followed. The file system's root is none."""
    real = Path(os.path.realpath(path))
    return any(root.parent != root and real.is_relative_to(root) for root in (Path(os.path.realpath(root)) for root in roots))


def _names(folder: Path, glob: str) -> list[str]:
    """The parts of a glob. One that begins with the folder's own path is as one from there on. Raises RefusedGlobError."""
    text = glob.replace(os.sep, "/")
    text = text.removeprefix(f"{folder.as_posix().rstrip('/')}/")
    names = [name for name in text.split("/") if name not in ("", ".")]
    if text.startswith("/") or Path(glob).drive or ".." in names or "\0" in text:
        raise RefusedGlobError("it must be a path from the current folder on, without ..")
    return [*names, "*"] if names[-1:] == ["**"] else names


def _entries(place: str, in_time: Callable[[], bool]) -> Iterator[os.DirEntry[str]]:
    """What is in a folder; nothing where it is none, or cannot be read. Raises TimeoutError."""
    try:
        entries = os.scandir(place)
    except (OSError, ValueError):
        return
    with entries:
        for entry in entries:
            if not in_time():
                raise TimeoutError
            yield entry


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
    except OSError:
        return False


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith("."))
