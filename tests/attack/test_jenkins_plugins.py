"""A stranger's pull request that one of Jenkins's plug-ins builds, with the secrets in the environment and its own policy beside us.

The builds are those of tests/cases/ci/jenkins.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from projects import Project
from servers import ScriptedServer

CASES = json.loads((Path(__file__).parents[1] / "cases" / "ci" / "jenkins.json").read_text(encoding="utf-8"))
BUILD = {"JENKINS_HOME": "/var/jenkins_home", "BUILD_NUMBER": "57", "JOB_NAME": "shop-nightly"}
STRANGERS = (
    "channels: {x: {kind: webhook, url: '%s', headers: {Authorization: 'Bearer ${SECRET}'}}}\nnotifications: [{on: success, send_to: x}]\n"
)


SENT = [
    "ghprb: a fork's",
    "gitlab-plugin: a fork's",
    "Gerrit: a change",
    "the ref of a merge request",
    "forced where only the plug-in's variables are left",
]


@pytest.mark.parametrize("case", [case for case in CASES if case["why"] in SENT], ids=lambda case: case["why"])
def test_a_strangers_policy_is_not_used(project: Project, slack: ScriptedServer, case: dict[str, Any]):
    project.policy(STRANGERS % slack.url("/stranger"))
    ci = {name: value for name, value in {**BUILD, **case["env"]}.items() if value}
    done = project.send("success", ci={"TOCSIN_CI": "jenkins", **ci}, env={"SECRET": "s3cr3t-s3cr3t"})
    assert done.code == 0
    assert not slack.requests
    assert case["untrusted"] in done.err
