"""A case made of what was: a report of `send --report`, or an event of `context --json`.

Of the event it has what rules can ask for and no more: no commit, no title, no address of a person that no rule asks about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from tocsin.errors import ContextError, PolicyError
from tocsin.policy.destinations import destinations
from tocsin.policy.match import match, selector_values
from tocsin.policy.plain import NULLS
from tocsin.policy.scalar_text import double_quoted
from tocsin.policy_tests.case_parts import Around
from tocsin.policy_tests.cases import recipient_key
from tocsin.policy_tests.reading import CaseReader
from tocsin.request import Request
from tocsin.terms import SELECTORS
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.derive.recorded import RecordedRun
    from tocsin.event import Event
    from tocsin.policy.model import Policy

HEAD = "cases:\n"
_PERSONAL = ("triggered_by.", "commit.author.")  # the fields of a person
_PLAIN = re.compile(r"[A-Za-z_][\w./@-]*(?: [\w./@-]+)*", re.ASCII)


class RecordedCase(NamedTuple):
    """A case as lines of YAML, an item of `cases`; `left_out` are channels that the policy does not have any more."""

    lines: Sequence[str]
    left_out: Sequence[str]


def recorded_case(around: Around, run: RecordedRun, name: str | None) -> RecordedCase:
    """The case of a recorded run. Raises ContextError where the record has no event, PolicyError where there is no policy."""
    document, world = around.document, around.world
    if document is None:
        raise PolicyError("there is no policy to make a case for")
    event = run.event(world.now(), Request(hook=""), document)
    if event.hook == "trigger" and event.event is None:
        raise ContextError("--record: the record is of a start that was none, so there is no case to make of it")
    asked = _asked(document.policy)
    fields: dict[str, str] = {"hook": event.hook, **_known(status=event.status, transition=event.transition)}
    fields |= {key: str(run.facts[field].value) for key, field in asked.items() if field in run.facts and not run.followed(field)}
    if "branch" in fields or "tag" in fields:
        fields.pop("ref_type", None)
    told, left_out = _told(document.policy, event, run)
    name = name or _name(event)
    lines = _lines(name, fields, told)
    again = _event(around, lines)
    differ = [key for key, value in selector_values(event).items() if selector_values(again)[key] != value and key in asked]
    if differ:  # what the policy made of fields that are left out
        fields |= _known(**{key: attrgetter(asked[key])(event) for key in differ})
        lines = _lines(name, fields, told)
    return RecordedCase(lines, left_out)


def _known(**values: str | None) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def _asked(policy: Policy) -> dict[str, str]:
    """The fields that rules can ask for, by the words of a case; of persons only those that a rule here asks for."""
    used = {key for rule in policy.notifications for selector in rule.pipelines for key in selector}
    found: dict[str, str] = {}
    for key, term in SELECTORS.items():
        if key in used or not term.field.startswith(_PERSONAL):
            found[key] = term.field
            if term.stem_of:
                found[term.stem_of] = term.stem_of
    return found


def _told(policy: Policy, event: Event, run: RecordedRun) -> tuple[list[str], list[str]]:
    """Who was told by the report, or would be by this policy where the record is an event alone; and who is no channel any more."""
    matched = [rule for rule in match(policy, event) if rule.matches] if event.event is not None else []
    present = destinations(policy, matched, event, {})
    if run.deliveries is None:
        return [row.recipient for row in present if not row.skip], []
    never = {recipient_key(row.recipient) for row in present if row.skip}
    rows = {
        recipient_key(row.recipient): row.recipient
        for row in run.deliveries
        if row.recipient and not (row.outcome == "skipped" and recipient_key(row.recipient) in never)
    }
    gone = [name for name in rows.values() if "@" not in name and name not in policy.channels]
    return [name for name in rows.values() if name not in gone], gone


def _name(event: Event) -> str:
    word = event.transition or event.event or event.status
    place = event.environment or event.ref.branch or event.ref.tag or event.pull_request.source_branch
    return clean(f"{word} of {event.app or event.pipeline or 'a run'}{f' on {place}' if place else ''}")


def _lines(name: str, fields: Mapping[str, str], told: Sequence[str]) -> list[str]:
    return [
        f"- name: {scalar(name)}",
        "  event:",
        *(f"    {key}: {scalar(value)}" for key, value in fields.items()),
        f"  told: [{', '.join(map(scalar, told))}]",
    ]


def _event(around: Around, lines: Sequence[str]) -> Event:
    """The event that the lines say."""
    (case,) = CaseReader("the record", (HEAD + printed(lines)).encode()).cases(around)
    return case.event(around.world.now())


def scalar(text: str) -> str:
    """A text as a value of YAML that is read as the same text, and that no terminal and no log obeys."""
    if _PLAIN.fullmatch(text) and text not in NULLS:
        return text
    return double_quoted(text).replace("##[", "#\\u0023[")


def printed(lines: Sequence[str]) -> str:
    """The lines as they stand below `cases:`."""
    return "".join(f"  {line}\n" for line in lines)


def appended(around: Around, name: str, data: bytes, lines: Sequence[str]) -> str | None:
    """What to add to a test file of these bytes so that it has the case as its last one, None where adding lines cannot do it.

    Raises PolicyError where the file is invalid as it is.
    """
    text = data.decode("utf-8", "replace")
    if not text.strip("\ufeff \t\r\n"):
        return HEAD + printed(lines)
    before = CaseReader(name, data).cases(around)
    row = text.splitlines()[before[-1].place[0] - 1]
    line_end = "\r\n" if "\r\n" in text else "\n"
    indent = row[: len(row) - len(row.lstrip(" "))]
    added = ("" if text.endswith("\n") else line_end) + "".join(f"{indent}{line}{line_end}" for line in lines)
    try:
        after = CaseReader(name, data + added.encode()).cases(around)
    except PolicyError:
        return None
    said = [[(case.name, case.place, case.told, case.rules) for case in cases] for cases in (before, after)]
    return added if said[1][:-1] == said[0] else None
