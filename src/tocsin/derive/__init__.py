"""Derive: the event, from all that is said of a run, laid over each other by rank.

    the CI's run ─ facts ─ flags and variables ─ laid ─ the CI's API ─ the policy ─ what follows ─ Event

This package stands above `ci` and `policy`: it asks both, and neither knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tocsin import ci
from tocsin.derive.building import build
from tocsin.derive.consequences import Moment, conclude, require_status
from tocsin.derive.policy_facts import policy_facts
from tocsin.derive.precedence import lay
from tocsin.derive.spoken import spoken_facts
from tocsin.event import Event

if TYPE_CHECKING:
    from tocsin.ci.rest import Api
    from tocsin.ci.run import Run
    from tocsin.event import Facts
    from tocsin.policy.load import PolicyDocument
    from tocsin.request import Request

__all__ = ["derive"]


def derive(
    run: Run, request: Request, env: Mapping[str, str], now: str, document: PolicyDocument | None = None, api: Api | None = None
) -> Event:
    """The event of a run, of which the CI says `run`, the user `request` and `env`, and the policy `document`; `api` is asked for more.

    `now` is ISO 8601 in UTC. Raises ContextError where there is no status at completion or a template cannot be rendered,
    UsageError for a bad flag or TOCSIN_* variable.
    """
    moment = Moment(request.hook, now, has_start=run.no_start is None)
    said = lay(run.facts, request.facts, spoken_facts(request, env))
    require_status(said, request.hook)
    if api:
        said = lay(said, _learned(api, run, said, moment, env))
    return build(conclude(lay(said, policy_facts(document, said, moment)), moment))


def _learned(api: Api, run: Run, said: Facts, moment: Moment, env: Mapping[str, str]) -> Facts:
    return ci.load(run.ci).learn(api, run, build(conclude(said, moment)), env)
