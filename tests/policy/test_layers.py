"""Bases laid over each other: what holds whatever is in them, and how much of it there may be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import CASES

from tocsin.errors import PolicyError
from tocsin.policy import bases
from tocsin.policy.layer import Layer
from tocsin.policy.layers import Layers
from tocsin.policy.load import PolicyDocument, load
from tocsin.policy.nodes import BadFileError, root_node
from tocsin.policy.policy_text import PolicyText
from tocsin.policy.problem_places import Problems
from tocsin.policy.sharing import Sharing

NAMES = st.sampled_from(["a", "b", "c", "d"])
RULES = st.lists(st.fixed_dictionaries({"on": st.sampled_from(["success", "failure"])}, optional={"name": NAMES}), max_size=4)
KEYS = st.dictionaries(NAMES, st.sampled_from(["1", "2", "3"]), max_size=3)
FILES = st.fixed_dictionaries(
    {},
    optional={
        "version": st.just("1"),
        "channels": st.dictionaries(NAMES, KEYS, max_size=3),
        "environments": st.dictionaries(NAMES, KEYS, max_size=3),
        "delivery": KEYS,
        "context": st.fixed_dictionaries({}, optional={"project": NAMES, "rules": st.lists(KEYS, max_size=2)}),
        "notifications": RULES,
    },
)


def merged(*files: dict[str, Any]) -> dict[str, Any]:
    """Some files as one, later ones over earlier ones."""
    layers = Layers()
    for data in files:
        text = json.dumps(data)
        layers.lay(Layer(data, data, Problems("file", root_node(text), text)), Sharing())
    return layers.merged()[0]


@given(FILES, FILES, FILES)
def test_it_does_not_matter_which_two_are_laid_first(first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]):
    whole = merged(first, second, third)
    assert whole == merged(merged(first, second), third)
    assert whole == merged(first, merged(second, third))


@given(FILES, FILES)
def test_a_later_file_keeps_all_that_it_says(first: dict[str, Any], second: dict[str, Any]):
    whole = merged(first, second)
    for section in ("channels", "delivery"):
        assert second.get(section, {}).items() <= whole.get(section, {}).items()
    named = {rule["name"] for rule in second.get("notifications", []) if "name" in rule}
    kept = [rule for rule in first.get("notifications", []) if rule.get("name") not in named]
    assert [rule for rule in whole.get("notifications", []) if rule in kept][: len(kept)] == kept
    assert all(rule in whole["notifications"] for rule in second.get("notifications", []))


@given(FILES)
def test_a_file_alone_and_one_over_itself(data: dict[str, Any]):
    assert merged(data) == data
    assert merged({}, data) == data == merged(data, {})


def read(policy: str, files: dict[str, str], path: str = ".tocsin.yml", **keywords: Any) -> PolicyDocument:
    def read_file(name: str) -> bytes:
        if name not in files:
            raise BadFileError(f"no {name}")
        return files[name].encode()

    return load(PolicyText(path, policy.encode(), read_file, path), **keywords)


def case_file(name: str) -> bytes:
    return (CASES / name).read_bytes()


@pytest.mark.parametrize("path", sorted((CASES / "valid").glob("*.yml")), ids=lambda path: path.stem)
def test_a_policy_is_the_same_as_a_base(path: Path):
    name = f"valid/{path.name}"
    if "extends" in path.read_text():
        return
    alone = load(PolicyText(path.name, path.read_bytes(), case_file, name))
    based = load(PolicyText("x.yml", f"extends: {name}\n".encode(), case_file, "valid/x.yml"))
    assert based.policy == alone.policy
    for index in range(len(alone.policy.notifications)):
        rule = ("notifications", index)
        assert based.place_of(rule) == (f"../{name}", alone.line_of(rule))


def test_each_part_is_placed_in_the_file_that_has_it():
    document = read(
        "extends: [one.yml, sub/two.yml]\n"
        "environments:\n  production: {cluster: mine}\n"
        "notifications:\n- {name: b, on: failure, send_to: t}\n- {name: own, on: failure, send_to: t}\n",
        {
            "one.yml": "channels:\n  t: {kind: slack}\nnotifications:\n- {name: a, on: success, send_to: t}\n- {name: b, on: success, send_to: t}\n",
            "sub/two.yml": "extends: ./deep/three.yml\nenvironments:\n  production: {tier: testing, cluster: theirs}\n",
            "sub/deep/three.yml": "delivery:\n  timeout: 4\n",
        },
    )
    assert [document.place_of(("notifications", index)) for index in range(3)] == [("one.yml", 4), (".tocsin.yml", 5), (".tocsin.yml", 6)]
    assert document.place_of(("channels", "t")) == ("one.yml", 2)
    assert document.place_of(("environments", "production", "tier")) == ("sub/two.yml", 3)
    assert document.place_of(("environments", "production", "cluster")) == (".tocsin.yml", 3)
    assert document.place_of(("delivery", "timeout")) == ("sub/deep/three.yml", 2)
    assert document.shown_place(("notifications", 0)) == "one.yml:4"
    assert document.shown_place(("notifications", 1)) == "line 5"
    assert document.policy.environments["production"].tier == "testing"
    assert [rule.name for rule in document.policy.notifications] == ["a", "b", "own"]


def test_a_base_is_shown_from_the_current_folder_on():
    policy = PolicyText("../.tocsin.yml", b"extends: base.yml\n", lambda _: b"channels: {t: {kind: slac}}\n", ".tocsin.yml")
    with pytest.raises(PolicyError) as error:
        load(policy)
    assert str(error.value.problems[-1]).startswith("../base.yml:1:22: error: unknown kind 'slac'")


def errors(policy: str, files: dict[str, str]) -> list[str]:
    with pytest.raises(PolicyError) as error:
        read(policy, files)
    return [str(problem) for problem in error.value.problems if problem.severity == "error"]


def test_bases_have_as_many_values_together_as_one_policy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bases, "NODES_MAX", 40)
    many = f"x-many: [{', '.join(['1'] * 15)}]\n"
    [error, _] = errors("extends: [a.yml, b.yml, c.yml]\nnotifications: []\n", dict.fromkeys(("a.yml", "b.yml", "c.yml"), many))
    assert error.startswith("b.yml:1:9: error: a policy has at most")


def test_bases_have_as_many_bytes_together_as_one_policy():
    large = "#" * (3 * 1024 * 1024)
    [error] = errors("extends: [a.yml, b.yml]\nnotifications: []\n", {"a.yml": f"x-a: 1 {large}", "b.yml": f"x-a: 1 {large}"})
    assert "more than 4,194,304 bytes together" in error


def test_a_base_that_is_extended_a_thousand_times_is_read_once():
    names = ", ".join(["a.yml"] * 1000)
    document = read(
        f"extends: [{names}]\nnotifications: []\n", {"a.yml": "notifications: [{on: failure, send_to: t}]\nchannels: {t: {kind: slack}}\n"}
    )
    assert len(document.policy.notifications) == 1


def test_no_error_shows_a_secret_of_a_base():
    secret = "https://hooks.slack.com/services/T00000000/B00000000/HUNTER2HUNTER2HUNTER2HUN"
    for base in (f"channels: {{t: {{kind: slack, url: {secret}}}}}", f"channels: {{t: {{kind: '{secret}'}}}}", f"a: [{secret}"):
        assert "HUNTER2" not in "".join(errors("extends: a.yml\nnotifications: []\n", {"a.yml": base}))


def test_a_base_cannot_send_the_ci_s_own_token():
    found = errors("extends: a.yml\nnotifications: []\n", {"a.yml": "channels: {t: {kind: slack, url: '${GITHUB_TOKEN}'}}\n"})
    assert found[0].startswith("a.yml:1:34: error: ")
    assert "GITHUB_TOKEN" in found[0]


LATER = {
    "a channel": "channels: {t: {kind: teams, url: '${T}'}}",
    "a rule": "notifications: [{name: a, on: success, send_to: t}]",
    "a section": "context: {project: x}",
    "a key": "delivery: {strict: false}",
    "an environment": "environments: {prod: {cluster: x}}",
    "a channel left out": "without: {channels: t}",
    "a rule left out": "without: {notifications: a}",
}
LOCKED = (
    "channels: {t: {kind: slack}}\nnotifications: [{name: a, on: failure, send_to: t}]\nenvironments: {prod: {}}\ndelivery: {strict: true}\n"
    "locked: [channels.t, 'notifications.*', context, delivery.strict, environments]\n"
)


@pytest.mark.parametrize("name", LATER)
def test_what_is_locked_neither_the_repository_nor_a_later_base_changes(name: str):
    own = errors(f"extends: base.yml\n{LATER[name]}\n", {"base.yml": LOCKED})
    assert [error for error in own if error.startswith(".tocsin.yml:2:") and "is locked at base.yml:5" in error]
    other = errors("extends: [base.yml, later.yml]\n", {"base.yml": LOCKED, "later.yml": f"{LATER[name]}\n"})
    assert [error for error in other if error.startswith("later.yml:1:") and "is locked at base.yml:5" in error]


def test_what_is_not_locked_may_be_added():
    document = read(
        "extends: base.yml\nchannels: {own: {kind: discord, url: '${D}'}}\nnotifications: [{name: own, on: failure, send_to: own}]\ndelivery: {attempts: 1}\n",
        {"base.yml": LOCKED},
    )
    assert set(document.policy.channels) == {"t", "own"}
    assert document.policy.delivery.strict


def test_many_names_that_are_locked_or_left_out_end_soon():
    rules = "".join(f"- {{name: r{number}, on: failure, send_to: t}}\n" for number in range(3000))
    locked = ", ".join(f"notifications.r{number}" for number in range(1500))
    gone = ", ".join(f"r{number}" for number in range(1500, 3000))
    document = read(
        f"extends: [a.yml]\nwithout: {{notifications: [{gone}]}}\n",
        {"a.yml": f"channels: {{t: {{kind: slack}}}}\nnotifications:\n{rules}locked: [{locked}]\n"},
    )
    assert len(document.policy.notifications) == 1500


def test_a_rule_s_index_is_the_one_in_its_own_file():
    from tocsin.explanation.places import rule_places

    document = read(
        "extends: a.yml\nnotifications:\n- {name: own, on: failure, send_to: t}\n- {name: b, on: success, send_to: t}\n",
        {
            "a.yml": "channels: {t: {kind: slack}}\nnotifications:\n- {name: a, on: failure, send_to: t}\n- {name: b, on: failure, send_to: t}\n"
        },
    )
    found = [(place.name, place.number, place.file, place.line, place.own_index) for place in rule_places(document)]
    assert found == [("a", 1, "a.yml", 3, 0), ("b", 2, ".tocsin.yml", 4, 1), ("own", 3, ".tocsin.yml", 3, 0)]
