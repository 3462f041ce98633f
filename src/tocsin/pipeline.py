"""The flow, as one would tell it: load, derive, match, compose, render, deliver.

    environment, files, flags ─ run ─ policy ─ event ─ rules ─ destinations ─ message ─ payloads ─ outcomes

Every step takes and returns plain values, and each is taken once; what is printed of them is `report`'s and the commands'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from tocsin import channels, ci, source
from tocsin.ci.run import Run
from tocsin.deliver import Delivery, Limits, Stop, deliver
from tocsin.derive import derive
from tocsin.derive.facts_file import facts_of_file
from tocsin.derive.look_ups import may_look_up, reported_tests
from tocsin.derive.precedence import lay
from tocsin.event import Event
from tocsin.follow_up import follow_up
from tocsin.message import Message, compose
from tocsin.named_tuple import NamedTuple
from tocsin.notice import Notice
from tocsin.policy.destinations import Destination, destinations, repeat_key, skipped
from tocsin.policy.load import PolicyDocument, load
from tocsin.policy.match import RuleMatch, match, runbooks
from tocsin.policy.model import Policy
from tocsin.policy.wording import addressed, rule_words, words_of
from tocsin.request import Request
from tocsin.secrets import MissingVariable
from tocsin.secrets.redactor import Redactor
from tocsin.verdict import Outcome, Skip
from tocsin.wording import OwnWords
from tocsin.world import World

if TYPE_CHECKING:
    from tocsin.ci.rest import Api
    from tocsin.receipts import Keeping

LOOK_UPS_SHARE = 1 / 3  # ours: of the hook's budget; the rest is the messages'


class Situation(NamedTuple):
    """What is known before anything is derived: the run, the policy that holds, and whom to ask for more."""

    run: Run
    document: PolicyDocument | None  # None: no policy holds, and `why_not` says why
    api: Api | None = None
    why_not: Sequence[Notice] = ()
    notices: Sequence[Notice] = ()
    withheld: Mapping[str, Skip] = {}  # channel to the reason why it must not serve, whatever else holds


class Plan(NamedTuple):
    """Everything known before the first message is rendered."""

    event: Event
    message: Message
    policy: Policy | None
    rules: Sequence[RuleMatch]
    destinations: Sequence[Destination]
    options: Mapping[str, Any]  # channel to its options with every variable put in
    unavailable: Mapping[str, Skip]  # channel to the reason why it cannot serve now
    notices: Sequence[Notice]
    redact: Redactor
    secretless: str | None = None  # why this run has no secrets, where the CI gives it none
    why_not: Sequence[Notice] = ()  # why no policy holds, where none does
    words: Mapping[str, OwnWords] = {}  # of the rules, by name
    keeping: Keeping | None = None  # the receipts of the run's earlier messages
    messages: Mapping[str, Message] = {}  # channel to a message of its own, where that is not `message`
    runbooks: Mapping[str, str] = {}  # by the name of a matching rule, and by the environment's with an @ before it


def prepare(world: World, request: Request) -> Situation:
    """What the CI says of the run, read once, and the policy that holds, loaded. Raises PolicyError, UsageError."""
    run = ci.read_run(world.env, world.folder, request.ci)
    api = open_api(world, run, hook=request.hook)
    return situation(run, source.find(world, request.policy, run, api), api)


def open_api(world: World, run: Run, token: str | None = None, *, hook: str = "trigger") -> Api | None:
    """The CI's API, where a token was made for us or is passed: the CI's own in the environment was not.

    Until the policy says another budget, the look-up of the policy itself has its share of the default one.
    """
    return ci.load(run.ci).open_api(world.env, world.network, world.clock, _look_ups_end(world, hook, Policy()), token)


def _look_ups_end(world: World, hook: str, policy: Policy) -> float:
    """When the look-ups of a hook end, on the clock's monotonic seconds."""
    return world.started + policy.delivery.budget_for(hook) * LOOK_UPS_SHARE


