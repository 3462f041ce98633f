"""The flow, as one would tell it: load, derive, match, compose, render, deliver.

    environment, files, flags ─ context ─ load ─ derive ─ match ─ compose ─ render ─ deliver ─ outcomes

Every step takes and returns plain values; what is printed of them is `report`'s and `cli`'s.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tocsin import channels
from tocsin.ci import Context, context, detect
from tocsin.ci.derive import Said, derive
from tocsin.deliver import Delivery, Limits, Stop, deliver
from tocsin.errors import ContextError, PolicyError, UsageError
from tocsin.event import Event
from tocsin.http import Network
from tocsin.message import Message, compose
from tocsin.policy.context import policy_facts
from tocsin.policy.find import find, workspace
from tocsin.policy.load import Loaded, load
from tocsin.policy.match import Destination, RuleMatch, destinations, match, nearest
from tocsin.policy.model import Policy
from tocsin.secrets import MissingVariable, Redactor
from tocsin.templates import TemplateProblem
from tocsin.verdict import Outcome

STDIN = "-"


class World(NamedTuple):
    """All that the process has, handed in: nothing below reads it from elsewhere."""

    env: Mapping[str, str]
    folder: Path
    read_stdin: Callable[[], bytes]
    now: Callable[[], str]  # ISO 8601 in UTC
    started: float  # the process's start on time.monotonic's clock
    network: Network


class Wish(NamedTuple):
    """What the command line asks for; None where the environment or the CI decides."""

    hook: str = "trigger"
    status: str | None = None
    flags: Mapping[str, str] = {}
    facts: str | None = None
    policy: str | None = None
    ci: str | None = None


class Notice(NamedTuple):
    """Something a person should know, which is no outcome of a delivery."""

    text: str
    level: str = "notice"  # or "warning"


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


def plan(world: World, wish: Wish) -> Plan:
    """Load, derive and match: who would get what. Raises PolicyError, ContextError, UsageError."""
    run = read_context(world, wish)
    notices = [Notice(text, "warning") for text in run.warnings]
    loaded, more = load_policy(world, wish, run)
    notices += more
    event = derive_event(world, wish, run, loaded)
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


def read_context(world: World, wish: Wish) -> Context:
    """What the CI says of this run, by `--ci`, TOCSIN_CI, or its own variables."""
    name = wish.ci or world.env.get("TOCSIN_CI") or detect(world.env)
    if name not in ("github", "gitlab", "jenkins", "generic"):
        raise UsageError(f"{name!r} is no CI that tocsin knows: use github, gitlab, jenkins or generic")
    return context(name, world.env, lambda path: (world.folder / path).read_text(encoding="utf-8"))


def derive_event(world: World, wish: Wish, run: Context, loaded: Loaded | None) -> Event:
    """The event. Raises ContextError, UsageError."""
    facts = _read_facts(world, wish.facts) if wish.facts else None
    said = Said(wish.hook, wish.status, wish.flags, facts)
    return derive(run, said, world.env, world.now(), lambda event: policy_facts(loaded, event) if loaded else {})


def _read_facts(world: World, path: str) -> str:
    try:
        return world.read_stdin().decode() if path == STDIN else (world.folder / path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ContextError(f"--facts: {path} cannot be read: {why}") from None


def load_policy(world: World, wish: Wish, run: Context) -> tuple[Loaded | None, list[Notice]]:
    """The policy that applies, or None with the notice that says why there is none. Raises PolicyError."""
    named = wish.policy or world.env.get("TOCSIN_POLICY") or None
    if named == STDIN:
        return _loaded(world.read_stdin(), "<stdin>", world.folder)
    path = find(named, world.env.get("TOCSIN_DEFAULT_POLICY") or None, world.folder)
    trusted = named is not None and path is not None and not path.resolve().is_relative_to(workspace(world.folder))
    if run.untrusted and not trusted:
        return None, [Notice(f"nothing is sent: {run.untrusted}, and the policy beside it could be the head's own")]
    if path is None:
        return _without_file(world)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PolicyError(f"the policy {path} cannot be read: {error.strerror}") from None
    return _loaded(data, _shown(path, world.folder), path.parent)


def _loaded(data: bytes, name: str, folder: Path) -> tuple[Loaded, list[Notice]]:
    loaded = load(data, name, folder)
    return loaded, [Notice(str(problem), "warning") for problem in loaded.warnings]


def _shown(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _without_file(world: World) -> tuple[Loaded | None, list[Notice]]:
    from tocsin.policy.builtin import builtin

    loaded, notice = builtin(world.env)
    return loaded, [Notice(notice)]


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
    return opened, missing, redact


def notify(world: World, planned: Plan, stop: Stop, on_outcome: Callable[[Outcome], None], *, dry_run: bool = False) -> list[Outcome]:
    """Compose, render and deliver what was planned; one outcome for each destination, in the plan's order."""
    message = compose(planned.event)
    rendered = [_render(planned, destination, message, dry_run=dry_run) for destination in planned.destinations]
    for outcome in rendered:
        if isinstance(outcome, Outcome):
            on_outcome(outcome)
    deliveries = [delivery for delivery in rendered if isinstance(delivery, Delivery)]
    ended = iter(deliver(deliveries, limits(world, planned), world.network, stop, on_outcome) if deliveries else ())
    return [item if isinstance(item, Outcome) else next(ended) for item in rendered]


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
