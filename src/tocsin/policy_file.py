"""Whose policy holds: the one that is named, the repository's own, or where the head may be a stranger's, the trusted branch's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.errors import PolicyError
from tocsin.git import committed
from tocsin.policy.find import PLACES, find, workspace
from tocsin.policy.nodes import FILE_MAX_BYTES
from tocsin.policy.words import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.ci import Context
    from tocsin.world import World


def named_policy(world: World, named: str | None) -> str | None:
    """The policy's name by the command line, else by the environment."""
    return named or world.env.get("TOCSIN_POLICY") or None


def find_policy(world: World, named: str | None = None) -> Path | None:
    """Where the policy is; None where none is named and none found. Raises PolicyError."""
    try:
        return find(named, world.env.get("TOCSIN_DEFAULT_POLICY") or None, world.folder)
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise PolicyError(f"the policy {quoted(named)} cannot be looked for: {error.strerror}") from None


def find_trusted(world: World, named: str | None, run: Context) -> Path | tuple[bytes, str] | None:
    """The policy for an untrusted head: its bytes and its name at the trusted commit, or the path of one outside of the workspace.

    None where neither can be had. Raises PolicyError.
    """
    outside = _outside(world, named or world.env.get("TOCSIN_DEFAULT_POLICY"))
    if outside and named:
        return outside
    found = read_trusted(world, run, (_in_repository(world, named),) if named else PLACES)
    return found or (outside if run.trusted else None)


def read_trusted(world: World, run: Context, paths: Sequence[str]) -> tuple[bytes, str] | None:
    """The one of `paths` that is there at the trusted commit, by git where the commit is at hand, else by the CI's API.

    Raises PolicyError where there are two.
    """
    where = run.trusted
    if not where:
        return None
    found = committed(world.folder, world.env, where.commit or "", paths)
    if len(found) > 1:
        raise PolicyError(f"the trusted branch has {len(found)} policies, {' and '.join(found)}: keep one, or name the one meant")
    for path, data in found.items():
        return data, path
    if not world.api:
        return None
    from tocsin.ci.contents import trusted_policy

    return trusted_policy(where.repository, where.ref, paths, world.api)


def why_nothing(world: World, run: Context) -> str:
    """Why an untrusted run sends nothing, and what to do where something can be done."""
    if run.secretless and not (run.trusted and world.api):
        return f"nothing is sent: {run.secretless}"
    if not run.trusted:
        return f"nothing is sent: {run.untrusted}, and the policy beside it could be the head's own"
    notes = f" ({'; '.join(world.api.notes)})" if world.api and world.api.notes else ""
    return f"nothing is sent: {run.untrusted}, and the trusted branch shows no policy{notes}: {run.trusted.step}"


def _outside(world: World, name: str | None) -> Path | None:
    """The path of a policy that is named and lies outside of the workspace."""
    path = world.folder / name if name else None
    return find_policy(world, str(path)) if path and not in_workspace(path, world.folder) else None


def _in_repository(world: World, name: str) -> str:
    """A policy's path as git names it, from the repository's root."""
    return os.path.relpath(world.folder / name, world.folder).replace(os.sep, "/")


def in_workspace(path: Path, folder: Path) -> bool:
    """Whether a path lies in the repository that `folder` is in, by its name or where its links lead: a head may bring links."""
    root = workspace(folder)
    return Path(os.path.abspath(path)).is_relative_to(root) or path.resolve().is_relative_to(root.resolve())  # noqa: PTH100  links stay


def read_policy(path: Path, name: str) -> bytes:
    """The bytes of a policy, whose `name` is for errors. Raises PolicyError."""
    try:
        return read_file(path, FILE_MAX_BYTES)
    except OSError as error:
        raise PolicyError(f"the policy {quoted(name)} cannot be read: {error.strerror}") from None


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file; of a larger one `max_bytes` and one more, so that it is seen to be larger. Raises OSError."""
    with path.open("rb") as file:
        return file.read(max_bytes + 1)


def shown(path: Path, folder: Path) -> str:
    """A path as people write it: from `folder` on, where it is in there."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
