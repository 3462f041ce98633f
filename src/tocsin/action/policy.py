"""The policy of a step: the workspace's, or where the head may be a stranger's, the one at the commit that GitHub vouches for.

On `pull_request_target` and `workflow_run`, GITHUB_SHA is the last commit of the target or default branch.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from tocsin.action.git import committed
from tocsin.action.state import Snapshot
from tocsin.ci import Context
from tocsin.errors import PolicyError
from tocsin.inputs import Notice, World, find_policy, in_workspace, read_policy, shown, warnings, without_file
from tocsin.policy.contents import read_payload
from tocsin.policy.find import PLACES
from tocsin.policy.load import Loaded, load
from tocsin.policy.nodes import BadFileError, Node, compose, decode

VOUCHED_FOR = ("pull_request_target", "workflow_run")


class StrictPolicyError(PolicyError):
    """An invalid policy that asks for strictness."""


class Found(NamedTuple):
    """The policy that holds, what to tell of it, and the snapshot for the step's second part."""

    loaded: Loaded | None
    notices: list[Notice]
    snapshot: Snapshot | None = None


def find(world: World, named: str | None, run: Context) -> Found:
    """The policy for a run; `named` is its path where the step names one. Raises PolicyError."""
    named = named or world.env.get("TOCSIN_POLICY") or None
    if run.untrusted:
        return _vouched(world, named, run)
    path = find_policy(world, named)
    return open_snapshot(_snapshot(world, path), path.parent) if path else Found(*without_file(world))


def open_snapshot(snapshot: Snapshot, folder: Path | None = None) -> Found:
    """Load a snapshot; its payload files come from the repository of `folder`, else from the snapshot. Raises PolicyError."""
    try:
        loaded = load(snapshot.data, snapshot.name, folder) if folder else _load_apart(snapshot)
    except PolicyError as error:
        if asks_strictness(snapshot.data):
            raise StrictPolicyError(str(error), error.problems) from None
        raise
    return Found(loaded, warnings(loaded), snapshot)


def _load_apart(snapshot: Snapshot) -> Loaded:
    if not payload_files(snapshot.data):
        return load(snapshot.data, snapshot.name, None)
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix="tocsin-") as place:
            _unfold(snapshot, Path(place))
            return load(snapshot.data, snapshot.name, Path(place))
    except OSError as error:
        raise PolicyError(f"the payload files of the policy cannot be laid out ({error.strerror}): see whether the disk has room") from None


def _unfold(snapshot: Snapshot, place: Path) -> None:
    """Lay the payload files out as they lay in the repository."""
    (place / ".git").mkdir()
    for name, data in snapshot.files.items():
        path = place / name
        if path.resolve().is_relative_to(place.resolve()):  # others are refused when the policy is loaded
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def _snapshot(world: World, path: Path) -> Snapshot:
    """The policy of the workspace, and the payload files that it names and that can be had."""
    name = shown(path, world.folder)
    data, files = read_policy(path, name), {}
    for file in payload_files(data):
        try:
            files[file] = read_payload(file, path.parent).encode()
        except BadFileError:
            continue  # loading the policy says what is wrong
    return Snapshot(name, data, files)


def _vouched(world: World, named: str | None, run: Context) -> Found:
    """The policy at the trusted commit, or one that lies outside of the workspace, where no checkout put it."""
    outside = _outside(world, named or world.env.get("TOCSIN_DEFAULT_POLICY"))
    if outside and named:
        return open_snapshot(_snapshot(world, outside), outside.parent)
    if world.env.get("GITHUB_EVENT_NAME") not in VOUCHED_FOR:
        why = run.secretless or f"{run.untrusted}, and the policy beside it could be the head's own"
        return Found(None, [Notice(f"nothing is sent: {why}")])
    found = _committed(world, (_in_repository(world, named),) if named else PLACES)
    if found:
        data, name = found
        files = {file: got[0] for file in payload_files(data) if (got := _committed(world, (file,)))}
        return open_snapshot(Snapshot(name, data, files))
    if outside:
        return open_snapshot(_snapshot(world, outside), outside.parent)
    step = "check out the default branch before this step, or give it a token with `permissions: contents: read`"
    notes = f" ({'; '.join(world.api.notes)})" if world.api and world.api.notes else ""
    return Found(None, [Notice(f"nothing is sent: {run.untrusted}, and the trusted branch shows no policy{notes}: {step}", "warning")])


def _outside(world: World, name: str | None) -> Path | None:
    """The path of a policy that is named and lies outside of the workspace."""
    path = world.folder / name if name else None
    return find_policy(world, str(path)) if path and not in_workspace(path, world.folder) else None


def _in_repository(world: World, name: str) -> str:
    """A policy's path as git names it, from the repository's root."""
    return os.path.relpath(world.folder / name, world.folder).replace(os.sep, "/")


def _committed(world: World, paths: tuple[str, ...]) -> tuple[bytes, str] | None:
    """The one of `paths` that is there at the trusted commit, by git where the commit is at hand, else by the API. Raises PolicyError."""
    commit, repository = world.env.get("GITHUB_SHA", ""), world.env.get("GITHUB_REPOSITORY", "")
    found = committed(world.folder, world.env, commit, paths)
    if len(found) > 1:
        raise PolicyError(f"the trusted branch has {len(found)} policies, {' and '.join(found)}: keep one, or name the one meant")
    for path, data in found.items():
        return data, path
    if not world.api:
        return None
    from tocsin.ci.github_policy import trusted_policy

    return trusted_policy(repository, commit, paths, world.api)


def payload_files(data: bytes) -> list[str]:
    """The payload files that a policy names, without a judgement of anything."""
    if b"payload_file" not in data:
        return []
    return [value.value for key, value in _pairs(data) if key == "payload_file" and isinstance(value.value, str)]


def asks_strictness(data: bytes) -> bool:
    """Whether a policy, which may be invalid, says `strict: true` under `delivery`."""
    return any(key == "strict" and value.value == "true" for key, value in _pairs(data))


def _pairs(data: bytes) -> list[tuple[str, Node]]:
    """Every key of every mapping in a YAML file with its value; none where it is no YAML."""
    try:
        root = compose(decode(data))
    except BadFileError:
        return []
    waiting, seen, pairs = [root] if root else [], set(), []
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node.value, list):
            continue
        seen.add(id(node))
        for item in node.value:
            if isinstance(item, tuple):
                pairs.append((item[0].value, item[1]))
                waiting += item
            else:
                waiting.append(item)
    return pairs
