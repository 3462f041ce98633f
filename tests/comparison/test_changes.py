"""Properties of `diff`: it says exactly those events at which two policies differ, and each with an event that shows it."""

from __future__ import annotations

import json
from typing import Any

from events import event as event_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from policies import CHANNELS, read

from tocsin.comparison.boxes import Point
from tocsin.comparison.changes import NO_LONGER, TOLD, Change, changes
from tocsin.comparison.moments import MOMENTS
from tocsin.event import Event
from tocsin.policy.destinations import destinations
from tocsin.policy.load import PolicyDocument
from tocsin.policy.match import fulfils, match, selector_values
from tocsin.terms import SELECTORS

PATTERNS = {
    "kind": ["ci", "cd", "!cd"],
    "app": ["a", "b", "ab", "a*", "*b", "?", "[ab]", "!a", "!b*", "!*", "*", "!a?"],
    "environment": ["prod", "stage", "p*", "*d", "!prod", "!p*", "*"],
    "tier": ["production", "staging", "!production", "!staging", "*"],
    "project": ["payments", "!payments", "p*"],
    "branch": ["main", "release/*", "*-hot", "!main", "!release/*", "*", "!*"],
    "tag": ["v1", "v*", "!v1"],
    "ref_type": ["branch", "tag", "pull_request", "!tag", "!pull_request"],
    "target_branch": ["main", "!main", "m*"],
    "pipeline": ["deploy", "deploy.yml", "*.yml", "!deploy", "!deploy.yml", "b*", "!*.yml"],
}
ON = ["trigger", "success", "failure", "cancelled", "always", "fixed", "broken", "still_failing", "waiting"]
PLACES = ["team", "scoped", "ops", "dev@example.com", "DEV@example.com", {"email": "dev@example.com", "via": "mail"}]
TEXTS = [None, "a", "b", "ab", "ba", "aa", "abb", "c", "[ab]"]


def some(values: list[Any], most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique_by=json.dumps)


@st.composite
def selectors(draw: Any) -> dict[str, list[str]]:
    keys = draw(st.lists(st.sampled_from(sorted(PATTERNS)), max_size=3, unique=True))
    return {key: draw(some(PATTERNS[key], 3)) for key in keys}


RULES = st.fixed_dictionaries({"on": some(ON), "pipelines": st.lists(selectors(), min_size=1, max_size=2), "send_to": some(PLACES)})


def usable(rules: list[Any]) -> bool:
    """Whether no rule sends what a channel of one project can never get, which is an error."""
    return not any("scoped" in one["send_to"] and any("project" in selector for selector in one["pipelines"]) for one in rules)


POLICIES = st.lists(RULES, min_size=1, max_size=3).filter(usable)


@st.composite
def points(draw: Any) -> Point:
    """An event that can be."""
    names = {key: draw(st.sampled_from(TEXTS)) for key in ("app",)}
    names["kind"] = draw(st.sampled_from(["ci", "cd"]))
    names["environment"] = draw(st.sampled_from([None, "prod", "stage", "pd", "x"]))
    names["tier"] = draw(st.sampled_from(["production", "staging", "other", *([] if names["environment"] else [None])]))
    names["project"] = draw(st.sampled_from([None, "payments", "pay", "x"]))
    names["ref_type"] = draw(st.sampled_from([None, "branch", "tag", "pull_request"]))
    branches = [None, "main", "release/1", "release/x-hot", "a-hot", "x"]
    names["branch"] = draw(st.sampled_from(branches)) if names["ref_type"] == "branch" else None
    names["tag"] = draw(st.sampled_from([None, "v1", "v2", "x"])) if names["ref_type"] == "tag" else None
    names["target_branch"] = draw(st.sampled_from([None, "main", "mm", "x"])) if names["ref_type"] == "pull_request" else None
    own = draw(st.sampled_from([(), ("deploy",), ("build",), ("x",), ("x.yml",)]))
    file = draw(st.sampled_from([(), ("deploy", "deploy.yml"), ("build", "build.yaml"), ("x", "x.yml")]))
    return Point(
        draw(st.integers(0, len(MOMENTS) - 1)),
        {"pipeline": own + file, **{key: (value,) if value else () for key, value in names.items()}},
    )


def event(point: Point) -> Event:
    """The event of a point."""
    word, transition = MOMENTS[point.moment]
    values: dict[str, Any] = {"event": word, "transition": transition, "ref": {}, "pull_request": {}, "job": {}}
    for key, names in point.names.items():
        if key == "pipeline":
            *own, _, file = ("", *names) if len(names) > 1 else (*names, None, None)
            values |= {"pipeline": next(filter(None, own), None), "pipeline_file": file}
        elif names:
            *record, field = SELECTORS[key].field.split(".")
            (values[record[0]] if record else values)[field] = names[0]
    return event_of(values)


def told(document: PolicyDocument, seen: Event) -> set[str]:
    """Who gets a message of an event; an address in small letters."""
    matched = [rule for rule in match(document.policy, seen) if rule.matches]
    return {row.recipient.casefold() for row in destinations(document.policy, matched, seen, {}) if not row.skip}


def covers(change: Change, point: Point) -> bool:
    """Whether a change speaks of an event, by its own words as a selector."""
    selector = {key: list(patterns) for key, patterns in change.pipelines}
    return bool(change.on >> point.moment & 1) and fulfils(selector, selector_values(event(point)))


def policy(rules: list[Any]) -> PolicyDocument:
    return read(f"{CHANNELS}\nnotifications: {json.dumps(rules)}")


def rule(**keys: Any) -> dict[str, Any]:
    return {"on": ["failure"], "pipelines": [{}], "send_to": ["team"], **keys}


@settings(max_examples=20, deadline=None)
@given(POLICIES, POLICIES, st.lists(points(), min_size=15, max_size=15))
@example([rule(pipelines=[{"pipeline": ["deploy"]}])], [rule(pipelines=[{"pipeline": ["deploy", "!deploy.yml"]}])], [])
def test_the_changes_are_exactly_the_events_at_which_the_policies_differ(old: list[Any], new: list[Any], seen: list[Point]):
    base, head = policy(old), policy(new)
    found = changes(base, head)
    assert not found.undecided
    for point in [*seen, *(change.example for change in found.changes if change.example)]:
        before, after = told(base, event(point)), told(head, event(point))
        said = {
            word: {change.recipient.casefold() for change in found.changes if change.change == word and covers(change, point)}
            for word in (TOLD, NO_LONGER)
        }
        assert said == {TOLD: after - before, NO_LONGER: before - after}, point
    for change in found.changes:
        assert change.example
        assert covers(change, change.example), change


@settings(max_examples=20, deadline=None)
@given(POLICIES, st.randoms(use_true_random=False))
def test_nothing_changes_with_the_order_of_words(rules: list[Any], random: Any):
    mixed = json.loads(json.dumps(rules))
    for one in mixed:
        for words in (
            one["on"],
            one["pipelines"],
            one["send_to"],
            *(patterns for selector in one["pipelines"] for patterns in selector.values()),
        ):
            random.shuffle(words)
    random.shuffle(mixed)
    assert changes(policy(rules), policy(mixed)) == ([], [])
