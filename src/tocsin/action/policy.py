"""The policy of a step: the workspace's, or where the head may be a stranger's, the one at the commit that GitHub vouches for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tocsin.action.state import Snapshot
from tocsin.ci import Context
from tocsin.errors import PolicyError
from tocsin.inputs import Notice, warnings, without_file
from tocsin.policy.find import files_of
from tocsin.policy.load import Loaded, load
from tocsin.policy.nodes import BadFileError, Node, compose, decode
from tocsin.policy.text import Files, PolicyText
from tocsin.policy.words import quoted
from tocsin.policy_file import find_policy, find_trusted, named_policy, read_policy, read_trusted, shown, why_nothing
from tocsin.world import World


class StrictPolicyError(PolicyError):
    """An invalid policy that asks for strictness."""


class Found(NamedTuple):
    """The policy that holds, what to tell of it, and the snapshot for the step's second part."""

    loaded: Loaded | None
    notices: list[Notice]
    snapshot: Snapshot | None = None


def find(world: World, named: str | None, run: Context) -> Found:
    """The policy for a run; `named` is its path where the step names one. Raises PolicyError."""
    named = named_policy(world, named)
    if run.untrusted:
        return _vouched(world, named, run)
    path = find_policy(world, named)
    return open_snapshot(_snapshot(world, path), path.parent) if path else Found(*without_file(world))


def open_snapshot(snapshot: Snapshot, folder: Path | None = None) -> Found:
    """Load a snapshot; its payload files come from the repository of `folder`, else from the snapshot. Raises PolicyError."""
    try:
        loaded = load(PolicyText(snapshot.name, snapshot.data, files_of(folder) if folder else _files(snapshot)))
    except PolicyError as error:
        if asks_strictness(snapshot.data):
            raise StrictPolicyError(str(error), error.problems) from None
        raise
    return Found(loaded, warnings(loaded), snapshot)


def _files(snapshot: Snapshot) -> Files:
    def read(name: str) -> bytes:
        if name not in snapshot.files:
            raise BadFileError(f"there is no file {quoted(name)} in the repository (the path is counted from its root)")
        return snapshot.files[name]

    return read


def _snapshot(world: World, path: Path) -> Snapshot:
    """The policy of the workspace, and the payload files that it names and that can be had."""
    name = shown(path, world.folder)
    data, files = read_policy(path, name), {}
    for file in payload_files(data):
        try:
            files[file] = files_of(path.parent)(file)
        except BadFileError:
            continue  # loading the policy says what is wrong
    return Snapshot(name, data, files)


def _vouched(world: World, named: str | None, run: Context) -> Found:
    """The policy at the trusted commit, or one that lies outside of the workspace, where no checkout put it."""
    found = find_trusted(world, named, run)
    if isinstance(found, Path):
        return open_snapshot(_snapshot(world, found), found.parent)
    if found:
        data, name = found
        files = {file: got[0] for file in payload_files(data) if (got := read_trusted(world, run, (file,)))}
        return open_snapshot(Snapshot(name, data, files))
    return Found(None, [Notice(why_nothing(world, run), "warning" if run.trusted else "notice")])


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
