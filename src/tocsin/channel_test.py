"""Test messages: to channels of the policy that holds, each once, whatever their rules and their project ask for."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin import pipeline
from tocsin.channels import KINDS
from tocsin.checkout import repository_root
from tocsin.errors import PolicyError
from tocsin.event import PipelineRun
from tocsin.message_test import compose_test
from tocsin.pipeline import Plan, Situation
from tocsin.policy.destinations import Destination
from tocsin.policy.model import Policy
from tocsin.request import Request
from tocsin.verdict import Skip
from tocsin.world import World

EVENT = "test"  # what a receiver reads in the place of a run's event


def plan_tests(world: World, request: Request, known: Situation, names: Sequence[str], address: str | None, how: str) -> Plan:
    """The plan of a test message to each channel of `names`. `address` is where mails go; without one they are skipped, and `how` says why.

    The event is of no run, so that no receiver takes it for a repetition, or for the start of a run. Raises TocsinError.
    """
    if known.document is None or not known.document.policy.channels:
        raise PolicyError("; ".join(notice.text for notice in known.why_not) or "the policy has no channels: there is nothing to test")
    planned = pipeline.plan(world, request, known)
    policy, file, folder = known.document.policy, known.document.file, repository_root(world.folder).name
    event = planned.event._replace(event=EVENT, status=None, transition=None, run=PipelineRun())
    messages = {name: compose_test(planned.event, name, file, folder)._replace(event=event) for name in names}
    every = compose_test(planned.event, f"{len(names)} channels", file, folder)._replace(event=event)
    told = (*known.why_not, *known.notices)
    alone = {name: options.model_copy(update={"fallback": None}) for name, options in policy.channels.items()}
    return planned._replace(
        policy=policy.model_copy(update={"channels": alone}),  # a test that a fallback passes proves nothing
        event=event,
        message=messages[names[0]] if len(names) == 1 else every,
        messages=messages,
        rules=(),
        destinations=[_destination(planned, policy, name, address, how) for name in names],
        notices=[one for one in planned.notices if one in told or one.level == "warning" or one.text == planned.secretless],
    )


def _destination(planned: Plan, policy: Policy, name: str, address: str | None, how: str) -> Destination:
    kind = policy.channels[name].kind
    skip = planned.unavailable.get(name)
    if not KINDS[kind].addressed:
        return Destination(name, kind, name, (), skip)
    if not address:
        skip = skip or Skip(how.replace("CHANNEL", name), "recipient")
    return Destination(name, kind, address or name, (), skip)
