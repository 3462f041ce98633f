"""The two policies that are compared: each of a file, of a commit, or of the working tree.

A name is a file where there is one of that name; else it is a revision of git's. Of a commit the policy and the files that it names
are read from git's objects, each held against its name (`tocsin.git_objects`); nothing is checked out, and git runs nothing of the
repository.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tocsin.checkout import commit_id, repository_root
from tocsin.errors import PolicyError, UsageError
from tocsin.git import committed, environment, hardened
from tocsin.policy.load import PolicyDocument, load
from tocsin.policy.policy_text import PolicyText
from tocsin.policy.words import quoted
from tocsin.programs import find_program
from tocsin.request import STDIN
from tocsin.source import STDIN_NAME, file_text, policy_name, policy_path, stdin_text
from tocsin.source.places import PLACES, files_of, levels, no_file, shown

if TYPE_CHECKING:
    from tocsin.policy.policy_text import Files
    from tocsin.world import World

GIT_MAX_SECONDS = 30.0  # ours: a person waits
_REVISION_MAX_CHARS = 1000  # ours
WORKING_TREE = "the working tree"


class Side(NamedTuple):
    """One of the two: what a person calls it, its policy (None where it has none), and what reads the files of its repository.

    `path` is the policy's own, as `PolicyText.path` has it.
    """

    name: str
    document: PolicyDocument | None = None
    files: Files | None = None
    path: str = ""


def sides(world: World, base: str, head: str | None, named: str | None) -> tuple[Side, Side]:
    """Both sides; `named` is the policy's path that is asked for. Raises UsageError, and PolicyError with the problems of both."""
    named = policy_name(world, named)
    texts = [(_called(name), _text(world, name, named)) for name in (base, head)]
    if not any(text for _, text in texts):
        places = quoted(named) if named else ", ".join(PLACES)
        raise PolicyError(
            f"there is no policy to compare: neither {texts[0][0]} nor {texts[1][0]} has {places}; name it with --policy FILE"
        )
    found: list[Side] = []
    errors: list[PolicyError] = []
    for name, text in texts:
        try:
            found.append(Side(name, load(text), text.files, text.path) if text else Side(name))
        except PolicyError as error:
            errors.append(error)
    if errors:
        raise PolicyError("; ".join(map(str, errors)), [problem for error in errors for problem in error.problems])
    return found[0], found[1]


def _called(name: str | None) -> str:
    return WORKING_TREE if name is None else STDIN_NAME if name == STDIN else name


def _text(world: World, name: str | None, named: str | None) -> PolicyText | None:
    """The policy of one side, None where it has none."""
    if name == STDIN or (name is None and named == STDIN):
        return stdin_text(world, files_of(world.folder))
    if name is not None and os.path.lexists(world.folder / name):
        return _of_file(world, name)
    if name is not None:
        return _of_revision(world, name, named)
    if named and not os.path.lexists(world.folder / named):
        return None
    path = policy_path(world, named, world.folder, or_default=False)
    return file_text(path, shown(path, world.folder), world) if path else None


def _of_file(world: World, name: str) -> PolicyText:
    path = world.folder / name
    if path.is_dir():
        raise UsageError(f"{quoted(name)} is a folder: name a policy's file, or a revision of git's (a branch as refs/heads/{name})")
    return file_text(path, name, world)


def _of_revision(world: World, name: str, named: str | None) -> PolicyText | None:
    """The policy of a commit. Raises UsageError, PolicyError."""
    root = repository_root(world.folder)
    commit = _commit(world, root, name)
    if named == STDIN:
        raise UsageError("--policy - is standard input, of which a commit has none: name the policy's path")
    for paths in _paths(world.folder, root, named):
        found = _read(world, root, commit, name, paths)
        if len(found) > 1:
            raise PolicyError(f"{quoted(name)} has {len(found)} policies, {' and '.join(found)}: name the one meant with --policy")
        for path, data in found.items():
            return PolicyText(f"{name}:{path}", data, _files(world, root, commit, name), path)
    return None


def _paths(folder: Path, root: Path, named: str | None) -> Iterator[list[str]]:
    """The paths where the policy may be, from the repository's root: those of one folder at once, the nearest first."""
    places = [[folder / named]] if named else [[level / place for place in PLACES] for level in levels(folder)]
    for level in places:
        paths = [os.path.relpath(path, root).replace(os.sep, "/") for path in level]
        yield [path for path in paths if not path.startswith("../")]


def _commit(world: World, root: Path, name: str) -> str:
    """The id of the commit that git calls so. Raises UsageError."""
    git = find_program("git", world.env, root)
    if not (root / ".git").exists():
        raise UsageError(f"there is no file {quoted(name)}, and no repository of git's here that could have such a revision")
    if not git:
        raise UsageError(f"there is no file {quoted(name)}, and no git on PATH to look for such a revision")
    plain = len(name) <= _REVISION_MAX_CHARS and "\0" not in name and not name.startswith("-")
    words = ["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
    commit = commit_id(_answer([*hardened(git, root), *words], root, environment(world.env))) if plain else None
    if not commit:
        raise UsageError(
            f"{quoted(name)} is no file here and no revision that git knows: give a path, a branch, a tag or a commit "
            f"(a CI may have fetched one commit alone: fetch the other one first)"
        )
    return commit


def _answer(command: Sequence[str], root: Path, env: Mapping[str, str]) -> str:
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603  a name that is no flag, no shell
            command, env=env, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, timeout=GIT_MAX_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("ascii", "replace") if done.returncode == 0 else ""


def _read(world: World, root: Path, commit: str, name: str, paths: Sequence[str]) -> dict[str, bytes]:
    found = committed(root, world.env, commit, paths, GIT_MAX_SECONDS, world.clock)
    if found is None:
        raise PolicyError(f"the files of {quoted(name)} cannot be read by git: fetch the whole commit, and run `git fsck`")
    return found


def _files(world: World, root: Path, commit: str, name: str) -> Files:
    """What reads the files that a commit's policy names: those of the same commit."""

    def read(path: str) -> bytes:
        inside = os.path.relpath(root / path, root).replace(os.sep, "/")
        data = None if inside.startswith("../") else _read(world, root, commit, name, [inside]).get(inside)
        if data is None:
            raise no_file(path)
        return data

    return read
