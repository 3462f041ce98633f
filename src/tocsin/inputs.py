"""What goes in: the process's world, the wish of the command line, and what is read of them: the CI's context, the facts, the policy."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tocsin.ci import CIS, Context, context, detect
from tocsin.ci.facts import FACTS_MAX_BYTES
from tocsin.errors import ContextError, PolicyError, UsageError
from tocsin.network import Network
from tocsin.policy.find import find, workspace
from tocsin.policy.load import Loaded, load
from tocsin.policy.nodes import FILE_MAX_BYTES
from tocsin.policy.words import quoted

if TYPE_CHECKING:
    from tocsin.ci.derive import LookUp
    from tocsin.ci.github_api import Api

STDIN = "-"
LOOK_UPS_SHARE = 1 / 3  # ours: of the budget; the rest is the messages'


class World(NamedTuple):
    """All that the process has, handed in: nothing below reads it from elsewhere."""

    env: Mapping[str, str]
    folder: Path
    read_stdin: Callable[[], bytes]
    now: Callable[[], str]  # ISO 8601 in UTC
    started: float  # the process's start on time.monotonic's clock
    network: Network
    api: Api | None = None  # the CI's, where a token for it was passed: one in the environment was not meant for us


class Wish(NamedTuple):
    """What the command line asks for; None where the environment or the CI decides."""

    hook: str = "trigger"
    status: str | None = None
    flags: Mapping[str, str] = {}
    facts: str | None = None
    policy: str | None = None
    ci: str | None = None
    at_hand: AtHand | None = None


class AtHand(NamedTuple):
    """What a plug-in has already, in the place of files: the facts as JSON, and a policy whose trust it answers for."""

    facts: str
    policy: Loaded | None
    notices: Sequence[Notice] = ()


class Notice(NamedTuple):
    """Something a person should know, which is no outcome of a delivery."""

    text: str
    level: str = "notice"  # or "warning"


def read_context(world: World, wish: Wish) -> Context:
    """What the CI says of this run, by `--ci`, TOCSIN_CI, or its own variables. Raises UsageError."""
    name = wish.ci or world.env.get("TOCSIN_CI") or detect(world.env)
    if name not in CIS:
        raise UsageError(f"TOCSIN_CI is {quoted(name)}: use one of {', '.join(CIS)}, or unset it")
    return context(name, world.env, lambda path: (world.folder / path).read_text(encoding="utf-8"))


def look_up(world: World, wish: Wish, loaded: Loaded | None) -> LookUp | None:
    """What learns more at the CI's API, within its share of the budget; None where there is none, or nothing will be sent."""
    api = world.api
    if not api or not loaded:
        return None
    from tocsin.ci.github_api import api_facts

    api.deadline = min(api.deadline, world.started + loaded.policy.delivery.budget_for(wish.hook) * LOOK_UPS_SHARE)
    return lambda known: api_facts(api, known, world.env.get("RUNNER_NAME"))


def read_facts(world: World, wish: Wish) -> str | None:
    """The text of `--facts`, None where there is none. Raises ContextError, UsageError."""
    path = wish.facts
    if wish.at_hand:
        return wish.at_hand.facts
    if not path:
        return None
    if STDIN == path == _named(world, wish):
        raise UsageError("the policy and the facts cannot both come by standard input: put one of them into a file")
    try:
        data = world.read_stdin() if path == STDIN else read_file(world.folder / path, FACTS_MAX_BYTES)
        if len(data) > FACTS_MAX_BYTES:
            raise ContextError(f"--facts: {quoted(path)} has more than {FACTS_MAX_BYTES:,} bytes: pass only the first failures and changes")
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ContextError(f"--facts: {quoted(path)} cannot be read: {why}") from None


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file; of a larger one `max_bytes` and one more, so that it is seen to be larger. Raises OSError."""
    with path.open("rb") as file:
        return file.read(max_bytes + 1)


def load_policy(world: World, wish: Wish, run: Context) -> tuple[Loaded | None, list[Notice]]:
    """The policy that applies, or None with the notice that says why there is none. Raises PolicyError."""
    if wish.at_hand:
        return wish.at_hand.policy, list(wish.at_hand.notices)
    named = _named(world, wish)
    if named == STDIN:
        return _loaded(world.read_stdin(), "<stdin>", None if run.untrusted else world.folder)  # payload files there may be the head's
    refused = [Notice(f"nothing is sent: {run.untrusted}, and the policy beside it could be the head's own")]
    if run.untrusted and not named:
        return None, refused
    path = find_policy(world, named)
    if run.untrusted and path and in_workspace(path, world.folder):
        return None, refused
    if path is None:
        return without_file(world)
    name = shown(path, world.folder)
    return _loaded(read_policy(path, name), name, path.parent)


def _named(world: World, wish: Wish) -> str | None:
    return wish.policy or world.env.get("TOCSIN_POLICY") or None


def in_workspace(path: Path, folder: Path) -> bool:
    """Whether a path lies in the repository that `folder` is in, by its name or where its links lead: a head may bring links."""
    root = workspace(folder)
    return Path(os.path.abspath(path)).is_relative_to(root) or path.resolve().is_relative_to(root.resolve())  # noqa: PTH100  links stay


def find_policy(world: World, named: str | None = None) -> Path | None:
    """Where the policy is; None where none is named and none found. Raises PolicyError."""
    try:
        return find(named, world.env.get("TOCSIN_DEFAULT_POLICY") or None, world.folder)
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise PolicyError(f"the policy {quoted(named)} cannot be looked for: {error.strerror}") from None


def read_policy(path: Path, name: str) -> bytes:
    """The bytes of a policy, whose `name` is for errors. Raises PolicyError."""
    try:
        return read_file(path, FILE_MAX_BYTES)
    except OSError as error:
        raise PolicyError(f"the policy {quoted(name)} cannot be read: {error.strerror}") from None


def _loaded(data: bytes, name: str, folder: Path | None) -> tuple[Loaded, list[Notice]]:
    loaded = load(data, name, folder)
    return loaded, warnings(loaded)


def warnings(loaded: Loaded) -> list[Notice]:
    """What is odd in a policy that is valid."""
    return [Notice(f"{problem.place}: {problem.message}", "warning") for problem in loaded.warnings]


def shown(path: Path, folder: Path) -> str:
    """A path as people write it: from `folder` on, where it is in there."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def without_file(world: World) -> tuple[Loaded | None, list[Notice]]:
    """What holds where there is no policy's file."""
    from tocsin.policy.builtin import builtin

    loaded, notice = builtin(world.env)
    return loaded, [Notice(notice)]
