"""Write several files of a repository: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.errors import PolicyError
from tocsin.policy.base_names import FOLDER, VENDORED
from tocsin.whole_file import why_not_written, write_whole

if TYPE_CHECKING:
    from tocsin.shared.vendor import Change


def write(root: Path, changes: Sequence[Change]) -> None:
    """Write the changes below a repository's root. Raises PolicyError; everything is as it was then."""
    done: list[Change] = []
    try:
        _require_folders(root)
        for change in sorted(changes, key=lambda change: change.after is None):  # what is not needed any more goes last
            _require_unchanged(root, change)
            done.append(change)
            _put(root, change.path, change.after)
    except (OSError, ValueError) as error:
        _undo(root, done)
        raise PolicyError(f"{done[-1].path if done else FOLDER} cannot be written: {why_not_written(error)}; nothing is changed") from None
    except PolicyError:
        _undo(root, done)
        raise


def _require_folders(root: Path) -> None:
    for folder in (FOLDER, VENDORED):
        if (root / folder).is_symlink():
            raise PolicyError(f"{folder} is a link: make it a folder, then run 'tocsin update' again")


def _undo(root: Path, done: Sequence[Change]) -> None:
    for change in reversed(done):
        try:
            _put(root, change.path, change.before)
        except (OSError, ValueError):  # what could not be written is as it was
            continue


def _require_unchanged(root: Path, change: Change) -> None:
    path = root / change.path
    if (path.read_bytes() if path.is_file() else None) != change.before:
        raise PolicyError(f"{change.path} was changed in the meantime: run 'tocsin update' again")


def _put(root: Path, name: str, data: bytes | None) -> None:
    path = root / name
    if data is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode if path.is_file() else None
    write_whole(Path(os.path.realpath(path)) if path.is_symlink() else path, data.decode("utf-8"), [root])
    if mode is not None:
        path.chmod(mode)
