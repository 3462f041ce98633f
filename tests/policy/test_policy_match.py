"""Which rules an event fulfils, and by which key it fails the others."""

from __future__ import annotations

import json
from itertools import combinations, product
from pathlib import Path

import inprocess
import pytest
from policies import CHANNELS, read, run

from tocsin.event import Actor, Commit, Event, Job, Person, PullRequest, Ref
from tocsin.policy import nearest
from tocsin.policy.match import match

FILTERS = {"app": "shop", "project": "payments", "environment": "live", "cluster": "eks-1"}
FIFTEEN = [keys for size in range(1, 5) for keys in combinations(FILTERS, size)]


def rules(*selectors: str, on: str = "failure") -> str:
    """A policy with one rule a selector."""
    return f"{CHANNELS}notifications:\n" + "".join(f"  - {{on: {on}, pipelines: {text}, send_to: team}}\n" for text in selectors)


def verdicts(policy: str, event: Event) -> list[bool]:
    """Which rules match."""
    return [rule.matches for rule in match(read(policy).policy, event)]


@pytest.mark.parametrize("kind", ["ci", "cd"])
@pytest.mark.parametrize("keys", FIFTEEN, ids="+".join)
def test_the_fifteen_combinations(keys: tuple[str, ...], kind: str):
    event = run(kind=kind, **FILTERS)
    selector = {key: FILTERS[key] for key in keys}
    assert verdicts(rules(str(selector), str({**selector, "kind": kind})), event) == [True, True]
    for key in keys:
        others = [{**selector, key: "other"}, {**selector, key: ["other", "more"]}, {**selector, key: f"!{FILTERS[key]}"}]
        assert verdicts(rules(*map(str, others)), event) == [False, False, False]
        assert verdicts(rules(str(selector)), run(kind=kind, **{**FILTERS, key: None})) == [False]
        assert verdicts(rules(str({**selector, key: ["other", FILTERS[key]]})), event) == [True]


def test_fifteen_are_fifteen():
    assert len(set(FIFTEEN)) == 15


KEYS = {
    "kind": ("cd", {"kind": "cd"}),
    "project": ("p", {"project": "p"}),
    "app": ("a", {"app": "a"}),
    "environment": ("e", {"environment": "e"}),
    "tier": ("production", {"tier": "production"}),
    "cluster": ("c", {"cluster": "c"}),
    "pipeline": ("Deploy it", {"pipeline": "Deploy it"}),
    "triggered_by": ("ada", {"triggered_by": Actor("ada")}),
    "job": ("j", {"job": Job(name="j")}),
    "branch": ("b", {"ref": Ref(type="branch", name="b", branch="b")}),
    "tag": ("v1", {"ref": Ref(type="tag", name="v1", tag="v1")}),
    "ref_type": ("tag", {"ref": Ref(type="tag")}),
    "source_branch": ("fix", {"pull_request": PullRequest(source_branch="fix")}),
    "target_branch": ("main", {"pull_request": PullRequest(target_branch="main")}),
    "author": ("Ada", {"commit": Commit(author=Person("Ada"))}),
    "source": ("schedule", {"source": "schedule"}),
    "reason": ("timed out", {"reason": "timed out"}),
}


@pytest.mark.parametrize("key", KEYS)
def test_each_key_looks_at_its_own_field(key: str):
    value, fields = KEYS[key]
    nothing = Event(event="failure")
    policy = read(rules(str({key: value}), str({key: f"!{value}"}))).policy
    assert [rule.matches for rule in match(policy, nothing._replace(**fields))] == [True, False]
    wanted, excluded = match(policy, nothing)
    assert not wanted.matches
    if key != "kind":
        assert excluded.matches
        assert wanted.failed_on == ((key, (value,), None),)


def test_every_key_is_tested():
    from tocsin.policy.model import SELECTOR_KEYS

    assert list(SELECTOR_KEYS) == list(KEYS)


@pytest.mark.parametrize(
    ("name", "file", "pattern", "wanted"),
    [
        ("Deploy", ".github/workflows/deploy.yml", "Deploy", True),
        ("Deploy", ".github/workflows/deploy.yml", "deploy", True),
        ("Deploy", ".github/workflows/deploy.yml", "deploy.yml", True),
        ("Deploy", ".github/workflows/deploy.yml", "!deploy", False),
        ("Deploy", ".github/workflows/deploy.yml", "!Deploy", False),
        ("Deploy", ".github/workflows/deploy.yml", "!other", True),
        (None, "ci/release.v2.yaml", "release.v2", True),
        (None, "Jenkinsfile", "Jenkinsfile", True),
        (None, None, "deploy", False),
        (None, None, "!deploy", True),
    ],
)
def test_a_pipeline_has_a_name_and_a_file(name: str | None, file: str | None, pattern: str, wanted: bool):
    event = Event(event="failure", pipeline=name, pipeline_file=file)
    assert verdicts(rules(str({"pipeline": pattern})), event) == [wanted]


EVENTS = ["trigger", "success", "failure", "cancelled", "unstable"]


@pytest.mark.parametrize(("wanted", "event"), list(product(EVENTS, EVENTS)))
def test_a_rule_holds_for_its_events(wanted: str, event: str):
    assert verdicts(rules("{}", on=wanted), run(event=event)) == [wanted == event]


@pytest.mark.parametrize(
    ("on", "event", "transition", "wanted"),
    [
        ("fixed", "success", "fixed", True),
        ("success", "success", "fixed", True),
        ("fixed", "success", None, False),
        ("broken", "failure", "broken", True),
        ("still_failing", "failure", "still_failing", True),
        ("[fixed, broken]", "failure", "still_failing", False),
        ("failure", "failure", "still_failing", True),
        ("success", None, None, False),
    ],
)
def test_transitions_hold_beside_the_event(on: str, event: str | None, transition: str | None, wanted: bool):
    assert verdicts(rules("{}", on=on), run(event=event, transition=transition)) == [wanted]


