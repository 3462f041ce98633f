"""`--status waiting` on the command line: a run that waits for a person, at either hook and on every CI."""

from __future__ import annotations

from pathlib import Path

import pytest
from inprocess import QuickProject, run
from servers import Answer, ScriptedServer

POLICY = 'channels: {team: {kind: slack, url: "${TEAM}"}}\nnotifications: [{on: [waiting, trigger, always], send_to: team}]\n'
MACHINES = {
    "github": {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/payments", "GITHUB_EVENT_NAME": "push"},
    "gitlab": {"GITLAB_CI": "true", "CI_PROJECT_PATH": "acme/payments"},
    "jenkins": {"JENKINS_HOME": "/var/jenkins_home", "JOB_NAME": "payments", "BUILD_NUMBER": "7", "BUILD_TAG": "jenkins-payments-7"},
    "generic": {"TOCSIN_APP": "payments"},
}


@pytest.mark.parametrize("hook", ["trigger", "completion"])
@pytest.mark.parametrize("ci", MACHINES)
def test_one_message_and_no_end(tmp_path: Path, ci: str, hook: str):
    project = QuickProject(tmp_path)
    project.policy(POLICY)
    with ScriptedServer(Answer(200, b"ok")) as slack:
        words = ("send", hook, "--status", "WAITING", "--report", "report.json")
        result = project.run(*words, env={"TEAM": slack.url("/services/x")}, ci=MACHINES[ci])
    assert (result.code, len(slack.requests)) == (0, 1)
    assert result.report
    event = result.report["event"]
    assert (event["ci"], event["hook"], event["status"], event["event"]) == (ci, hook, "waiting", "waiting")
    assert event["run"]["finished_at"] is None


def test_by_the_variable_too_and_by_facts(tmp_path: Path):
    for words, env, stdin in (
        (("context", "completion", "--json"), {"TOCSIN_STATUS": "waiting"}, b""),
        (("context", "trigger", "--json"), {"TOCSIN_STATUS": "waiting"}, b""),
        (("context", "completion", "--json", "--facts", "-"), {}, b'{"status": "waiting"}'),
    ):
        event = run(*words, env=env, folder=tmp_path, stdin=stdin).json()
        assert (event["event"], event["run"]["finished_at"]) == ("waiting", None)


def test_a_status_of_an_end_at_the_start_is_still_a_start(tmp_path: Path):
    event = run("context", "trigger", "--status", "failure", "--json", folder=tmp_path).json()
    assert (event["event"], event["status"]) == ("trigger", None)
