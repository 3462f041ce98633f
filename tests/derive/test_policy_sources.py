"""Where the policy's words of a run stand, by file and line, with which rank; and what becomes of its templates' values."""

from __future__ import annotations

import pytest
from policies import read, run

from tocsin.derive.consequences import Moment
from tocsin.derive.policy_facts import policy_facts
from tocsin.errors import ContextError
from tocsin.event import Commit, Event, Fact, Facts, Rank, dotted
from tocsin.text import URL_MAX_CHARS

POLICY = """
channels: {team: {kind: slack}}
context:
  project: shop
  pipeline:
    "{{ source }}"
  rules:
    - when: {branch: other}
      set:
        app: unseen
    - when: {branch: main}
      set:
        environment: prod
        app: cart
environments:
  other: {tier: testing}
  prod:
    cluster: eks
    tier: staging
"""


def facts(text: str, event: Event | None = None) -> Facts:
    known = {
        name: Fact(value, "test")
        for name, value in dotted(event or run())
        if value is not None and name not in ("app", "project", "kind", "event")
    }
    return policy_facts(read(text), known, Moment("completion", "2026-11-23T15:50:00Z"))


def test_each_word_has_its_file_and_line_and_the_policy_s_rank():
    lines = {
        "project": "project: shop",
        "environment": "environment: prod",
        "app": "app: cart",
        "cluster": "cluster: eks",
        "tier": "tier: staging",
    }
    expected = {
        name: Fact(line.partition(": ")[2], f"policy .tocsin.yml:{number}", Rank.POLICY)
        for number, text in enumerate(POLICY.splitlines(), 1)
        for name, line in lines.items()
        if text.strip() == line
    }
    found = facts(POLICY)
    assert {name: found[name] for name in lines} == expected
    assert found["pipeline"].value == "push"


@pytest.mark.parametrize("text", ["channels: {}", POLICY.replace("prod", "live").replace("    tier: staging\n", "")])
def test_the_tier_of_a_name_is_a_guess(text: str):
    assert facts(text, run(environment="live"))["tier"] == Fact("production", "the environment's name", Rank.GUESS)


def test_the_environment_of_the_ci_is_the_one_whose_words_hold():
    found = facts(POLICY, run(environment="other"))
    assert (found["tier"].value, found.get("cluster")) == ("testing", None)


def test_rules_see_the_words_of_the_ci_s_environment():
    text = POLICY.replace("{branch: main}", "{cluster: eks, tier: staging}").replace("        environment: prod\n", "")
    assert facts(text, run(environment="prod"))["app"].value == "cart"
    assert "app" not in facts(text, run(environment="other"))


def context(setting: str, event: Event | None = None) -> Facts:
    return facts(f"channels: {{team: {{kind: slack}}}}\ncontext:\n  {setting}\n", event)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (
            "cluster: '{{ 1 / (commit.title | length - 6) }}'",
            "policy .tocsin.yml:3: the template of 'cluster' cannot be rendered for this run: ",
        ),
        ("kind: \"{{ 'x' * 50 }}\"", f"policy .tocsin.yml:3: the template of 'kind' gives '{'x' * 39}…': it must give ci or cd"),
    ],
    ids=["error", "kind"],
)
def test_a_template_that_gives_nothing_of_use_is_told_by_its_place(setting: str, words: str):
    with pytest.raises(ContextError) as caught:
        context(setting)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("key", ["kind", "tier"])
@pytest.mark.parametrize("value", ["ci", "production", ""])
def test_a_template_may_give_a_word_or_nothing(key: str, value: str):
    if {"kind": "production", "tier": "ci"}[key] != value:
        assert {name: fact.value for name, fact in context(f"{key}: \"{{{{ '{value}' }}}}\"").items()} == ({key: value} if value else {})


def test_a_template_s_value_is_one_line_of_bounded_length():
    event = run(commit=Commit(message="a\n\tb" + "x" * URL_MAX_CHARS))
    value = context("cluster: '{{ commit.message }}'", event)["cluster"].value
    assert (value[:4], value[-1], len(value)) == ("a bx", "…", URL_MAX_CHARS)
