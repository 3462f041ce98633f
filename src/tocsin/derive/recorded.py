"""A recorded run: a report of `send --report`, or an event as `context --json` prints it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.ci import CIS
from tocsin.ci.run import Run
from tocsin.derive import derive
from tocsin.derive.facts_file import FACTS_MAX_BYTES, facts_of, given_data
from tocsin.derive.precedence import lay
from tocsin.errors import ContextError
from tocsin.event import Event, Facts
from tocsin.policy.words import quoted
from tocsin.request import Request

if TYPE_CHECKING:
    from tocsin.policy.load import PolicyDocument
    from tocsin.world import World

_REF_FIELDS = {
    "ref.branch": "branch",
    "ref.tag": "tag",
    "pull_request.number": "pull_request",
    "pull_request.source_branch": "pull_request",
}
_FOLLOWED = ("the environment's name", "no environment is known")  # the sources of a tier and of a kind that nobody said


class RecordedDelivery(NamedTuple):
    """A row of a report, as far as it could be read: the outcome is "" where the record has none."""

    outcome: str
    recipient: str
    kind: str
    rules: tuple[str, ...]
    reason: str


class RecordedRun(NamedTuple):
    """A run as it was told; `deliveries` is None where the record is an event alone."""

    hook: str
    ci: str
    facts: Facts
    no_start: str | None  # why a start is none, as in `Run`
    deliveries: Sequence[RecordedDelivery] | None
    sources: Mapping[str, str] = {}  # by dotted field, where the record says them

    def event(self, now: str, request: Request, document: PolicyDocument | None = None) -> Event:
        """The event, with what `request` says laid over it.

        A record has all that its policy said of the run. With a `document` that one says it anew, and what followed from it follows anew.
        `now` is ISO 8601 in UTC. Raises ContextError where a completion has no status, UsageError for a bad flag.
        """
        facts = {name: fact for name, fact in self.facts.items() if not (document and self.followed(name))}
        request = request._replace(hook=request.hook or self.hook, facts=lay(facts, request.facts))
        return derive(Run(self.ci, {}, untrusted=None, no_start=self.no_start), request, {}, now, document)._replace(ci=self.ci)

    def followed(self, name: str) -> bool:
        """Whether a field was the policy's word, or followed from the environment."""
        source = self.sources.get(name, "")
        return source.startswith("policy ") or (name in ("kind", "tier") and source in (*_FOLLOWED, self.sources.get("environment")))


def recorded_run(world: World, path: str, flag: str) -> RecordedRun:
    """The run in a file ("-" is standard input), which the `flag` of the command line names. Raises ContextError."""
    try:
        told = _object(given_data(world, path))
        event = told["event"] if isinstance(told.get("event"), dict) else told
        facts = facts_of(event)
    except OSError as error:
        raise ContextError(f"{flag}: {quoted(path)} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ContextError(f"{flag}: {quoted(path)} is no report of `send --report` and no event of `context --json`") from None
    except ContextError as error:
        raise ContextError(str(error).replace("--facts", flag, 1)) from None
    hook = event.get("hook")
    if not facts:
        raise ContextError(f"{flag}: {quoted(path)} has no event in it: pass what `send --report` wrote or `context --json` printed")
    hook = hook if hook in ("trigger", "completion") else "completion" if "status" in facts else "trigger"
    ci = event.get("ci")
    no_start = "the record has no event" if "event" in event and event["event"] is None else None
    ci = ci if ci in CIS else "generic"
    sources = event.get("sources")
    sources = {name: text for name, text in sources.items() if isinstance(text, str)} if isinstance(sources, dict) else {}
    return RecordedRun(hook, ci, _completed(facts), no_start, _deliveries(told.get("deliveries")), sources)


def _object(data: bytes) -> dict[str, Any]:
    """What a file holds, {} where it is no object. Raises ValueError where it is no JSON, or too long."""
    import json

    if len(data) > FACTS_MAX_BYTES:
        raise ValueError("too long")
    told = json.loads(data.decode("utf-8-sig"))
    return told if isinstance(told, dict) else {}


def _completed(facts: Facts) -> Facts:
    """The facts with the ref's type, where they say only what it is called."""
    if "ref.type" in facts:
        return facts
    found = next(((facts[name], word) for name, word in _REF_FIELDS.items() if name in facts), None)
    return {**facts, "ref.type": found[0]._replace(value=found[1])} if found else facts


def _deliveries(rows: object) -> list[RecordedDelivery] | None:
    if not isinstance(rows, list):
        return None
    return [
        RecordedDelivery(_text(row, "outcome"), _text(row, "recipient"), _text(row, "kind"), _rules(row), _text(row, "reason"))
        for row in rows
        if isinstance(row, dict)
    ]


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


def _rules(row: Mapping[str, object]) -> tuple[str, ...]:
    rules = row.get("rules")
    return tuple(rule for rule in rules if isinstance(rule, str)) if isinstance(rules, list) else ()
