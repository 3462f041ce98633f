"""Explain: what becomes of a run by the policy, rule by rule, whether it runs now, was recorded, or is only asked about.

question ─ policy ─ event ─ rules ─ destinations, as they would be where the secrets are
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin import pipeline
from tocsin.channels import has_own_payload
from tocsin.derive.recorded import recorded_run
from tocsin.event import Event, as_dict
from tocsin.explanation.places import RulePlace, is_at, reaching, recipients_at, require_place
from tocsin.fallbacks import FOR_GOOD
from tocsin.message import Message, compose, plain
from tocsin.message.mention import names
from tocsin.notice import Notice
from tocsin.policy.destinations import Destination, destinations
from tocsin.policy.match import RuleMatch, match
from tocsin.policy.mute import muted, told_at
from tocsin.policy.nearest import Wanted, notice
from tocsin.policy.wording import rule_words, words_of
from tocsin.text import clean
from tocsin.verdict import Skip
from tocsin.wording import in_own_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tocsin.derive.recorded import RecordedDelivery, RecordedRun
    from tocsin.explanation.question import Question
    from tocsin.pipeline import Situation
    from tocsin.policy.model import Policy
    from tocsin.world import World

_NOT_HELD = Skip("the policy in the workspace does not hold on this run", "trust")
_FORK = (
    "the code is a fork's: GitHub Actions and CircleCI give its pull requests no secrets, so nothing is sent there; "
    "GitLab CI and Jenkins send by the target branch's policy, not by this one"
)


class HeldRule(NamedTuple):
    """A rule held against the event, and where it stands."""

    match: RuleMatch
    place: RulePlace


class Explanation(NamedTuple):
    """What becomes of a run. `unset` says by channel which variables are not set here: where they are, it would send."""

    event: Event
    rules: Sequence[HeldRule]
    destinations: Sequence[Destination]
    unset: Mapping[str, str]
    notices: Sequence[Notice]
    recorded: Sequence[RecordedDelivery] | None = None
    words: Mapping[Destination, Message] = {}  # the messages in the policy's own words, of those who get any
    fallbacks: Mapping[Destination, str] = {}  # the channel or the address that gets what fails there


class Known(NamedTuple):
    """The policy that a question is about; `held` is False where it is the workspace's and does not hold on this run."""

    situation: Situation
    held: bool = True


def know(world: World, question: Question) -> Known:
    """The policy that holds, else the workspace's. Raises PolicyError, UsageError."""
    request = question.request._replace(hook=question.request.hook or "completion")
    known = pipeline.prepare(world, request)
    shown = pipeline.in_the_workspace(world, request, known)
    if shown and question.recorded:  # a record is of another run than this one
        shown = shown._replace(why_not=())
    found = shown or known
    if found.document:
        require_place(found.document.policy, question.place)
    return Known(found, held=not shown or bool(question.recorded))


def explain(world: World, question: Question, known: Known) -> Explanation:
    """The explanation of a run. Raises ContextError, UsageError."""
    recorded = recorded_run(world, question.recorded, "--from") if question.recorded else None
    event, notices = _event(world, question, known.situation, recorded)
    document = known.situation.document
    if document is None:
        return Explanation(event, (), (), {}, notices, recorded.deliveries if recorded else None)
    rows = reaching(document, question.place)
    matches = match(document.policy, event) if event.event is not None else []
    rules = [HeldRule(matches[row.number - 1], row) for row in rows] if matches else []
    _, unavailable, _ = pipeline.open_channels(document.policy, world.env)
    run = known.situation.run._replace(no_start=recorded.no_start, secretless=None) if recorded else known.situation.run
    unset = {} if run.secretless else _unset(unavailable)
    unavailable |= known.situation.withheld
    wanted = destinations(document.policy, [rule for rule in matches if rule.matches], event, unavailable, untrusted=bool(run.untrusted))
    wanted = [_where_the_secrets_are(row, unset, known) for row in wanted if is_at(row, question.place)]
    own = {name for name, options in document.policy.channels.items() if has_own_payload(options)}
    wanted = [row._replace(mentions=()) if row.channel in own else row for row in wanted]
    if document.policy.mute:
        at = told_at(event) if recorded else world.clock.time()
        wanted = muted(document.policy, matches, event, wanted, at)
    if event.event is None:
        notices.append(Notice(pipeline.no_event(event, run)))
    elif not any(rule.match.matches for rule in rules):
        notices.append(Notice(_no_match(rules, event, question, document.policy)))
    if run.secretless and any(skip.cause == "variable" for skip in unavailable.values()):
        notices.append(Notice(run.secretless))
    if event.pull_request.fork and (recorded or "pull_request.fork" in question.request.facts):
        notices.append(Notice(_FORK))
    notices += _unlike(wanted, recorded) if recorded else ()
    told, words = recorded.deliveries if recorded else None, _words(document.policy, event, wanted)
    return Explanation(event, rules, wanted, unset, notices, told, words, _fallbacks(document.policy, wanted))


