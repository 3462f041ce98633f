"""What goes in: the process's world, the wish of the command line, and what is read of them: the CI's context, the facts, the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from tocsin.ci import CIS, Context, context, detect
from tocsin.ci.facts import FACTS_MAX_BYTES
from tocsin.errors import ContextError, UsageError
from tocsin.policy.find import files_of
from tocsin.policy.load import Loaded, load
from tocsin.policy.text import PolicyText
from tocsin.policy.words import quoted
from tocsin.policy_file import find_policy, find_trusted, named_policy, read_file, read_policy, shown, why_nothing
from tocsin.world import World

if TYPE_CHECKING:
    from tocsin.ci.derive import LookUp
    from tocsin.event import Facts

STDIN = "-"
LOOK_UPS_SHARE = 1 / 3  # ours: of the budget; the rest is the messages'
LOOK_UPS_MAX_SECONDS = 10 / 3  # ours: the share of the smaller default budget, before the policy says another


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


def with_api(world: World, run: Context) -> World:
    """The world with the CI's API, where a token was made for it."""
    if world.api or run.declared["ci"].value != "gitlab":
        return world
    from tocsin.ci.gitlab_rest import open_api

    return world._replace(api=open_api(world.env, world.network, world.started + LOOK_UPS_MAX_SECONDS))


def look_up(world: World, wish: Wish, run: Context, loaded: Loaded | None) -> LookUp | None:
    """What learns more at the CI's API, within its share of the budget; None where there is none, or nothing will be sent."""
    api = world.api
    if not api or not loaded:
        return None
    learn = import_module(f"tocsin.ci.{run.declared['ci'].value}_api").api_facts
    api.deadline = min(api.deadline, world.started + loaded.policy.delivery.budget_for(wish.hook) * LOOK_UPS_SHARE)
    return lambda known: cast("Facts", learn(api, known, world.env))


def read_facts(world: World, wish: Wish) -> str | None:
    """The text of `--facts`, None where there is none. Raises ContextError, UsageError."""
    path = wish.facts
    if wish.at_hand:
        return wish.at_hand.facts
    if not path:
        return None
    if STDIN == path == named_policy(world, wish.policy):
        raise UsageError("the policy and the facts cannot both come by standard input: put one of them into a file")
    try:
        data = world.read_stdin() if path == STDIN else read_file(world.folder / path, FACTS_MAX_BYTES)
        if len(data) > FACTS_MAX_BYTES:
            raise ContextError(f"--facts: {quoted(path)} has more than {FACTS_MAX_BYTES:,} bytes: pass only the first failures and changes")
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ContextError(f"--facts: {quoted(path)} cannot be read: {why}") from None


def load_policy(world: World, wish: Wish, run: Context) -> tuple[Loaded | None, list[Notice]]:
    """The policy that applies, or None with the notice that says why there is none. Raises PolicyError."""
    if wish.at_hand:
        return wish.at_hand.policy, list(wish.at_hand.notices)
    named = named_policy(world, wish.policy)
    if named == STDIN:
        files = None if run.untrusted else files_of(world.folder)  # payload files there may be the head's
        return _loaded(PolicyText("<stdin>", world.read_stdin(), files))
    found = find_trusted(world, named, run) if run.untrusted else find_policy(world, named)
    if isinstance(found, Path):
        name = shown(found, world.folder)
        return _loaded(PolicyText(name, read_policy(found, name), files_of(found.parent)))
    if found:
        return _loaded(PolicyText(found[1], found[0]))
    return (None, [Notice(why_nothing(world, run), "warning" if run.trusted else "notice")]) if run.untrusted else without_file(world)


def _loaded(text: PolicyText) -> tuple[Loaded, list[Notice]]:
    loaded = load(text)
    return loaded, warnings(loaded)


def warnings(loaded: Loaded) -> list[Notice]:
    """What is odd in a policy that is valid."""
    return [Notice(f"{problem.place}: {problem.message}", "warning") for problem in loaded.warnings]


def without_file(world: World) -> tuple[Loaded | None, list[Notice]]:
    """What holds where there is no policy's file."""
    from tocsin.policy.builtin import builtin

    loaded, notice = builtin(world.env)
    return loaded, [Notice(notice)]
