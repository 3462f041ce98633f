"""What lies in the workspace: the repository's root, and the commit that is checked out there. No program is run to learn it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
REFERENCE = re.compile(r"ref: (refs/[^\0\n]+)\n?")
_PACKED_MAX_BYTES = 16 * 1024 * 1024  # ours: of a larger list of refs only this beginning is searched
_FILE_MAX_BYTES = 4096  # ours: a path or a commit's id

# The folder that each CI checks the repository out into.
CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE", "CIRCLE_WORKING_DIRECTORY")


def repository_root(folder: Path) -> Path:
    """The root of the repository that `folder` is in (the nearest folder with a `.git`), or `folder` itself outside of one."""
    return next(_repositories(folder.absolute()), folder.absolute())


def _repositories(folder: Path) -> Iterator[Path]:
    """Each folder with a `.git`, from `folder` upward."""
    return (place for place in (folder, *folder.parents) if (place / ".git").exists())


def checkouts_of(env: Mapping[str, str], folder: Path) -> Iterator[Path]:
    """The folders that hold the repository's files: what the CI names, and each one with `.git` from `folder` upward.

    All count, since what is unpacked may bring a `.git`, and so a nearer root. Without one it is `folder` itself, but not a user's home.
    """
    for name in CHECKOUTS:
        if env.get(name):
            yield folder / os.path.expanduser(env[name])  # noqa: PTH111  it raises nothing where there is no home
    found = list(_repositories(folder))
    if not found and str(folder) != os.path.expanduser("~"):  # noqa: PTH111  as above
        found = [folder]
    yield from found


def is_within(path: Path, roots: Iterable[Path]) -> bool:
    """Whether a path, or what it leads to by links, is one of the folders or lies in one. The file system's root is none."""
    named = {place for root in roots for place in _names(root) if place.parent != place}
    known = {identity for place in named if (identity := _identity(place))}
    return any(
        place in named or (_identity(place) in known)
        for start in _names(path)
        for place in (start, *start.parents)
        if place.parent != place
    )


def _names(path: Path) -> set[Path]:
    """A path as it is written, and with its links resolved."""
    return {Path(os.path.abspath(path)), Path(os.path.realpath(path))}  # noqa: PTH100  Path.absolute keeps `..`


def _identity(path: Path) -> tuple[int, int] | None:
    """What a folder is by any name: another mount of it, or other letters on a file system that takes them for the same."""
    try:
        seen = path.stat()
    except (OSError, ValueError):
        return None
    return (seen.st_dev, seen.st_ino) if seen.st_ino else None


def checked_out(root: Path) -> str | None:
    """The id of the commit that is checked out in a repository's root; None where there is none, or where it is not told by plain files.

    https://git-scm.com/docs/gitrepository-layout
    """
    folder = git_folder(root)
    head = read_plain(folder / "HEAD") if folder else None
    if folder is None or head is None:
        return None
    reference = REFERENCE.fullmatch(head)
    return _resolve(reference[1], folder) if reference else commit_id(head)


def git_folder(root: Path) -> Path | None:
    """`.git`, or the folder that it names, as in a worktree or a submodule."""
    place = root / ".git"
    if place.is_dir():
        return place
    text = read_plain(place) or ""
    return root / text[len("gitdir: ") :].strip() if text.startswith("gitdir: ") else None


def _resolve(name: str, folder: Path) -> str | None:
    """The commit of a ref, which lies in a file of its own or in the list of packed ones."""
    common = read_plain(folder / "commondir")
    places = [folder, *([folder / common.strip()] if common else [])]
    for place in places:
        commit = commit_id(read_plain(place / name) or "")
        if commit:
            return commit
    for place in places:
        for line in (read_plain(place / "packed-refs", _PACKED_MAX_BYTES) or "").splitlines():
            commit, _, packed = line.partition(" ")
            if packed == name:
                return commit_id(commit)
    return None


def commit_id(text: str | None) -> str | None:
    """`text`, without the space around it, if it is the full id of a commit: SHA-1 or SHA-256."""
    text = (text or "").strip()
    return text if _COMMIT.fullmatch(text) else None


def read_plain(path: Path, max_bytes: int = _FILE_MAX_BYTES) -> str | None:
    """The beginning of a plain file; None where it is none."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return os.fsdecode(file.read(max_bytes))
    except (OSError, ValueError):
        return None
