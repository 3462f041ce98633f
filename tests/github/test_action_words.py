"""What the step's inputs mean: switches, needs, the leg of a matrix, which part tells of what."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.action.files import put
from tocsin.action.hooks import decide
from tocsin.action.inputs import Inputs, is_strict, read_inputs, read_needs, variant
from tocsin.ci.run import Run
from tocsin.errors import ContextError, UsageError
from tocsin.event import Fact


def inputs(**words) -> Inputs:
    return read_inputs({f"INPUT_{name.replace('_', '-').upper()}": text for name, text in words.items()})


def needs(**results) -> str:
    return json.dumps({name: {"result": result, "outputs": {}} for name, result in results.items()})


def test_without_any_input_the_step_decides_by_itself():
    nothing = inputs()
    assert (nothing.hook, nothing.strict, nothing.dry_run, nothing.legs) == ("auto", False, False, 0)
    assert (nothing.policy, nothing.status, nothing.needs, nothing.report, nothing.token, nothing.variant) == (None,) * 6
    assert nothing.flags == {}


def test_inputs_with_dashes_become_the_words_of_the_event():
    assert inputs(triggered_by=" ada ", app="payments").flags == {"triggered_by": "ada", "app": "payments"}


@pytest.mark.parametrize(("text", "meant"), [("true", True), ("TRUE", True), ("false", False), ("", False), (" true\n", True)])
def test_switches(text, meant):
    assert inputs(strict=text).strict is meant
    assert inputs(dry_run=text).dry_run is meant


def test_all_bad_inputs_are_told_at_once():
    with pytest.raises(UsageError) as error:
        inputs(hook="start", kind="cx", strict="yes", dry_run="1", status="fine")
    for word in ("hook is 'start'", "trigger", "kind is 'cx'", "strict is 'yes'", "dry-run is '1'", "status is 'fine'"):
        assert word in str(error.value)


def test_strict_is_known_where_another_input_is_wrong():
    assert is_strict({"INPUT_STRICT": "True", "INPUT_HOOK": "nonsense"})
    assert not is_strict({})


@pytest.mark.parametrize(
    ("results", "status", "failed"),
    [
        (("success", "success"), "success", 0),
        (("success", "failure"), "failure", 1),
        (("cancelled", "failure"), "failure", 1),
        (("failure", "failure"), "failure", 2),
        (("success", "cancelled"), "cancelled", 0),
        (("skipped", "success"), "success", 0),
        (("skipped", "cancelled"), "cancelled", 0),
        (("skipped", "skipped"), "skipped", 0),
    ],
)
def test_the_result_of_needs(results, status, failed):
    found = read_needs(needs(first=results[0], second=results[1]))
    assert (found.status, len(found.failed)) == (status, failed)


def test_the_failed_jobs_are_named():
    assert read_needs(needs(lint="success", build="failure", test="cancelled")).failed == ("build",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        '"build"',
        '{"build": "failure"}',
        '{"build": {}}',
        '{"build": {"result": "great"}}',
        '{"build": {"result": 1}}',
        "[" * 100_000,
    ],
)
def test_malformed_needs_say_what_is_expected(text):
    with pytest.raises(ValueError, match=r"\$\{\{ toJSON\(needs\) \}\}"):
        read_needs(text)


@given(
    st.text()
    | st.recursive(st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)).map(json.dumps)
)
def test_any_text_is_needs_or_a_value_error(text):
    try:
        status = read_needs(text).status
    except ValueError as error:
        status = str(error)
    assert status in ("success", "failure", "cancelled", "skipped", "unstable") or status.startswith("needs must be ")


@pytest.mark.parametrize(
    ("matrix", "text"),
    [
        ({"os": "ubuntu", "python": "3.12"}, "os=ubuntu, python=3.12"),
        ({"v": 1, "deep": {"a": [1, 2]}, "on": True}, 'v=1, deep={"a":[1,2]}, on=true'),
        (None, None),
        ({}, None),
        ([], None),
    ],
)
def test_the_leg_of_a_matrix(matrix, text):
    assert variant(json.dumps(matrix)) == text


def test_a_matrix_that_is_no_json_is_none_and_a_long_one_is_cut():
    assert variant("{") is None
    assert variant("") is None
    assert len(variant(json.dumps({"a": "x" * 1000}))) == 200


@pytest.mark.parametrize(
    ("text", "legs"), [("0/3", 3), ("1/3", 0), ("0/1", 1), ("/", 0), ("", 0), ("0/x", 0), ("0/²", 0), ("0/" + "9" * 5000, 0)]
)
def test_only_the_first_leg_knows_of_the_others(text, legs):
    assert inputs(legs=text).legs == legs


NEEDS = needs(build="failure")
ENDED, RUNNING, UNKNOWN_END = "ended", "running", "unknown end"


@pytest.mark.parametrize(
    ("hook", "event", "state", "given", "main", "post"),
    [
        ("auto", "push", RUNNING, "", "trigger", "completion"),
        ("auto", "push", RUNNING, NEEDS, "completion", None),
        ("auto", "workflow_run", ENDED, "", "completion", None),
        ("auto", "workflow_run", RUNNING, "", "trigger", None),
        ("auto", "workflow_run", UNKNOWN_END, "", "completion", None),
        ("auto", "deployment", RUNNING, "", "trigger", None),
        ("auto", "deployment_status", RUNNING, "", "trigger", None),
        ("auto", "deployment_status", ENDED, "", "completion", None),
        ("trigger", "push", RUNNING, "", "trigger", None),
        ("trigger", "workflow_run", ENDED, "", None, None),
        ("completion", "push", RUNNING, "", None, "completion"),
        ("completion", "push", RUNNING, NEEDS, "completion", None),
        ("completion", "deployment", RUNNING, "", None, "completion"),
        ("completion", "deployment_status", ENDED, "", "completion", None),
        ("completion", "deployment_status", RUNNING, "", None, None),
        ("completion", "workflow_run", RUNNING, "", None, None),
        ("both", "workflow_run", RUNNING, "", "trigger", None),
        ("both", "workflow_run", UNKNOWN_END, "", "completion", None),
        ("both", "deployment_status", ENDED, "", "completion", None),
        ("completion", "workflow_run", UNKNOWN_END, "", "completion", None),
        ("both", "push", RUNNING, "", "trigger", "completion"),
        ("both", "deployment", RUNNING, "", "trigger", "completion"),
    ],
)
def test_which_part_tells_of_what(hook, event, state, given, main, post):
    told = {ENDED: {"status": "failure"}, UNKNOWN_END: {"run.finished_at": "2026-11-23T15:50:00Z"}}.get(state, {})
    declared = {name: Fact(value, "event file") for name, value in told.items()}
    found = decide(inputs(hook=hook, needs=given, status="success"), Run("github", declared, None), event, late=False)
    assert (found.main, found.post) == (main, post)
    assert found.status == ("failure" if given == NEEDS else None if state in (ENDED, UNKNOWN_END) else "success")


@pytest.mark.parametrize("hook", ["auto", "trigger", "completion", "both"])
@pytest.mark.parametrize("late", [True, False])
def test_malformed_needs_decide_nothing(hook, late):
    with pytest.raises(ContextError, match=r"toJSON\(needs\)"):
        decide(inputs(needs="{}", hook=hook), Run("github", {}, None), "push", late=late)


def test_the_first_leg_of_a_matrix_shows_how_to_notify_once():
    [notice] = decide(inputs(legs="0/3"), Run("github", {}, None), "push", late=False).notices
    assert "3 legs" in notice.text
    assert "needs: '${{ toJSON(needs) }}'" in notice.text
    for words in ({"legs": "1/3"}, {"legs": "0/1"}, {"legs": "0/3", "hook": "both"}, {"legs": "0/3", "needs": NEEDS}):
        assert decide(inputs(**words), Run("github", {}, None), "push", late=False).notices == ()


def test_a_step_that_comes_late_tells_of_no_start():
    assert decide(inputs(), Run("github", {}, None), "push", late=True)[:2] == (None, "completion")
    assert decide(inputs(hook="both"), Run("github", {}, None), "push", late=True)[:2] == ("trigger", "completion")


def test_no_value_can_know_the_delimiter_of_outputs_and_state(tmp_path):
    for _ in range(2):
        assert put({"GITHUB_OUTPUT": str(tmp_path / "output")}, "GITHUB_OUTPUT", {"event": "trigger"}) is None
    delimiters = re.findall(r"^event<<tocsin_([0-9a-f]+)\ntrigger\ntocsin_\1$", (tmp_path / "output").read_text(), re.MULTILINE)
    assert len(set(delimiters)) == 2
    assert all(len(delimiter) * 4 >= 128 for delimiter in delimiters)  # bits
