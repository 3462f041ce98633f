"""Run: each case's event held against the policy, as a send would, but for the network and the variables.

case ─ event ─ rules that match ─ destinations ─ who is told ─ what differs
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tocsin.errors import ContextError
from tocsin.policy.destinations import Destination, destinations
from tocsin.policy.match import RuleMatch
from tocsin.policy.mute import muted, told_at
from tocsin.policy_tests.candidates import Candidates
from tocsin.policy_tests.cases import recipient_key

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.policy.load import PolicyDocument
    from tocsin.policy_tests.cases import Case


class CaseResult(NamedTuple):
    """What became of a case: `matched` are the rules that match its event, `missing` and `unexpected` names of recipients.

    `event` is None where it could not be worked out, and `problem` says why.
    """

    case: Case
    event: Event | None
    matched: Sequence[RuleMatch] = ()
    destinations: Sequence[Destination] = ()
    told: Sequence[str] = ()
    missing: Sequence[str] = ()
    unexpected: Sequence[str] = ()
    missing_rules: Sequence[str] = ()
    unexpected_rules: Sequence[str] = ()
    problem: str | None = None

    @property
    def passed(self) -> bool:
        """Whether all is as the case says."""
        return not (self.missing or self.unexpected or self.missing_rules or self.unexpected_rules or self.problem)


def run_cases(document: PolicyDocument, cases: Iterable[Case], now: str) -> list[CaseResult]:
    """The result of each case; `now` is ISO 8601 in UTC."""
    candidates = Candidates(document.policy)
    return [_result(document, candidates, case, now) for case in cases]


def _result(document: PolicyDocument, candidates: Candidates, case: Case, now: str) -> CaseResult:
    try:
        event = case.event(now)
    except ContextError as error:
        return CaseResult(case, None, problem=str(error))
    matched = candidates.matching(event) if event.event is not None else []
    wanted = muted(document.policy, matched, event, destinations(document.policy, matched, event, {}), told_at(event))
    told = {recipient_key(row.recipient): row.recipient for row in wanted if not row.skip}
    names = [rule.name for rule in matched]
    asked = frozenset(names) if case.rules is None else case.rules
    return CaseResult(
        case,
        event,
        matched,
        wanted,
        told=list(told.values()),
        missing=[name for key, name in case.told.items() if key not in told],
        unexpected=[name for key, name in told.items() if key not in case.told],
        missing_rules=sorted(asked.difference(names)),
        unexpected_rules=[name for name in names if name not in asked],
    )
