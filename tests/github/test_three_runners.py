"""One policy and the same facts under act, gitlab-ci-local and Jenkins's engine: the same people are told the same.

tests/test_explain.py and tests/test_same_messages.py hold many more runs to it, from what each CI says of them; here the plug-ins
themselves run, from the pipeline that a user writes to what arrives.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from act import Repository
from servers import ScriptedServer

HERE = Path(__file__).parent
sys.path += [str(HERE.parent / "gitlab"), str(HERE.parent / "jenkins")]

import builds  # noqa: E402
import jvm  # noqa: E402
import local  # noqa: E402

POLICY = """\
channels: {team: {kind: slack}, audit: {kind: webhook, url: "${AUDIT_URL}"}}
environments: {production: {cluster: eks-prod-1}}
notifications:
  - {name: deployments, on: [success, failure], pipelines: {kind: cd, tier: production, cluster: "eks-*", branch: main}, send_to: [team, audit]}
  - {name: alarms, on: failure, pipelines: {app: payments, project: acme, branch: "!dev"}, send_to: [audit, team]}
  - {name: elsewhere, on: [success, failure], pipelines: {branch: "release/*"}, send_to: team}
"""
FACTS = {
    "TOCSIN_PIPELINE": "deploy",
    "TOCSIN_COMMIT": "3f9c1d27b8a64e0f95a1c07d2be84f6a90d5e113",
    "TOCSIN_COMMIT_MESSAGE": "Retry the ledger write",
}
GITHUB = """\
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: make deploy
  notify:
    if: always()
    needs: deploy
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: OWNER/tocsin@main
        with: {needs: "${{ toJSON(needs) }}", app: payments, project: acme, environment: production, triggered-by: ada}
        env:
          SLACK_WEBHOOK_URL: ${{ secrets.SLACK_WEBHOOK_URL }}
          AUDIT_URL: ${{ secrets.AUDIT_URL }}
"""
GITLAB = """\
include:
  - local: ci/notify.yml
    inputs: {app: payments, project: acme, environment: production, triggered-by: ada, trigger: false}
deploy:
  script: make deploy
"""
JENKINS = """\
pipeline {
  agent any
  stages { stage('Deploy') { steps { sh 'make deploy' } } }
  post { always { tocsin(app: 'payments', project: 'acme', environment: 'production', triggeredBy: 'ada') } }
}
"""


def secrets(slack: ScriptedServer, ci: str) -> dict[str, str]:
    """Where a CI's messages go."""
    return {"SLACK_WEBHOOK_URL": slack.url(f"/{ci}/team"), "AUDIT_URL": slack.url(f"/{ci}/audit")}


def arrived(slack: ScriptedServer, ci: str) -> dict[str, Any]:
    """What arrived of a CI, less what is its own: links, times, and the parts that failed, which only some can name."""
    got = {request.path.rpartition("/")[2]: request.json() for request in slack.requests if request.path.startswith(f"/{ci}/")}
    event = got["audit"].pop("event")
    headline, *_, who = got["team"]["text"].split(" · ")
    fields = (
        "hook",
        "status",
        "event",
        "transition",
        "scope",
        "kind",
        "project",
        "app",
        "environment",
        "tier",
        "cluster",
        "pipeline",
        "ref",
    )
    return {
        "channels": sorted(got),
        "rules": got["audit"]["rules"],
        "title": got["audit"]["title"],
        "team": [headline, who.split(" after ")[0]],
        "event": {name: event[name] for name in fields},
        "run": event["run"]["number"],
        "commit": [event["commit"]["sha"], event["commit"]["title"]],
        "triggered_by": event["triggered_by"]["login"],
    }


@pytest.fixture
def jenkins(tmp_path_factory: pytest.TempPathFactory) -> jvm.Harness:
    """Jenkins's engine."""
    return jvm.compiled(tmp_path_factory)


def jenkins_build(folder: Path, name: str, stores: Mapping[str, str], code: str) -> dict[str, Any]:
    """A build of the multibranch job acme/payments/main."""
    world = builds.World(folder, {}, jvm.tools(folder))
    store = {
        "slack-url": {"type": "string", "secret": stores["SLACK_WEBHOOK_URL"]},
        "audit-url": {"type": "string", "secret": stores["AUDIT_URL"]},
    }
    agent = {"": {"env": {"DEPLOY": code}}}
    env = {"BUILD_NUMBER": "128", "JOB_NAME": "acme/payments/main", **FACTS}
    case = {"name": name, "script": JENKINS, "files": {".tocsin.yml": POLICY}, "env": env, "credentials": store, "agents": agent}
    return world.build(case)


@pytest.mark.long
def test_the_same_people_are_told_the_same(repository: Repository, jenkins: jvm.Harness, slack: ScriptedServer, tmp_path: Path):
    repository.policy(POLICY)
    repository.workflow(GITHUB)
    (tmp_path / "gitlab").mkdir()
    gitlab = local.Repository(tmp_path / "gitlab", tmp_path, slack)
    gitlab.write(".tocsin.yml", POLICY)
    gitlab.pipeline(GITLAB)
    (tmp_path / "jenkins").mkdir()
    codes = {"success": "0", "failure": "1"}
    jenkins.run(
        "cps",
        [jenkins_build(tmp_path / "jenkins", status, secrets(slack, f"jenkins-{status}"), code) for status, code in codes.items()],
        tmp_path / "jenkins",
    )
    for status, code in codes.items():
        repository.make(f"exit {code}")
        gitlab.make(f"exit {code}")
        repository.run(secrets=secrets(slack, f"github-{status}"), env=FACTS)
        gitlab.run({**secrets(slack, f"gitlab-{status}"), **FACTS, "CI_PIPELINE_IID": "128", "CI_COMMIT_BRANCH": "main"})
        told = {ci: arrived(slack, f"{ci}-{status}") for ci in ("github", "gitlab", "jenkins")}
        assert told["github"]["rules"] == (["deployments", "alarms"] if status == "failure" else ["deployments"])
        assert told["github"]["title"] == f"{'Failed' if status == 'failure' else 'Success'}: payments → production"
        assert told["gitlab"] == told["github"]
        assert told["jenkins"] == told["github"]
