"""What holds of every policy and every event: the sieve lets nothing through that matches, and a test says what a send would do."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import CASES, run
from policies import read

from tocsin.event import Event, Job, PullRequest, Ref
from tocsin.explanation.places import rule_places
from tocsin.policy.destinations import destinations
from tocsin.policy.match import match
from tocsin.policy.model import Notification, Policy
from tocsin.policy_tests.candidates import Candidates
from tocsin.policy_tests.cases import Case, recipient_key
from tocsin.policy_tests.coverage import coverage_of
from tocsin.policy_tests.running import run_cases

WORDS = ["a", "ab", "abc", "a[b]", "!a", "b/a", "a*", "\\a"]
PATTERNS = st.lists(
    st.sampled_from(
        [*WORDS, "*", "a*", "?b", "a?c", "[ab]*", "a[bc]", "!a*", "!ab", "\\*", "a\\*", "b/*", "*c", "*bc", "?b]", "[b", "!!a", "!"]
    ),
    min_size=1,
    max_size=3,
)
KEYS = ["app", "project", "branch", "job", "pipeline", "source_branch"]
RULES = st.builds(
    lambda on, pipelines: Notification(on=on, pipelines=pipelines, send_to=["team"]),
    st.lists(st.sampled_from(["trigger", "success", "failure", "fixed", "always"]), min_size=1, max_size=2),
    st.lists(st.dictionaries(st.sampled_from(KEYS), PATTERNS, max_size=3), min_size=1, max_size=2),
)
NAMES = st.none() | st.sampled_from(WORDS)


@st.composite
def events(draw: Any) -> Event:
    word = draw(st.sampled_from(["trigger", "success", "failure"]))
    return Event(
        event=word,
        transition="fixed" if word == "success" and draw(st.booleans()) else None,
        app=draw(NAMES),
        project=draw(NAMES),
        pipeline=draw(NAMES),
        pipeline_file=draw(st.none() | st.sampled_from(["x/a.yml", "ab.yml", "abc"])),
        job=Job(name=draw(NAMES)),
        ref=Ref(branch=draw(NAMES)),
        pull_request=PullRequest(source_branch=draw(NAMES)),
    )


@given(st.lists(RULES, max_size=6), st.lists(events(), min_size=1, max_size=4))
def test_the_candidates_that_match_are_the_rules_that_match(rules: list[Notification], runs: list[Event]):
    policy = Policy.model_construct(notifications=rules, channels={})
    candidates = Candidates(policy)
    for event in runs:
        assert [rule.name for rule in candidates.matching(event)] == [rule.name for rule in match(policy, event) if rule.matches]


CHANNELS = (
    "channels: {team: {kind: slack}, ops: {kind: discord, url: '${U}', project: a}, mail: {kind: smtp, host: h, from: ci@example.com}}\n"
)
DOCUMENT = read(
    CHANNELS + "notifications:\n"
    "  - {on: failure, send_to: [team, A@example.com]}\n"
    "  - {on: [failure, success], pipelines: {app: [a, 'ab*']}, send_to: [ops, a@Example.com]}\n"
    "  - {on: success, pipelines: {branch: '!a'}, send_to: [team]}\n"
)
TOLD = ["team", "ops", "a@example.com", "A@EXAMPLE.COM", "b@example.com"]


@given(events(), st.permutations(TOLD), st.integers(0, len(TOLD)))
def test_a_case_passes_where_it_names_whom_a_send_would_tell_in_any_order(event: Event, names: list[str], count: int):
    told = names[:count]
    case = Case("c", "f", (1, 1), lambda _: event, {recipient_key(name): name for name in told})
    (result,) = run_cases(DOCUMENT, [case], "2026-11-23T15:44:00Z")
    rules = [rule for rule in match(DOCUMENT.policy, event) if rule.matches]
    sent = {recipient_key(row.recipient) for row in destinations(DOCUMENT.policy, rules, event, {}) if not row.skip}
    assert result.passed is (sent == set(case.told))
    assert {recipient_key(name) for name in result.missing} == set(case.told) - sent
    assert {recipient_key(name) for name in result.unexpected} == sent - set(case.told)


@given(st.lists(events(), max_size=4))
def test_coverage_is_what_matches(runs: list[Event]):
    cases = [Case("c", "f", (1, 1), lambda _, event=event: event, {}) for event in runs]
    results = run_cases(DOCUMENT, cases, "2026-11-23T15:44:00Z")
    coverage = coverage_of(rule_places(DOCUMENT), results)
    touched = {rule.name for event in runs for rule in match(DOCUMENT.policy, event) if rule.matches}
    assert {place.name for place in coverage.untouched} == {"#1", "#2", "#3"} - touched
    assert coverage.touched == len(touched)
    assert all(coverage.reaches(percent) is (100 * len(touched) >= percent * 3) for percent in (0, 33, 33.4, 66.6, 67, 100))


# Records.

NAME = st.sampled_from([None, "main", "deploy", "production", "fix/7", "shop", "night", "schedule", "null", "012", "x y", ": #"])


@st.composite
def records(draw: Any) -> dict[str, Any]:
    """An event as `context --json` prints it, as far as rules can ask for it, and what they cannot."""
    hook = draw(st.sampled_from(["trigger", "completion"]))
    ref = draw(st.sampled_from(["branch", "tag", "pull_request", None]))
    return {
        "hook": hook,
        "status": draw(st.sampled_from(["success", "failure", "cancelled", "skipped", "waiting"])) if hook == "completion" else None,
        **{key: draw(NAME) for key in ("app", "project", "environment", "cluster", "pipeline", "source")},
        "kind": draw(st.sampled_from(["ci", "cd"])),
        "tier": draw(st.sampled_from([None, "production", "other"])),
        "run": {"previous_status": draw(st.sampled_from([None, "success", "failure"]))},
        "job": {"name": draw(NAME), "id": "7"},
        "ref": {"type": ref, "name": draw(NAME), **({ref: draw(NAME)} if ref in ("branch", "tag") else {})},
        "pull_request": {"number": 7, "source_branch": draw(NAME), "target_branch": draw(NAME)} if ref == "pull_request" else {},
        "commit": {"message": "private", "author": {"name": "private", "email": "private"}},
        "triggered_by": {"login": "private"},
        "sources": {
            key: draw(st.sampled_from(["policy .tocsin.yml:3", "X", "no environment is known", "the environment's name"]))
            for key in ("environment", "tier", "kind", "cluster")
        },
    }


@given(records())
@settings(max_examples=40, deadline=None)
def test_a_recorded_case_says_what_explain_says_of_the_record(record: dict[str, Any]):
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / ".tocsin.yml").write_bytes((CASES / "policy_tests" / "run" / ".tocsin.yml").read_bytes())
        (folder / "r.json").write_text(json.dumps(record), encoding="utf-8")
        explained = run("explain", "--from", "r.json", "--json", folder=folder).json()
        printed = run("test", "--record", "r.json", folder=folder).out
        tested = run("test", "-", "--json", folder=folder, stdin=f"cases:\n{printed}".encode())
    (case,) = tested.json()["cases"]
    assert case["passed"]
    assert "private" not in printed
    assert case["told"] == [row["recipient"] for row in explained["deliveries"] if row["outcome"] == "would send"]
    assert case["rules"] == [rule["name"] for rule in explained["rules"] if rule["matches"]]
