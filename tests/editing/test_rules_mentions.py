"""Whom a rule mentions, set and listed by `tocsin rules`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from inprocess import Answer, run

POLICY = """people: {ada: {login: ada, slack: U0123ABCD}}  # who
channels: {team: {kind: slack}}
notifications:
  - {name: broken, on: failure, send_to: team}  # as it was
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / ".tocsin.yml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def rules(policy: Path, *words: str) -> Answer:
    return run("rules", *words, folder=policy.parent)


def test_a_rule_is_added_with_those_whom_it_mentions(policy: Path):
    answer = rules(policy, "add", "--on", "fixed", "--send-to", "team", "--mention", "ada,author")
    assert (answer.code, "mention ada, author" in answer.out) == (0, True), answer
    added = policy.read_text().removeprefix(POLICY)
    assert [word for word in ("fixed", "team", "ada", "author") if word in added] == ["fixed", "team", "ada", "author"]
    told = rules(policy, "list", "--json").json()
    assert [row.get("mention") for row in told] == [None, ["ada", "author"]]


def test_mentions_are_changed_and_taken_away(policy: Path):
    answer = rules(policy, "modify", "broken", "--mention", "triggered_by")
    assert "mention triggered_by (was nobody)" in answer.out
    assert "mention: triggered_by}  # as it was" in policy.read_text()
    (row,) = csv.DictReader(io.StringIO(rules(policy, "list", "--csv").out))
    assert row["mention"] == "triggered_by"
    assert "triggered_by" in rules(policy, "list").out
    assert "unchanged" in rules(policy, "modify", "broken", "--mention", "triggered_by").out
    assert rules(policy, "modify", "broken", "--no-mention").code == 0
    assert policy.read_text() == POLICY


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--mention", "adda"), 3, "ada"),
        (("--mention", "ada,"), 2, "--mention: a value is empty"),
        (("--mention", "ada", "--no-mention"), 2, "exclude each other"),
    ],
)
def test_what_cannot_be_is_not_written(policy: Path, words: tuple[str, ...], code: int, says: str):
    answer = rules(policy, "modify", "broken", *words)
    assert (answer.code, says in answer.err + answer.out) == (code, True), answer
    assert policy.read_text() == POLICY