def situation(run: Run, found: source.PolicySource, api: Api | None) -> Situation:
    """The situation of a run where this policy was found. Raises PolicyError."""
    if found.text is None:
        return Situation(run, None, api, why_not=found.notices)
    document = load(found.text)
    odd = [Notice(f"{problem.place}: {problem.message}", "warning") for problem in document.warnings]
    return Situation(run, document, api, notices=[*found.notices, *odd])


def in_the_workspace(world: World, request: Request, known: Situation) -> Situation | None:
    """The situation if the policy of the workspace held, where it does not on this run; None without one. Raises PolicyError."""
    text = source.workspace_text(world, source.policy_name(world, request.policy)) if known.document is None else None
    return situation(known.run, source.PolicySource(text), known.api)._replace(why_not=known.why_not) if text else None


def understand(world: World, request: Request, known: Situation) -> tuple[Event, list[Notice]]:
    """The event, and what a person should know of how it came about. Raises ContextError, UsageError."""
    given = facts_of_file(world, request)
    policy = known.document.policy if known.document else Policy()
    if known.document and world.watchdog:
        world.watchdog.hold(world.started + policy.delivery.budget_for(request.hook))
    end = _look_ups_end(world, request.hook, policy)
    started = {**known.run.facts, **given}.get("run.started_at")
    tests, left_out = reported_tests(world, request, started, (world.clock.monotonic() + end) / 2)  # the other half is the API's
    request = request._replace(facts=lay(request.facts, tests, given))
    api = known.api if known.document else None  # where nothing will be sent, nothing is asked
    look_ups = may_look_up(request, world.env, policy)
    if api:
        api.deadline, api.look_ups = end, look_ups
    event = derive(known.run, request, world.env, world.now(), known.document, api)
    if event.failures or event.tests.failures or event.reason:
        from tocsin.quotes import with_quotes

        event = with_quotes(event, _redactor(world, known))
    unknown = known.api.notes if known.api else ()
    warnings = (Notice(text, "warning") for text in (*known.run.warnings, *world.network.warnings()))
    return event, [*warnings, *map(Notice, unknown), *left_out, *known.why_not, *known.notices]


def _redactor(world: World, known: Situation) -> Redactor:
    """What masks the secrets that this program was given: the channels', the network's, the API's token."""
    redact = open_channels(known.document.policy, world.env)[2] if known.document else Redactor()
    for secret in (*world.network.secrets(), *([known.api.secret] if known.api else [])):
        redact.learn_text(secret)
    return redact


def plan(world: World, request: Request, known: Situation | None = None) -> Plan:
    """Derive and match: who would get what; where the situation is not known yet, prepare first. Raises TocsinError."""
    known = known or prepare(world, request)
    event, notices = understand(world, request, known)
    message, secretless = compose(event), known.run.secretless
    if known.document is None:
        return Plan(event, message, None, (), (), {}, {}, notices, Redactor(), secretless, known.why_not)
    policy = known.document.policy
    options, unavailable, redact = open_channels(policy, world.env)
    unavailable |= known.withheld
    for secret in world.network.secrets():
        redact.learn_text(secret)
    rules = () if event.event is None else match(policy, event)
    wanted = destinations(policy, [rule for rule in rules if rule.matches], event, unavailable, untrusted=bool(known.run.untrusted))
    if policy.mute:
        from tocsin.policy.mute import muted

        wanted = muted(policy, rules, event, wanted, world.clock.time())
    if event.event is None:
        notices.append(Notice(no_event(event, known.run)))
    elif rules and not any(rule.matches for rule in rules):
        notices.append(Notice("no rule matches this run, so nothing is sent"))
    if secretless and any(skip.cause == "variable" for skip in unavailable.values()):
        notices.append(Notice(secretless))
    books, words = runbooks(policy, rules, event), rule_words(policy)
    return Plan(event, message, policy, rules, wanted, options, unavailable, notices, redact, secretless, runbooks=books, words=words)


