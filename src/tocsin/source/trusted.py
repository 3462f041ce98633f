"""The policy at the commit that the CI vouches for, where the head may be a stranger's: by git, else by the CI's API."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tocsin.checkout import repository_root
from tocsin.errors import PolicyError
from tocsin.git import committed
from tocsin.policy.policy_text import PolicyText
from tocsin.source.places import PLACES, levels, no_file

if TYPE_CHECKING:
    from pathlib import Path

    from tocsin.ci.rest import Api
    from tocsin.ci.run import Run, TrustedRef
    from tocsin.policy.policy_text import Files
    from tocsin.world import World

GIT_MAX_SECONDS = 5.0  # ours, from the process's start: half of the smaller default budget, before the policy says another

Read: TypeAlias = Callable[[Sequence[str]], "Mapping[str, bytes] | None"]
"""Reads those of some paths, counted from the repository's root, that are files there; None where this way tells nothing."""


def trusted_text(world: World, named: str | None, run: Run, api: Api | None) -> tuple[PolicyText | None, bool]:
    """The policy at the trusted commit, by its name or in its places, None where none can be had; and whether there is surely none.

    Only git can say so: an API hides from a token what it may not see. Raises PolicyError.
    """
    if not run.trusted:
        return None, False
    root = repository_root(world.folder)
    git = _by_git(world, root, run.trusted)
    readers = [git, *([_by_api(run.trusted, api)] if api else [])]
    names = [_in_repository(world.folder / named, root)] if named else []
    absent = True
    for paths in [names] if named else [[_in_repository(level / place, root) for place in PLACES] for level in levels(world.folder)]:
        read, found = _first(readers, paths)
        absent = absent and read is git
        if len(found) > 1:
            raise PolicyError(f"the trusted commit has {len(found)} policies, {' and '.join(found)}: keep one, or name the one meant")
        for path, data in found.items():
            return PolicyText(path, data, _files(readers, root), path), False
    return None, absent


def _first(readers: Sequence[Read], paths: Sequence[str]) -> tuple[Read | None, Mapping[str, bytes]]:
    """The first way that can tell anything, and what it tells."""
    for read in readers:
        found = read(paths)
        if found is not None:
            return read, found
    return None, {}


def why_nothing(run: Run, api: Api | None) -> str:
    """Why an untrusted run sends nothing, and what to do where something can be done."""
    if run.secretless and not (run.trusted and api):
        return f"nothing is sent: {run.secretless}"
    if not run.trusted:
        return f"nothing is sent: {run.untrusted}, and the policy beside it could be the head's own"
    notes = f" ({'; '.join(api.notes)})" if api and api.notes else ""
    return f"nothing is sent: {run.untrusted}, and the trusted commit shows no policy{notes}: {run.trusted.step}"


def _by_git(world: World, root: Path, trusted: TrustedRef) -> Read:
    def read(paths: Sequence[str]) -> Mapping[str, bytes] | None:
        seconds = world.started + GIT_MAX_SECONDS - world.clock.monotonic()
        return committed(root, world.env, trusted.commit or "", paths, seconds, world.clock)

    return read


def _by_api(trusted: TrustedRef, api: Api) -> Read:
    from tocsin.ci.remote_file import read_remote_file

    def read(paths: Sequence[str]) -> Mapping[str, bytes]:
        found = {path: read_remote_file(trusted.repository, trusted.ref, path, api) for path in paths}
        return {path: data for path, data in found.items() if data is not None}

    return read


def _files(readers: Sequence[Read], root: Path) -> Files:
    """What reads the files that a trusted policy names: from where the policy itself came, never the workspace's."""

    def read(name: str) -> bytes:
        path = _in_repository(root / name, root)
        data = None if path.startswith("../") else _first(readers, [path])[1].get(path)
        if data is None:
            raise no_file(name)
        return data

    return read


def _in_repository(path: Path, root: Path) -> str:
    """A path as git and the API name it, from the repository's root."""
    return os.path.relpath(path, root).replace(os.sep, "/")
