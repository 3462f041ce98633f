"""Whose policy holds: the one that is named, the repository's own, or where the head may be a stranger's, the trusted branch's.

    named? ─ standard input | a file ─ places in the workspace ─ the organisation's default ─ the start without a policy
    where the workspace is not at a commit of the repository's own: the same names and places at the commit that the CI vouches for,
    by git, else by the CI's API

One search for the command line, the action, `check` and the Jenkins library. Whatever it finds is a `PolicyText`.
"""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.checkout import checkouts_of, is_within
from tocsin.named_tuple import NamedTuple
from tocsin.notice import Notice
from tocsin.policy.policy_text import PolicyText
from tocsin.request import STDIN
from tocsin.source.places import NEAR_MAX, PLACES, files_of, find_path, near_names, path_in_repository, place_above, read_policy, shown
from tocsin.source.trusted import trusted_text, why_nothing

if TYPE_CHECKING:
    from tocsin.ci.rest import Api
    from tocsin.ci.run import Run
    from tocsin.policy.policy_text import Files
    from tocsin.world import World

STDIN_NAME = "<stdin>"
_REMOTE = re.compile(r"\s*(?:github|gitlab|https):")  # a default policy that lies elsewhere


class PolicySource(NamedTuple):
    """The policy that holds, None where none does; the notices say why, or what holds instead of a file."""

    text: PolicyText | None
    notices: tuple[Notice, ...] = ()


def find(world: World, named: str | None, run: Run, api: Api | None) -> PolicySource:
    """Whose policy holds on a run; `named` is the one that is asked for. Raises PolicyError, UsageError."""
    named = policy_name(world, named)
    if named == STDIN and world.read_stdin:
        files = None if run.untrusted else files_of(world.folder)  # those there may be the head's
        return PolicySource(stdin_text(world, files))
    if run.untrusted:
        return _untrusted(world, named, run, api)
    text = workspace_text(world, named) or _remote_default(world, named, run, api)
    return PolicySource(text) if text else without_file(world)


def policy_name(world: World, named: str | None) -> str | None:
    """The policy's name by the command line, else by the environment."""
    return named or world.env.get("TOCSIN_POLICY") or None


def stdin_text(world: World, files: Files | None) -> PolicyText:
    """The policy on standard input, with what reads the files that it names."""
    return PolicyText(STDIN_NAME, world.read_stdin() if world.read_stdin else b"", files)


def workspace_text(world: World, named: str | None = None) -> PolicyText | None:
    """The policy of the workspace, or the organisation's default; None where none is named and none found. Raises PolicyError."""
    path = policy_path(world, named, world.folder)
    return file_text(path, shown(path, world.folder), world) if path else None


def file_text(path: Path, name: str, world: World) -> PolicyText:
    """The policy in a file, which messages call `name`. Raises PolicyError."""
    return PolicyText(name, read_policy(path, name, world.patience()), files_of(path.parent), path_in_repository(path))


def without_file(world: World) -> PolicySource:
    """What holds where there is no policy's file."""
    from tocsin.source.builtin import builtin

    above = place_above(world.folder)
    if above:
        return PolicySource(None, (Notice(_why_not_above(os.path.relpath(above, world.folder))),))
    text, notice = builtin(world.env)
    near = [shown(path, world.folder) for path, _ in islice(near_names(world.folder), NEAR_MAX)]
    return PolicySource(text, (Notice(f"{notice}{_not_read(near)}"),))


def _why_not_above(name: str) -> str:
    return (
        f"nothing is sent: there is no policy in this repository, and {name} is above its root, where none is read: "
        f"name it with --policy or TOCSIN_POLICY, or write {PLACES[0]}"
    )


def _not_read(near: list[str]) -> str:
    return f" ({', '.join(near)} {'is' if len(near) == 1 else 'are'} not read: rename it if it is the policy)" if near else ""


def _untrusted(world: World, named: str | None, run: Run, api: Api | None) -> PolicySource:
    """The policy at the trusted commit, or one that lies outside of the workspace, where no head can put it.

    The start without a policy holds where the trusted commit was read and has none.
    """
    outside = _outside(world, named or default_path(world))
    if outside and named:
        return PolicySource(file_text(outside, shown(outside, world.folder), world))
    text, absent = trusted_text(world, named, run, api)
    if not text and outside and run.trusted:
        text = file_text(outside, shown(outside, world.folder), world)
    if not text and run.trusted:
        text = _remote_default(world, named, run, api)
    if not text and absent and not named:
        return without_file(world)
    return PolicySource(text, () if text else (Notice(why_nothing(run, api), "warning" if run.trusted else "notice"),))


def _outside(world: World, name: str | None) -> Path | None:
    path = world.folder / name if name else None
    return (
        policy_path(world, str(path), world.folder)
        if path and not is_within(path, [world.folder, *checkouts_of(world.env, world.folder)])
        else None
    )


def default_path(world: World) -> str | None:
    """The path of the organisation's default, where it is a file here; None for one that lies elsewhere."""
    default = world.env.get("TOCSIN_DEFAULT_POLICY") or None
    return None if default and _REMOTE.match(default) else default


def _remote_default(world: World, named: str | None, run: Run, api: Api | None) -> PolicyText | None:
    """The organisation's default from elsewhere, for a repository without a policy. Raises PolicyError."""
    default = world.env.get("TOCSIN_DEFAULT_POLICY", "").strip()
    if named or not _REMOTE.match(default):
        return None
    from tocsin.source.remote_default import remote_default

    return remote_default(world, default, api.secret if api and run.ci == "github" else "")


def policy_path(world: World, named: str | None, folder: Path, *, or_default: bool = True) -> Path | None:
    """The path of the policy that is named, else of the one for `folder`, else of the organisation's default file. Raises PolicyError."""
    return find_path(named, default_path(world) if or_default else None, folder)
