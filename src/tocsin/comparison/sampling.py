"""Events for which two policies that derive them differently are asked: what `context` or `environments` say of a run has changed.

Selectors see an event after the policy's own words were laid into it. Where these words differ, one run is two events, which no box
holds. So runs are made of what rules, contexts, environments and policy tests of either side name, and both policies derive each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.ci.run import Run
from tocsin.comparison.boxes import Selector, Space
from tocsin.comparison.changes import NO_LONGER, TOLD, Change
from tocsin.comparison.languages import TooManyError
from tocsin.comparison.mentioned import distinct, mention_reaches, role_reaches
from tocsin.comparison.moments import ALL
from tocsin.comparison.patterns import escaped
from tocsin.comparison.reach import Key, Reach, reaches
from tocsin.comparison.values import Only
from tocsin.derive import derive
from tocsin.errors import ContextError
from tocsin.event import Fact
from tocsin.policy.glob import passes
from tocsin.policy.match import Values, selector_values
from tocsin.policy.selectors import REF_OF
from tocsin.request import Request
from tocsin.terms import SELECTORS

if TYPE_CHECKING:
    from tocsin.event import Facts
    from tocsin.policy.load import PolicyDocument
    from tocsin.policy.model import Policy

RUNS_MAX = 1_000  # ours
ASKED_MAX = 2_000_000  # ours: runs times routes
_NOW = "2000-01-01T00:00:00Z"  # no selector asks for the time
_REQUEST = Request(hook="completion", status="failure")


class SampleRun(NamedTuple):
    """A run: what it says of itself, and the same as plain names by selector key."""

    facts: Facts
    names: tuple[tuple[str, str], ...]


def differing_keys(base: PolicyDocument | None, head: PolicyDocument | None) -> frozenset[str]:
    """The keys of selectors that one run can have otherwise by one policy than by the other; none where only one has rules."""
    if not base or not head or not base.policy.notifications or not head.policy.notifications:
        return frozenset()
    found: set[str] = set()
    (old, rules), (new, more) = (_context(document.policy) for document in (base, head))
    found |= {key for key in {*old, *new} if old.get(key) != new.get(key)}
    if base.policy.environments != head.policy.environments:
        found |= {"tier", "cluster"}
    if rules != more or (found and rules):
        found |= {key for rule in (*rules, *more) for key in rule["set"]}
    if "environment" in found:
        found |= {"tier", "cluster", "kind"}
    return frozenset(found & _asked(base.policy) | found & _asked(head.policy))


def _context(policy: Policy) -> tuple[dict[str, Any], Sequence[Any]]:
    constants: dict[str, Any] = dict(policy.context)
    return constants, constants.pop("rules", ())


def _asked(policy: Policy) -> set[str]:
    """The keys that rules, or the channels' projects, ask for."""
    scoped = any(options.project is not None for options in policy.channels.values())
    return {key for rule in policy.notifications for selector in rule.pipelines for key in selector} | ({"project"} if scoped else set())


