"""The step's inputs `tests` and `look-ups`: what the job's test reports say when it has ended, and what is asked of GitHub."""

from __future__ import annotations

import os

import pytest
from servers import ScriptedServer
from step import Step

from tocsin.action.inputs import read_inputs

REPORT = '<testsuite><testcase classname="pay" name="refund"><failure message="10 is not 11"/></testcase><testcase name="b"/></testsuite>'


@pytest.fixture
def step(tmp_path, slack) -> Step:
    """A step with the usual policy and its secret."""
    step = Step(tmp_path)
    step.policy()
    step.env["SLACK_WEBHOOK_URL"] = slack.url("/services/T0/B0/s3cr3t")
    return step


@pytest.mark.parametrize("globs", ["reports/*.xml", "nothing/*.xml\nreports/*.xml\n", "reports/*.xml, nothing.xml"])
def test_the_end_says_which_tests_failed(step: Step, slack: ScriptedServer, globs: str):
    """The reports are written after the step's first part; the start knows of none."""
    begun = step.main(tests=globs)
    (step.workspace / "reports").mkdir()
    (step.workspace / "reports" / "a.xml").write_text(REPORT)
    ended = step.post(status="failure", tests=globs)
    assert begun.report["event"]["tests"]["total"] is None
    failures = [{"name": "pay.refund", "message": "10 is not 11"}]
    assert ended.report["event"]["tests"] == {"total": 2, "failed": 1, "skipped": 0, "failures": failures}
    assert "pay.refund" in slack.requests[1].body.decode()
    assert begun.annotations == ended.annotations == [], "a report that is not there is a line of the log"


def test_a_report_from_before_the_step_counts(step: Step):
    """A step may stand after the tests: its own start says nothing of the job's."""
    path = step.workspace / "a.xml"
    path.write_text(REPORT)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    step.main(hook="completion")
    assert step.post(hook="completion", status="failure", tests="a.xml").report["event"]["tests"]["failed"] == 1


@pytest.mark.parametrize(("text", "allowed"), [("", True), ("true", True), ("False", False), (" false ", False)])
def test_look_ups_are_on_unless_the_step_says_no(text: str, allowed: bool):
    assert read_inputs({"INPUT_LOOK-UPS": text}).look_ups is allowed
