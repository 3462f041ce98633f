"""`diff` of mentions and of people who are mailed: exactly the events at which two policies mention, or mail, somebody else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import run
from policies import read
from test_changes import ON, covers, event, points, some

from tocsin.comparison.boxes import Point
from tocsin.comparison.changes import NO_LONGER, TOLD, Change, changes, mention_changes
from tocsin.comparison.compare import compare
from tocsin.comparison.sides import Side
from tocsin.event import Event
from tocsin.policy.destinations import Destination, destinations
from tocsin.policy.load import PolicyDocument
from tocsin.policy.match import match

CHANNELS = """
channels:
  team: {kind: slack}
  ops: {kind: discord, url: "${OPS_URL}"}
  scoped: {kind: teams, url: "${TEAMS_URL}", project: payments}
  page: {kind: webhook, url: "https://example.com/x"}
  mail: {kind: smtp, host: smtp.example.com, from: ci@example.com}
"""
IDS = {"ada": {"slack": "U0ADA", "discord": "1"}, "bob": {"slack": "U0BOB", "teams": "bob@example.com"}, "all": {"slack": "S0ALL"}}
WORDS = ["ada", "bob", "all", "here", "channel", "<!here>", "<@U0RAW>", "<@&7>"]
SELECTORS = st.fixed_dictionaries(
    {},
    optional={"app": some(["a", "a*", "!b"]), "branch": some(["main", "!main", "release/*"]), "project": some(["payments", "!payments"])},
)


def rules(words: list[str], places: list[Any]) -> st.SearchStrategy[list[Any]]:
    one = st.fixed_dictionaries(
        {
            "on": some(ON, 3),
            "pipelines": st.lists(SELECTORS, min_size=1, max_size=2),
            "send_to": some(places),
            "mention": st.lists(st.sampled_from(words), max_size=2, unique=True),
        }
    )
    return st.lists(one, min_size=1, max_size=3).filter(
        lambda found: not any("scoped" in rule["send_to"] and any("project" in one for one in rule["pipelines"]) for rule in found)
    )


@st.composite
def policies(draw: st.DrawFn, words: list[str], places: list[Any]) -> PolicyDocument:
    """People some of whom are mailed, and rules that mention some of them."""
    people = {
        name: {**ids, "email": f"{name}@example.com", "mail": draw(st.booleans())} if name != "all" else ids for name, ids in IDS.items()
    }
    found = [{key: value for key, value in rule.items() if value} for rule in draw(rules(words, places))]
    return read(f"people: {json.dumps(people)}\n{CHANNELS}\nnotifications: {json.dumps(found)}")


def rows(document: PolicyDocument, seen: Event) -> list[Destination]:
    matched = [rule for rule in match(document.policy, seen) if rule.matches]
    return [row for row in destinations(document.policy, matched, seen, {}) if not row.skip]


def mentioned(document: PolicyDocument, seen: Event) -> set[tuple[str, str]]:
    return {
        (row.recipient, mention.name) for row in rows(document, seen) for mention in row.mentions if mention.id_on(row.kind) is not None
    }


def told(document: PolicyDocument, seen: Event) -> set[str]:
    return {row.recipient.casefold() for row in rows(document, seen)}


def asked(found: list[Change], seen: list[Point]) -> list[Point]:
    assert all(change.example and covers(change, change.example) for change in found)
    return [*seen, *(change.example for change in found if change.example)]


PLACES = ["team", "ops", "scoped", "page", "dev@example.com", "ADA@example.com"]


@settings(max_examples=40, deadline=None)
@given(policies(WORDS, PLACES), policies(WORDS, PLACES), st.lists(points(), min_size=10, max_size=10))
def test_whom_messages_mention_changes_exactly_so(base: PolicyDocument, head: PolicyDocument, seen: list[Point]):
    found = mention_changes(base, head)
    assert not found.undecided
    for point in asked(found.changes, seen):
        before, after = mentioned(base, event(point)), mentioned(head, event(point))
        for word, expected in ((TOLD, after - before), (NO_LONGER, before - after)):
            said = {(change.recipient, change.mention) for change in found.changes if change.change == word and covers(change, point)}
            assert said == expected, point


@settings(max_examples=30, deadline=None)
@given(policies(WORDS, PLACES), policies(WORDS, PLACES), st.lists(points(), min_size=10, max_size=10))
def test_who_is_mentioned_by_name_and_mailed_is_told(base: PolicyDocument, head: PolicyDocument, seen: list[Point]):
    found = changes(base, head).changes
    for point in asked(found, seen):
        before, after = told(base, event(point)), told(head, event(point))
        for word, expected in ((TOLD, after - before), (NO_LONGER, before - after)):
            assert {change.recipient.casefold() for change in found if change.change == word and covers(change, point)} == expected, point


ROLES = policies(["author", "here"], ["team", "scoped"])


@settings(max_examples=30, deadline=None)
@given(ROLES, ROLES, st.lists(points(), min_size=10, max_size=10))
def test_who_is_mailed_because_the_run_is_theirs(base: PolicyDocument, head: PolicyDocument, seen: list[Point]):
    found = [change for change in changes(base, head).changes if change.role]
    for point in asked(found, seen):
        for name in ("ada", "bob"):
            happening = event(point)
            theirs = happening._replace(
                commit=happening.commit._replace(author=happening.commit.author._replace(email=f"{name}@example.com"))
            )
            before, after = (f"{name}@example.com" in told(side, theirs) for side in (base, head))
            said = {change.change for change in found if change.recipient == f"{name}@example.com" and covers(change, point)}
            assert said == ({TOLD} if after and not before else {NO_LONGER} if before and not after else set()), point


@settings(max_examples=15, deadline=None)
@given(policies(WORDS, PLACES))
def test_nothing_differs_from_itself(document: PolicyDocument):
    assert not compare(Side("one", document), Side("other", document))


TEXT = "people: {{ada: {{login: ada, email: ada@example.com, {}}}}}\nchannels: {{team: {{kind: slack{}}}}}\nnotifications: [{}]\n"
NAMED, ROLE = (f"{{on: failure, send_to: team, mention: {word}}}" for word in ("ada", "author"))


def moved(tmp_path: Any, base: str, head: str) -> tuple[list[str], int]:
    for name, text in (("base.yml", base), ("head.yml", head)):
        (tmp_path / name).write_text(text)
    answer = run("diff", "base.yml", "head.yml", "--exit-code", folder=tmp_path)
    return answer.out.splitlines(), answer.code


def test_another_login_matters_where_a_rule_mentions_by_role(tmp_path):
    line = "person ada: changed: name Ada"
    for rule, code in ((ROLE, 1), (NAMED, 0)):
        said, found = moved(tmp_path, TEXT.format("slack: U0ADA", "", rule), TEXT.format("slack: U0ADA, name: Ada", "", rule))
        assert (said, found) == (["no change in who is told", line], code)


def test_who_has_no_id_on_a_service_is_not_mentioned_there_but_by_an_address_that_slack_is_asked_for(tmp_path):
    rule = "{on: failure, send_to: team}"
    said, _ = moved(tmp_path, TEXT.format('discord: "1"', "", rule), TEXT.format('discord: "1"', "", NAMED))
    assert said == ["no change in who is told"]
    token = ', token: "${T}", channel: C1'
    said, code = moved(tmp_path, TEXT.format('discord: "1"', token, rule), TEXT.format('discord: "1"', token, NAMED))
    assert (said[1], code) == ("team: newly mentions ada for failure (but not still_failing) on all pipelines (rule #1, line 3)", 1)


def test_a_sample_tells_whom_a_run_of_another_name_mentions(tmp_path):
    rule = "{on: failure, pipelines: {environment: production}, send_to: team, mention: ada}"
    text = TEXT.format("slack: U0ADA, mail: true", "}, mail: {kind: smtp, host: h.example.com, from: a@example.com", rule)
    context = "context: {rules: [{when: {branch: main}, set: {environment: production}}]}\n"
    said, _ = moved(tmp_path, text, context + text)
    where = "failure (but not still_failing) on branch main, by a sample (rule #1, line 4)"
    assert [line for line in said if "branch main," in line] == [
        "team: newly told of failure on branch main, by a sample (rule #1, line 4)",
        f"ada@example.com: newly told of {where}",
        f"team: newly mentions ada for {where}",
    ]