def sampled_changes(base: PolicyDocument, head: PolicyDocument, keys: frozenset[str], more: Iterable[Facts]) -> list[Change]:
    """What changes for runs that the policies derive differently; `more` are runs that policy tests name."""
    mentions, new_mentions = distinct(mention_reaches(base), mention_reaches(head))
    before, after = {**reaches(base), **role_reaches(base), **mentions}, {**reaches(head), **role_reaches(head), **new_mentions}
    routes = sum(len(reach.routes) for reach in (*before.values(), *after.values()))
    found: list[Change] = []
    for run in islice(_runs((base, head), keys, more), min(RUNS_MAX, ASKED_MAX // max(1, routes))):
        old, new = (_derived(run, document) for document in (base, head))
        if old is not None and new is not None and old != new:
            was, now = _told(before, old), _told(after, new)
            for word, mine, there, there_not in ((TOLD, after, now, was), (NO_LONGER, before, was, now)):
                found += _of_run(run, word, mine, there, there_not)
    return _fewest(found)


def _of_run(run: SampleRun, word: str, mine: Mapping[Key, Reach], there: _Told, there_not: _Told) -> Iterator[Change]:
    for key, (on, rules) in there.items():
        fresh = on & ~there_not.get(key, (0, ()))[0]
        if fresh:
            reach = mine[key]
            if reach.role and key[:2] in there:  # the recipient is told whose run it ever is
                continue
            channel = next(route.channel for route in reach.routes if route.rule in rules)
            pipelines = tuple((name, (escaped(text),)) for name, text in run.names)
            change = Change(reach.recipient, channel, word, fresh, pipelines, rules, mention=reach.mention, role=reach.role)
            yield change._replace(sampled=True)


_Told = dict[Key, tuple[int, tuple[int, ...]]]


def _told(reached: Mapping[Key, Reach], values: Values) -> _Told:
    """For each recipient the moments at which it hears of a run, and the rules that say so."""
    found: _Told = {}
    for key, reach in reached.items():
        routes = [route for route in reach.routes if _fulfils(route.selector, values)]
        if routes:
            on = 0
            for route in routes:
                on |= route.on
            found[key] = on & ALL, tuple(dict.fromkeys(route.rule for route in routes))
    return found


def _fulfils(selector: Selector, values: Values) -> bool:
    return all(values[key] == (item.text,) if isinstance(item, Only) else passes(item, values[key]) for key, item in selector)


def _derived(run: SampleRun, document: PolicyDocument) -> Values | None:
    try:
        return selector_values(derive(Run("generic", run.facts, None), _REQUEST, {}, _NOW, document))
    except ContextError:  # a template that needs more than the run has
        return None


def _runs(documents: Sequence[PolicyDocument], keys: frozenset[str], more: Iterable[Facts]) -> Iterator[SampleRun]:
    """Runs in the words of both policies, those that say the least first; none twice."""
    seen = set()
    policies = [document.policy for document in documents]
    parts = [{}, *_named([when for policy in policies for rule in _context(policy)[1] for when in rule["when"]])]
    parts += [{"environment": name} for policy in policies for name in policy.environments]
    wholes = [{}, *_named([selector for policy in policies for rule in policy.notifications for selector in rule.pipelines])]
    made = (_run({**without, **part}) for whole in wholes for without in (_without(whole, keys), whole) for part in parts)
    for run in (*map(_of_test, more), *islice(made, RUNS_MAX * 4)):
        if run.names not in seen:
            seen.add(run.names)
            yield run


def _without(names: Mapping[str, str], keys: frozenset[str]) -> dict[str, str]:
    """A run that leaves it to the policy to say what it is."""
    return {key: text for key, text in names.items() if key not in keys}


def _named(selectors: Sequence[Mapping[str, Sequence[str]]]) -> list[dict[str, str]]:
    """For each selector the names of a run that it takes."""
    found = []
    for selector in selectors[:RUNS_MAX]:
        wanted: Selector = tuple((key, tuple(patterns)) for key, patterns in selector.items())
        try:
            space = Space([wanted])
        except TooManyError:
            continue
        point = space.point(space.box(ALL, wanted))
        if point:
            found.append({key: names[0] for key, names in point.names.items() if names})
    return found


def _run(names: Mapping[str, str]) -> SampleRun:
    implied = "ref_type" if names.keys() & REF_OF.keys() else ""  # a branch says that it is one
    shown = {key: text for key, text in names.items() if key != implied}
    return SampleRun({SELECTORS[key].field: Fact(text, "a sample") for key, text in names.items()}, tuple(sorted(shown.items())))


def _of_test(facts: Facts) -> SampleRun:
    names = {key: facts[term.field].value for key, term in SELECTORS.items() if term.field in facts}
    return SampleRun(facts, tuple(sorted(names.items())))


def _fewest(found: list[Change]) -> list[Change]:
    """The changes without those of which one that says less of the run tells already."""
    kept: list[Change] = []
    for change in sorted(found, key=lambda change: len(change.pipelines)):
        said = set(change.pipelines)
        if not any(
            all(getattr(other, name) == getattr(change, name) for name in ("recipient", "change", "mention", "role"))
            and said.issuperset(other.pipelines)
            and not change.on & ~other.on
            for other in kept
        ):
            kept.append(change)
    return kept
