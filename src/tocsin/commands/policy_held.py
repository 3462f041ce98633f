"""The policy that holds here, for the commands that list what it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tocsin.errors import PolicyError

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.notice import Notice
    from tocsin.policy.load import PolicyDocument
    from tocsin.world import World


def policy_held(world: World, named: str | None, console: Console) -> PolicyDocument:
    """The policy that is named, else the one that would hold on a run. Raises PolicyError where there is none."""
    from tocsin import pipeline
    from tocsin.commands.debug import talk_situation
    from tocsin.request import Request

    known = pipeline.prepare(world, Request(policy=named))
    talk_situation(known, console)
    if known.document is None:
        raise no_policy(known.why_not)
    for notice in known.notices:
        console.talk(*notice)
    return known.document


def no_policy(why_not: Sequence[Notice]) -> PolicyError:
    """The error about a policy that no command can do without."""
    return PolicyError("; ".join(notice.text for notice in why_not) or "there is no policy here")