def _fallbacks(policy: Policy, wanted: Sequence[Destination]) -> dict[Destination, str]:
    """Where the messages go that fail, or cannot be sent from here."""
    failing = (row for row in wanted if not row.skip or row.skip.cause in FOR_GOOD)
    return {row: name for row in failing if (name := policy.channels[row.channel].fallback)}


def _words(policy: Policy, event: Event, wanted: Sequence[Destination]) -> dict[Destination, Message]:
    """What those would get for whom the policy has words of its own."""
    of_rules = rule_words(policy)
    owned = [(row, words) for row in wanted if not row.skip and (words := words_of(policy, of_rules, row.channel, row.rules))]
    if not owned:
        return {}
    message = compose(event)
    return {row: in_own_words(message._replace(rules=row.rules), words).message for row, words in owned}


def _event(world: World, question: Question, known: Situation, recorded: RecordedRun | None) -> tuple[Event, list[Notice]]:
    if recorded is None:
        return pipeline.understand(world, question.request, known)
    return recorded.event(world.now(), question.request, known.document), [*known.why_not, *known.notices]


def _unset(unavailable: Mapping[str, Skip]) -> dict[str, str]:
    """By channel, which variables are not set here."""
    return {
        name: f"{skip.reason.partition(' ')[2]} here"
        for name, skip in unavailable.items()
        if skip.cause == "variable" and skip.reason.endswith(" not set")
    }


def _where_the_secrets_are(row: Destination, unset: Mapping[str, str], known: Known) -> Destination:
    """A destination as it is where the variables are that are not set here."""
    if not known.held:
        return row._replace(skip=_NOT_HELD)
    return row._replace(skip=None) if row.skip and row.skip.cause == "variable" and row.channel in unset else row


def _no_match(rules: Sequence[HeldRule], event: Event, question: Question, policy: Policy) -> str:
    """Which rule comes nearest, why it does not match, and what would be told of such runs alone."""
    if not rules:
        return f"no rule sends to {question.place}"
    which = f"no rule that sends to {question.place} matches" if question.place else "no rule matches"
    wanted = Wanted(question.asked, partial(recipients_at, policy, question.place))
    return notice([rule.match for rule in rules], event, [rule.place.where for rule in rules], wanted, which)


def _unlike(wanted: Sequence[Destination], recorded: RecordedRun) -> list[Notice]:
    """In what the policy here differs from the one that the recorded run had."""
    if recorded.deliveries is None:
        return []
    told = {row.recipient.casefold() for row in recorded.deliveries}
    new = ", ".join(clean(row.recipient, 80) for row in wanted if row.recipient.casefold() not in told and not row.skip)
    if new:
        return [Notice(f"the report says nothing of {new}: the policy was another one then, or it did not hold on that run")]
    return [] if recorded.deliveries else [Notice("the report has no delivery: no rule matched, or no policy held")]


def as_data(explained: Explanation) -> dict[str, Any]:
    """The explanation as `explain --json` prints it."""
    return {
        "event": as_dict(explained.event),
        "rules": [
            {"name": rule.name, "line": place.line, **place.base, "matches": rule.matches, "failed_on": as_dict(rule.failed_on)}
            for rule, place in explained.rules
        ],
        "deliveries": [
            {
                "channel": row.channel,
                "kind": row.kind,
                "recipient": row.recipient,
                "rules": list(row.rules),
                "outcome": "skipped" if row.skip else "would send",
                "reason": row.skip.reason if row.skip else explained.unset.get(row.channel),
                **_said(explained.words.get(row)),
                **({"fallback": explained.fallbacks[row]} if row in explained.fallbacks else {}),
                **({"mentions": told} if (told := names(row.mentions, row.kind)) else {}),
            }
            for row in explained.destinations
        ],
        **({} if explained.recorded is None else {"recorded": [as_dict(row) for row in explained.recorded]}),
    }


def _said(message: Message | None) -> dict[str, Any]:
    """The policy's own words for a destination, where it has any."""
    return {} if message is None else {"message": {"title": message.title, "text": [plain(sentence) for sentence in message.sentences]}}