def test_why_a_rule_fails():
    policy = read(
        rules("{kind: cd, app: [a, b], branch: main}", "{}", "[{app: x, project: y}, {app: x}, {app: z}]", on="[success, fixed]")
    ).policy
    first, second, third = match(policy, run())
    assert first.failed_on == (("on", ("success", "fixed"), "failure"), ("kind", ("cd",), "ci"), ("app", ("a", "b"), "shop"))
    assert second.failed_on == (("on", ("success", "fixed"), "failure"),)
    assert third.failed_on == (("on", ("success", "fixed"), "failure"), ("app", ("x",), "shop"))
    assert [rule.name for rule in (first, second, third)] == ["#1", "#2", "#3"]
    assert match(policy, run(event="success"))[1].failed_on == ()


def test_why_a_rule_fails_on_a_transition_names_the_event_too():
    (rule,) = match(read(rules("{}", on="success")).policy, run(transition="broken"))
    assert rule.failed_on == (("on", ("success",), "failure, broken"),)


def test_of_several_selectors_the_nearest_says_why():
    (rule,) = match(read(rules("[{app: x, branch: y}, {branch: z}, {app: x, cluster: y}]")).policy, run())
    assert rule.failed_on == (("branch", ("z",), "main"),)


@pytest.mark.parametrize(
    ("policy", "fields", "words"),
    [
        (rules("{branch: release/*}", "{app: a, project: b}"), {}, ["'#1'", "branch is main where it wants release/*", "(a rule for such runs alone: {on: failure, pipelines: {kind: ci, app: shop, branch: main}, send_to: [team]})"]),
        (rules("{}", on="success"), {}, ["the event is failure where it wants success", "{on: failure, pipelines: {kind: ci, app: shop, branch: main}, send_to: [team]}"]),
        (rules("{app: other}", on="success") + "  - {on: failure, pipelines: {app: other}, send_to: team}", {}, ["'#2' (line 8)", "pipelines: {kind: ci, app: shop, branch: main}"]),
        (rules("{environment: live}"), {}, ["environment is not known where it wants live", "--environment, TOCSIN_ENVIRONMENT"]),
        (rules("{kind: cd}"), {}, ["kind is ci where it wants cd", "--kind"]),
        (rules("{tag: 'v*'}"), {}, ["tag is not known", "only a tag's run has one"]),
        (rules("{branch: '!main'}"), {}, ["branch is main where it wants !main", "the rule excludes this branch"]),
        (rules("{branch: '!ma*'}"), {}, ["the rule excludes this branch"]),
        (rules("{app: [a, b], branch: [x, '!y']}"), {}, ["app is shop where it wants a, b; branch is main where it wants x, !y (a rule for such runs alone: {on: failure, pipelines: {kind: ci, app: shop, branch: main}"]),
        (rules("{source: schedule}"), {"source": None}, ["source is not known", "(say it with --source)"]),
        (rules("{branch: x}"), {"ref": Ref(type="branch", branch="a\n::error::b\u202e")}, ["branch is a ::error::b where", 'pipelines: {kind: ci, app: shop, branch: "a ::error::b"}']),
    ],
)  # fmt: skip
def test_the_nearest_rule(policy: str, fields: dict[str, object], words: list[str]):
    event = run(**fields)
    rows = match(read(policy).policy, event)
    notice = nearest.notice(rows, event, [f"line {line}" for line in range(7, 7 + len(rows))])
    assert "\n" not in notice
    for part in words:
        assert part in notice


@pytest.mark.parametrize(
    ("selectors", "name"),
    [
        ([("failure", "{app: x}"), ("failure", "{app: y}")], "#1"),  # as near as another: the first
        ([("failure", "{app: x, branch: y}"), ("failure", "{app: x}"), ("failure", "{branch: x}")], "#2"),
        ([("success", "{}"), ("failure", "{app: x}")], "#2"),  # another event is farther off than another key
        ([("success", "{}"), ("success", "{}")], "#1"),
        ([("failure", "{app: x, branch: y}"), ("success", "{}")], "#2"),  # fewer keys count before that
    ],
)
def test_which_rule_is_the_nearest(selectors: list[tuple[str, str]], name: str):
    text = CHANNELS + "notifications:\n"
    text += "".join(f"  - {{on: {on}, pipelines: {selector}, send_to: team}}\n" for on, selector in selectors)
    assert f"the nearest is '{name}' (" in nearest.notice(match(read(text).policy, run()), run(), ["line 1"] * 3)


@pytest.mark.parametrize(("reason", "told"), [("timed out", ["late"]), ("Timed out", ["others"]), (None, ["others"])])
def test_a_run_is_chosen_by_why_it_ended_so(tmp_path: Path, reason: str | None, told: list[str]):
    channels = "channels: {late: {kind: slack}, others: {kind: slack}}\n"
    rules = (
        "{on: failure, pipelines: {reason: timed out}, send_to: late}, {on: failure, pipelines: {reason: '!timed out'}, send_to: others}"
    )
    (tmp_path / ".tocsin.yml").write_text(f"{channels}notifications: [{rules}]\n")
    (tmp_path / "facts.json").write_text(json.dumps({"reason": reason} if reason else {}))
    words = ("completion", "--status", "failure", "--facts", "facts.json", "--json")
    answer = inprocess.run("explain", *words, folder=tmp_path).json()
    assert [row["recipient"] for row in answer["deliveries"]] == told
