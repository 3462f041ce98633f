"""What lies in the workspace: the repository's root, and the commit that is checked out there. No program is run to learn it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REFERENCE = re.compile(r"ref: (refs/[^\0\n]+)\n?")
_PACKED_MAX_BYTES = 16 * 1024 * 1024  # ours: of a larger list of refs only this beginning is searched
_FILE_MAX_BYTES = 4096  # ours: a path or a commit's id
_WORKSPACES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE")  # GitHub's, GitLab's, Jenkins's


def repository_root(folder: Path) -> Path:
    """The root of the repository that `folder` is in (the nearest folder with a `.git`), or `folder` itself outside of one."""
    folder = folder.absolute()
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)


def workspaces(folder: Path, env: Mapping[str, str]) -> Iterator[Path]:
    """The folders in which a job's steps put files: each repository around `folder`, and the CI's own workspace.

    All of them count: what is unpacked into a workspace may bring a `.git`, and so a nearer root.
    """
    folder = folder.absolute()
    yield folder
    yield from (place for place in folder.parents if (place / ".git").exists())
    yield from (Path(env[name]) for name in _WORKSPACES if os.path.isabs(env.get(name, "")))  # noqa: PTH117  no text is no path


def is_inside(path: Path, folder: Path, env: Mapping[str, str]) -> bool:
    """Whether a path lies in a workspace, by its name or where its links lead: a head may bring links."""
    named, real = Path(os.path.abspath(path)), path.resolve()  # noqa: PTH100  links stay
    return any(named.is_relative_to(root) or real.is_relative_to(root.resolve()) for root in workspaces(folder, env))


def checked_out(root: Path) -> str | None:
    """The id of the commit that is checked out in a repository's root; None where there is none, or where it is not told by plain files.

    https://git-scm.com/docs/gitrepository-layout
    """
    folder = _git_folder(root)
    head = _read(folder / "HEAD") if folder else None
    if folder is None or head is None:
        return None
    reference = _REFERENCE.fullmatch(head)
    return _resolve(reference[1], folder) if reference else _commit(head)


def _git_folder(root: Path) -> Path | None:
    """`.git`, or the folder that it names, as in a worktree or a submodule."""
    place = root / ".git"
    if place.is_dir():
        return place
    text = _read(place) or ""
    return root / text[len("gitdir: ") :].strip() if text.startswith("gitdir: ") else None


def _resolve(name: str, folder: Path) -> str | None:
    """The commit of a ref, which lies in a file of its own or in the list of packed ones."""
    common = _read(folder / "commondir")
    places = [folder, *([folder / common.strip()] if common else [])]
    for place in places:
        commit = _commit(_read(place / name) or "")
        if commit:
            return commit
    for place in places:
        for line in (_read(place / "packed-refs", _PACKED_MAX_BYTES) or "").splitlines():
            commit, _, packed = line.partition(" ")
            if packed == name:
                return _commit(commit)
    return None


def _commit(text: str) -> str | None:
    text = text.strip()
    return text if _COMMIT.fullmatch(text) else None


def _read(path: Path, max_bytes: int = _FILE_MAX_BYTES) -> str | None:
    """The beginning of a plain file; None where it is none."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return os.fsdecode(file.read(max_bytes))
    except (OSError, ValueError):
        return None
