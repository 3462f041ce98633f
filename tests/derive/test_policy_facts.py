"""What the policy says of a run: context, environments, tiers, and where each value came from."""

from __future__ import annotations

import pytest
from policies import read, run

from tocsin.derive.consequences import Moment
from tocsin.derive.policy_facts import guess_tier, policy_facts
from tocsin.errors import ContextError
from tocsin.event import Commit, Event, Fact, Facts, Image, Rank, Ref, Repository, dotted

TEAM = "channels: {team: {kind: slack}}\n"


MOMENT = Moment("completion", "2026-11-23T15:50:00Z")
GUESSES = ("app", "project", "kind")


def said(event: Event, **ranks: Rank) -> Facts:
    """What a CI says of an event: its fields, some of them guessed."""
    known = {name: value for name, value in dotted(event) if value is not None and name not in ("ci", "hook", "event", "kind")}
    return {name: Fact(value, "test", ranks.get(name, Rank.GUESS if name in GUESSES else Rank.CI)) for name, value in known.items()}


def facts(text: str, event: Event | None = None, **ranks: Rank) -> Facts:
    """The facts of a policy's context about an event."""
    return policy_facts(read(TEAM + text), said(event or run(), **ranks), MOMENT)


def values(found: Facts) -> dict[str, object]:
    return {name: fact.value for name, fact in found.items()}


def test_without_a_context_it_says_nothing():
    assert facts("") == {}


def test_without_a_policy_the_tier_is_still_guessed():
    assert values(policy_facts(None, said(run(environment="prod-eu")), MOMENT)) == {"tier": "production"}
    assert policy_facts(None, said(run()), MOMENT) == {}


WHOLE = """
context:
  project: shop
  triggered_by: deploy-bot
  rules:
    - when: {branch: main}
      set: {environment: production, image: "registry.example.com:5000/shop:1.10"}
    - when: [{branch: "release/*"}, {tag: "v*"}]
      set: {environment: staging, triggered_by: bot@example.com}
    - when: {branch: main, pipeline: Build}
      set: {kind: cd, environment_url: https://shop.example.com}
environments:
  production: {tier: other, cluster: eks-prod-1}
  staging: {cluster: eks-stage-1}
"""


def test_rules_environments_and_where_values_came_from():
    found = facts(WHOLE)
    assert values(found) == {
        "project": "shop",
        "triggered_by.login": "deploy-bot",
        "environment": "production",
        "environment_url": "https://shop.example.com",
        "image.repository": "registry.example.com:5000/shop",
        "image.tag": "1.10",
        "kind": "cd",
        "tier": "other",
        "cluster": "eks-prod-1",
    }
    lines = (TEAM + WHOLE).splitlines()
    sources = {"project": "  project: shop", "environment": "      set: {environment: production", "cluster": "  production:"}
    for name, line in sources.items():
        number = next(number for number, text in enumerate(lines, 1) if text.startswith(line))
        assert found[name].source == f"policy .tocsin.yml:{number}"


def test_all_rules_that_match_apply_and_later_ones_win():
    found = facts(
        "context: {rules: [{when: {}, set: {app: a, cluster: c}}, {when: {app: shop}, set: {app: b}}, {when: {app: a}, set: {app: d}}]}"
    )
    assert values(found) == {"app": "b", "cluster": "c"}


def test_the_tier_is_guessed_from_the_environment_of_a_rule():
    found = facts(WHOLE, run(ref=Ref(type="tag", name="v1", tag="v1")))
    assert values(found) == {"project": "shop", "triggered_by.email": "bot@example.com",
                             "environment": "staging", "cluster": "eks-stage-1", "tier": "staging"}  # fmt: skip
    assert found["tier"].source == "the environment's name"


def test_what_the_ci_says_of_the_environment_decides_over_the_policy():
    found = facts(WHOLE, run(environment="staging"))
    assert found["cluster"].value == "eks-stage-1"
    assert found["tier"].value == "staging"


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ("{project: constant}", True),
        ("{environment: prod, kind: cd, tier: production, cluster: eks}", True),
        ("{app: set-by-a-rule}", False),
        ("{app: shop}", True),
    ],
)
def test_when_sees_constants_and_never_what_a_rule_set(when: str, matches: bool):
    text = f"""
context:
  project: constant
  environment: prod
  rules:
    - {{when: {{}}, set: {{app: set-by-a-rule}}}}
    - {{when: {when}, set: {{pipeline: seen}}}}
environments: {{prod: {{cluster: eks}}}}
"""
    assert ("pipeline" in facts(text)) is matches


