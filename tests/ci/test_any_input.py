"""Whatever stands in the variables and the event file, a context comes of it, and every value is of its field's type."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.ci import CIS, detect, load
from tocsin.ci.run import Run
from tocsin.ci.status import STATUSES
from tocsin.derive.building import build
from tocsin.event import Change, Event, Failure, dotted

CASES = Path(__file__).parents[1] / "cases" / "ci"
ENVS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*/env.json"))]
EVENTS = [
    (json.loads((path.parent / "env.json").read_text(encoding="utf-8")), json.loads(path.read_text(encoding="utf-8")))
    for path in sorted(CASES.glob("github-*/event.json"))
    if "event-file" not in path.parent.name
]

FIELDS = {name for name, _ in dotted(Event())} | {"failures", "changes"}
INTEGERS = {"run.number", "run.attempt", "pull_request.number"}
CHOICES: dict[str, set[object]] = {
    "status": set(STATUSES),
    "scope": {"job", "run"},
    "ref.type": {"branch", "tag", "pull_request"},
    "tier": {"production", "staging", "testing", "development", "other"},
    "pull_request.fork": {True, False},
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["refs/heads/x", "a" * 40, "success"])
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=5
)
TEXT = st.text(max_size=30) | st.sampled_from(
    ["", "null", "refs/pull/1/merge", "refs/tags/", "git@h:x", "https://[", "-1", "/", "%", "A <b> <c>"]
)
QUICK = settings(deadline=None, max_examples=150)


def check_types(found: Run) -> None:
    for name, fact in found.facts.items():
        assert name in FIELDS
        assert fact.source
        assert typed(name, fact.value), f"{name} = {fact.value!r}"
    event = build(found.facts)
    assert event.ref.branch is None or event.ref.type == "branch"
    assert all(isinstance(text, str) for text in found.warnings)


def typed(name: str, value: Any) -> bool:
    if name in CHOICES:
        return value in CHOICES[name]
    if name in INTEGERS:
        return type(value) is int
    if name in ("failures", "changes"):
        return isinstance(value, tuple) and all(isinstance(item, (Change, Failure)) for item in value)
    text = isinstance(value, str) and bool(value) and value.encode("utf-8") is not None
    return text and (not name.endswith("_at") or bool(INSTANT.fullmatch(value)))


@given(data=JSON, real=st.sampled_from(EVENTS))
@QUICK
def test_any_json_is_an_event_file(data: object, real: tuple[dict[str, str], object]):
    check_types(load("github").context(real[0], lambda _: json.dumps(data)))


@given(data=st.data(), real=st.sampled_from(EVENTS))
@QUICK
def test_a_real_event_file_may_be_changed_anywhere(data: st.DataObject, real: tuple[dict[str, str], object]):
    env, event = real
    changed = json.loads(json.dumps(event))
    node = changed
    while True:  # walk down to somewhere, and put something else there
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not node[key] or not isinstance(node[key], (dict, list)) or data.draw(st.booleans()):
            node[key] = data.draw(JSON)
            break
        node = node[key]
    check_types(load("github").context(env, lambda _: json.dumps(changed)))


@given(text=st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
@QUICK
def test_any_text_is_an_event_file(text: str):
    check_types(load("github").context(ENVS[0] | {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": "x"}, lambda _: text))


def recorded(ci: str) -> st.SearchStrategy[dict[str, str]]:
    """The variables of one of a CI's own runs; now and then another's."""
    own = [env for env in ENVS if detect(env) == ci]
    assert own, f"{ci} has no record in tests/cases/ci"
    return st.sampled_from(own) | st.sampled_from(ENVS)


@pytest.mark.parametrize("ci", list(CIS))
@given(data=st.data())
@QUICK
def test_any_text_may_stand_in_any_variable(ci: str, data: st.DataObject):
    env = data.draw(recorded(ci))
    names = data.draw(st.lists(st.sampled_from(sorted(env)), max_size=6))
    changed = env | {name: data.draw(TEXT) for name in names}
    check_types(load(ci).context(changed, lambda _: "{}"))


@pytest.mark.parametrize("ci", list(CIS))
@given(data=st.data())
@QUICK
def test_any_variable_may_be_missing(ci: str, data: st.DataObject):
    env = data.draw(recorded(ci))
    gone = data.draw(st.sets(st.sampled_from(sorted(env))))
    check_types(load(ci).context({name: value for name, value in env.items() if name not in gone}, lambda _: "{}"))
