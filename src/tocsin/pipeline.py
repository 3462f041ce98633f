"""The flow, as one would tell it: load, derive, match, compose, render, deliver.

    environment, files, flags ─ context ─ load ─ derive ─ match ─ compose ─ render ─ deliver ─ outcomes

Every step takes and returns plain values; what is printed of them is `report`'s and `cli`'s.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tocsin import channels
from tocsin.ci import Context
from tocsin.ci.derive import Said, derive
from tocsin.deliver import Delivery, Limits, Stop, deliver
from tocsin.event import Event
from tocsin.inputs import Notice, Wish, load_policy, look_up, read_context, read_facts, with_api
from tocsin.message import Message, compose
from tocsin.policy.context import policy_facts
from tocsin.policy.load import Loaded
from tocsin.policy.match import Destination, RuleMatch, destinations, match, nearest
from tocsin.policy.model import Policy
from tocsin.secrets import MissingVariable, Redactor
from tocsin.templates import TemplateProblem
from tocsin.verdict import Outcome
from tocsin.world import World


class Plan(NamedTuple):
    """Everything known before the first message is rendered."""

    event: Event
    policy: Policy | None
    rules: Sequence[RuleMatch]
    destinations: Sequence[Destination]
    options: Mapping[str, Any]  # channel to its options with every variable put in
    missing: Mapping[str, str]  # channel to the reason why a variable it needs is not there
    notices: Sequence[Notice]
    redact: Redactor
    secretless: str | None = None  # why this run has no secrets, where the CI gives it none


def learn(world: World, wish: Wish) -> tuple[Context, Loaded | None, Event, list[Notice]]:
    """Load and derive: what the CI says, the policy that applies, the event. Raises PolicyError, ContextError, UsageError."""
    run = read_context(world, wish)
    world = with_api(world, run)
    loaded, notices = load_policy(world, wish, run)
    said = Said(wish.hook, wish.status, wish.flags, read_facts(world, wish))
    event = derive(run, said, world.env, world.now(), lambda known: policy_facts(loaded, known), look_up(world, wish, run, loaded))
    unknown = world.api.notes if world.api else ()
    return run, loaded, event, [*(Notice(text, "warning") for text in run.warnings), *map(Notice, unknown), *notices]


def plan(world: World, wish: Wish) -> Plan:
    """Load, derive and match: who would get what. Raises PolicyError, ContextError, UsageError."""
    run, loaded, event, notices = learn(world, wish)
    if loaded is None:
        return Plan(event, None, (), (), {}, {}, notices, Redactor(), run.secretless)
    policy = loaded.policy
    options, missing, redact = open_channels(policy, world.env)
    rules = () if event.event is None else match(policy, event)
    wanted = destinations(policy, [rule for rule in rules if rule.matches], event, missing)
    if event.event is None:
        notices.append(Notice(f"the run was {event.status}: that is no event, so nothing is sent"))
    elif policy.notifications and not any(rule.matches for rule in rules):
        notices.append(Notice(nearest(policy, event)))
    if missing and run.secretless:
        notices.append(Notice(run.secretless))
    return Plan(event, policy, rules, wanted, options, missing, notices, redact, run.secretless)


def open_channels(policy: Policy, env: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str], Redactor]:
    """Each channel's options with its variables put in, or the reason why one is missing; and what masks their values."""
    opened, missing, redact = {}, {}, Redactor()
    for name, options in policy.channels.items():
        for variable in options.variables():
            redact.learn(env.get(variable, "").strip())
        try:
            opened[name] = options.resolved(env)
        except MissingVariable as error:
            missing[name] = error.reason
        if getattr(options, "payload_file", None) and getattr(options, "payload", None) is None:
            missing[name] = "its payload file could be the untrusted head's own: write the payload into the policy"
    return opened, missing, redact


def notify(world: World, planned: Plan, stop: Stop, on_outcome: Callable[[Outcome], None], *, dry_run: bool = False) -> list[Outcome]:
    """Compose, render and deliver what was planned; one outcome for each destination, in the plan's order. No secret is in them."""

    def show(outcome: Outcome) -> None:
        on_outcome(masked(outcome, planned.redact))

    message = compose(planned.event)
    rendered = [_render(planned, destination, message, dry_run=dry_run) for destination in planned.destinations]
    for outcome in rendered:
        if isinstance(outcome, Outcome):
            show(outcome)
    deliveries = [delivery for delivery in rendered if isinstance(delivery, Delivery)]
    ended = iter(deliver(deliveries, limits(world, planned), world.network, stop, show) if deliveries else ())
    return [masked(item if isinstance(item, Outcome) else next(ended), planned.redact) for item in rendered]


def masked(outcome: Outcome, redact: Redactor) -> Outcome:
    """The outcome with every known secret masked: a server's answer could repeat one."""
    receipt = {key: redact(value) for key, value in outcome.receipt.items()} if outcome.receipt else None
    return outcome._replace(reason=redact(outcome.reason) if outcome.reason else None, receipt=receipt)


def limits(world: World, planned: Plan) -> Limits:
    """The policy's limits as the clock has them."""
    delivery = (planned.policy or Policy()).delivery
    return Limits(delivery.timeout, world.started + delivery.budget_for(planned.event.hook), delivery.attempts)


def _render(planned: Plan, destination: Destination, message: Message, *, dry_run: bool) -> Delivery | Outcome:
    """The payload for one destination, or the outcome where there is nothing to deliver."""

    def ended(word: str, reason: str) -> Outcome:
        return Outcome(destination.channel, destination.kind, destination.recipient, destination.rules, word, reason)  # type: ignore[arg-type]

    if destination.skipped:
        return ended("skipped", destination.skipped)
    module = channels.load(destination.kind)
    options = planned.options[destination.channel]
    recipient = destination.recipient if destination.kind in channels.MAIL_KINDS else None
    try:
        payload = module.render(message._replace(rules=destination.rules, recipient=recipient), options)
    except TemplateProblem as error:
        return ended("failed", f"the payload cannot be rendered: {error}")
    if dry_run:
        return ended("skipped", "dry run: it would have been sent")
    return Delivery(*destination[:4], module, options, payload, repeat_key(planned.event, destination))


def repeat_key(event: Event, destination: Destination) -> str:
    """One key for all repetitions of a delivery, by which a receiver can tell a repetition from a new message.

    Where the run has no id, nothing tells two runs apart, so the key is good for this process only.
    """
    run = event.run.id or f"{time.time_ns()}"
    parts = (
        event.ci,
        event.repository.url or event.repository.name,
        run,
        event.run.attempt,
        event.job.name,
        event.job.id,
        event.job.variant,
    )
    text = "\0".join(str(part) for part in (*parts, event.hook, destination.channel, destination.recipient.casefold()))
    return f"tocsin-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