def no_event(event: Event, run: Run) -> str:
    """Why a run is no event, for a person."""
    if event.hook == "trigger":
        return f"there is no start to report, so nothing is sent: {run.no_start}"
    return f"the run was {event.status}: that is no event, so nothing is sent"


def open_channels(policy: Policy, env: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Skip], Redactor]:
    """Each channel's options with its variables put in, or why it cannot serve; and what masks its secrets."""
    opened, unavailable, redact = {}, {}, Redactor()
    for name, options in policy.channels.items():
        for value in options.secrets(env):
            redact.learn(value)
        try:
            opened[name] = options.resolved(env)
        except MissingVariable as error:
            unavailable[name] = Skip(error.reason, "variable")
        for file, filled in channels.KINDS[options.kind].files.items():
            if getattr(options, file) and getattr(options, filled) is None:
                why = f"its {file.replace('_', ' ')} could be the untrusted head's own: write the {filled} into the policy"
                unavailable[name] = Skip(why, "payload")
    return opened, unavailable, redact


def credentials(policy: Policy, env: Mapping[str, str]) -> frozenset[str]:
    """The values that the channels declare as secrets, in every form that they are shown in: what a CI's log should hide."""
    return frozenset().union(*(options.credentials(env) for options in policy.channels.values()))


def notify(world: World, planned: Plan, stop: Stop, *, dry_run: bool = False, keeping: Keeping | None = None) -> Iterator[Outcome]:
    """Render and deliver what was planned, in a `dry_run` without sending it: one outcome a destination, as it ends.

    No secret is in them. `keeping` has the receipts of the run's earlier messages.
    """
    redact = lru_cache(planned.redact)  # many rows may say the same
    planned = planned._replace(keeping=keeping)
    yield from (outcome.masked(redact) for outcome in _outcomes(world, planned, stop, dry_run=dry_run))


def _outcomes(world: World, planned: Plan, stop: Stop, *, dry_run: bool) -> Iterator[Outcome]:
    said = (planned.policy or Policy()).delivery
    limits = Limits(said.timeout, world.started + said.budget_for(planned.event.hook), said.attempts)

    def send(deliveries: Sequence[Delivery], more: list[Delivery] | None = None) -> Iterator[Outcome]:
        return deliver(deliveries, limits, world.network, world.clock, stop, dry_run=dry_run, more=more)

    if planned.policy and any(options.fallback for options in planned.policy.channels.values()):
        from tocsin.fallbacks import checked, with_fallbacks

        check = partial(checked, planned.policy, planned.rules, planned.event, planned.unavailable, world.clock.time())
        yield from with_fallbacks(planned.policy, planned.destinations, check, partial(_delivery, planned), send)
        return
    yield from (skipped(row, row.skip) for row in planned.destinations if row.skip)
    yield from send([_delivery(planned, row) for row in planned.destinations if not row.skip])


def in_order(planned: Plan, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Outcomes in the plan's order, as a report has them."""
    order = {(destination.channel, destination.recipient): number for number, destination in enumerate(planned.destinations)}
    return sorted(outcomes, key=lambda outcome: order.get((outcome.channel, outcome.recipient), len(order)))  # a fallback's come last


def _delivery(planned: Plan, destination: Destination) -> Delivery:
    """What goes to one destination."""
    options = planned.options[destination.channel]
    words = words_of(planned.policy, planned.words, destination.channel, destination.rules) if planned.policy else None
    return Delivery(
        channel=destination.channel,
        kind=destination.kind,
        recipient=destination.recipient,
        rules=destination.rules,
        module=channels.load(destination.kind),
        options=options,
        message=addressed(planned.messages.get(destination.channel, planned.message), destination, planned.runbooks),
        key=repeat_key(planned.event, destination, options, words),
        redact=planned.redact,
        words=words,
        follow_up=follow_up(planned.rules, destination, options, planned.event, planned.keeping),
    )