@pytest.mark.parametrize(
    ("rank", "seen"),
    [(Rank.GUESS, "constant"), *((rank, "given") for rank in (Rank.FACTS, Rank.API, Rank.CI, Rank.VARIABLE, Rank.FLAG))],
)
def test_a_constant_is_above_a_guess_and_below_all_else(rank: Rank, seen: str):
    text = "context: {project: constant, rules: [{when: {project: constant}, set: {app: constant}}, {when: {project: given}, set: {app: given}}]}"
    assert facts(text, run(project="given"), project=rank)["app"].value == seen


def test_a_kind_that_only_follows_from_a_flag_gives_way_to_the_policy_s():
    text = "context: {kind: ci, rules: [{when: {kind: ci}, set: {cluster: seen}}]}"
    assert facts(text, run(environment="staging"), environment=Rank.FLAG)["cluster"].value == "seen"


def test_a_constant_gives_way_to_its_environment_and_that_to_a_rule():
    text = "context: {cluster: any, environment: prod, rules: [{when: {branch: x}, set: {cluster: rule}}]}\nenvironments: {prod: {cluster: own}}"
    assert facts(text)["cluster"].value == "own"
    assert facts(text, run(ref=Ref(type="branch", branch="x")))["cluster"].value == "rule"


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ repository.owner }}", "acme"),
        ("{{ commit.title | upper }}", "FIX {{ IT }} ${HOME}"),
        ("{% if ref.branch == 'main' %}live{% endif %}", "live"),
        ("  {{ app }}  ", "shop"),
        ("no template ${HOME}", "no template ${HOME}"),
    ],
)
def test_values_are_templates_over_the_event(template: str, value: str):
    event = run(repository=Repository(name="shop", owner="acme"), commit=Commit(title="Fix {{ it }} ${HOME}"))
    assert facts(f'context: {{cluster: "{template}"}}', event)["cluster"].value == value


def test_an_empty_value_is_no_fact():
    assert facts('context: {cluster: "{{ tier }}", environment: "{% if false %}x{% endif %}"}') == {}


def test_templates_of_rules_see_constants():
    assert facts('context: {app: cart, rules: [{when: {}, set: {cluster: "eks-{{ app }}"}}]}')["cluster"].value == "eks-cart"


@pytest.mark.parametrize(("template", "tier"), [("{{ 'production' }}", "production"), ("{{ 'prod' }}", "other")])
def test_an_unknown_tier_is_other(template: str, tier: str):
    assert facts(f'context: {{tier: "{template}"}}')["tier"].value == tier


def test_a_template_that_gives_no_kind_is_an_error_with_its_place():
    with pytest.raises(ContextError, match=r"policy \.tocsin\.yml:2: the template of 'kind' gives 'x': it must give ci or cd"):
        facts("context: {kind: \"{{ 'x' }}\"}")


@pytest.mark.parametrize(
    ("environment", "tier"),
    [
        ("production", "production"), ("Production", "production"), ("prod", "production"), ("gprd", "production"), ("live-eu", "production"),
        ("staging", "staging"), ("stage", "staging"), ("stg2", "staging"), ("preprod", "staging"), ("non-prod", "staging"), ("demo", "staging"),
        ("model", "staging"), ("modl", "staging"),
        ("test", "testing"), ("TST", "testing"), ("qa", "testing"), ("integration", "testing"), ("acceptance", "testing"), ("acpt", "testing"),
        ("quality-control", "testing"),
        ("dev", "development"), ("review/feature-1", "development"), ("trunk", "development"), ("devtest", "development"),
        ("canary", "other"), ("x", "other"), ("", None), (None, None),
    ],
)  # fmt: skip
def test_tiers_are_guessed_as_gitlab_guesses_them(environment: str | None, tier: str | None):
    assert guess_tier(environment) == tier


def test_templates_of_rules_see_what_constants_say_of_image_and_person():
    text = (
        'context: {image: "r/shop:1.0", triggered_by: bot, rules: [{when: {}, set: {cluster: "{{ image.tag }} {{ triggered_by.login }}"}}]}'
    )
    assert facts(text)["cluster"].value == "1.0 bot"
    known = run(image=Image(repository="r/other", tag="2.0"))
    assert facts(text, known)["cluster"].value == "2.0 bot"
