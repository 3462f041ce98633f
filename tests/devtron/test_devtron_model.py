"""The imported rules match what a plain model of Devtron's filters says: any of a list, all of the kinds, absent is any."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from policies import read, run

from tocsin.devtron import import_lists
from tocsin.devtron.lists import ChannelList, NotificationList
from tocsin.devtron.writing import policy_text
from tocsin.event import Event, Ref
from tocsin.policy.match import match

NAMES = ["pay", "pay*", "[p]ay", "!pay", "p\\*", "a b", "no", "日本"]
ENVIRONMENTS = {"eu-prod": "production", "stage": "staging", "q*": "testing"}
CHANNELS = ChannelList.model_validate(
    {"slackConfigs": [{"id": 5, "configName": "team", "webhookUrl": "https://hooks.slack.com/services/x"}]}
)

NAMED = st.sampled_from(NAMES).map(lambda name: {"id": 1, "name": name})
PLACE = st.sampled_from([*ENVIRONMENTS]).map(lambda name: {"id": 9, "name": name}) | st.sampled_from([{"id": -1}, {"id": -2}])
PIPELINE = st.builds(
    lambda app, place, branches: {"id": 1, "appName": app, "environmentName": place, "branches": branches},
    st.sampled_from(NAMES),
    st.sampled_from([*ENVIRONMENTS]),
    st.none() | st.lists(st.sampled_from(["main", "release/*", "[x]"]), min_size=1, max_size=2),
)


def some(items: Any) -> Any:
    return st.none() | st.lists(items, min_size=1, max_size=2)


SETTING = st.fixed_dictionaries(
    {
        "id": st.integers(1, 99),
        "pipelineType": st.sampled_from(["CI", "CD"]),
        "eventTypes": st.lists(st.integers(1, 4), max_size=3),
        "providerConfigs": st.just([{"id": 5, "dest": "slack"}]),
    },
    optional={
        "team": some(NAMED),
        "app": some(NAMED),
        "cluster": some(NAMED),
        "environment": some(PLACE),
        "pipeline": st.none() | PIPELINE,
    },
)
EVENT = st.builds(
    lambda word, kind, app, project, cluster, place, branch: run(
        hook="trigger" if word == "trigger" else "completion",
        event=word,
        kind=kind,
        app=app,
        project=project,
        cluster=cluster,
        environment=place,
        tier=ENVIRONMENTS[place],
        ref=Ref(type="branch", name=branch, branch=branch),
    ),
    st.sampled_from(["trigger", "success", "failure", "cancelled"]),
    st.sampled_from(["ci", "cd"]),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from([*ENVIRONMENTS]),
    st.sampled_from(["main", "release/*", "release/1", "[x]", "x"]),
)


def devtron_matches(rule: Any, event: Event) -> bool:
    """What Devtron's page promises of a rule."""
    words = {1: "trigger", 2: "success", 3: "failure"}
    filters = {"team": event.project, "app": event.app, "cluster": event.cluster}
    named = all(value in [item["name"] for item in rule[key]] for key, value in filters.items() if rule.get(key))
    places = rule.get("environment") or []
    is_prod = event.tier == "production"
    there = not places or any({-2: is_prod, -1: not is_prod}.get(place["id"], place.get("name") == event.environment) for place in places)
    own = rule.get("pipeline")
    of_pipeline = not own or (
        own["appName"] == event.app
        and (
            own["environmentName"] == event.environment
            if rule["pipelineType"] == "CD"
            else event.ref.branch in (own["branches"] or [event.ref.branch])
        )
    )
    kind = rule["pipelineType"].lower() == event.kind
    return kind and named and there and of_pipeline and event.event in [words.get(number) for number in rule["eventTypes"]]


@settings(deadline=None, max_examples=150)
@given(SETTING, EVENT)
def test_a_rule_matches_what_it_was_meant_to_match(rule: Any, event: Event):
    imported = import_lists(NotificationList.model_validate({"settings": [rule]}), CHANNELS, {})
    policy = read(policy_text(imported)).policy
    assert any(held.matches for held in match(policy, event)) == devtron_matches(rule, event)
