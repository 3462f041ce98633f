"""A job of CircleCI's: what the example's steps report, and what a fork's job may send."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from projects import Project
from servers import ScriptedServer

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "tests" / "cases" / "ci"
POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: [success, failure], send_to: team}]\n"


def variables(name: str) -> dict[str, str]:
    return json.loads((RECORDS / name / "env.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["circleci-branch", "circleci-branch-pull-request", "circleci-tag", "circleci-github-app"])
def test_a_run_of_the_repository_s_own_code_has_its_policy(project: Project, slack: ScriptedServer, name: str):
    project.policy(POLICY)
    done = project.send("failure", ci=variables(name), env={"SLACK_WEBHOOK_URL": slack.url("/hook")})
    assert done.rows() == {"team": ("delivered", None)}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("circleci-fork", "nothing is sent: CircleCI gives no secrets to a pull request from a fork"),
        ("circleci-fork-by-its-branch", "nothing is sent: CircleCI gives no secrets to a pull request from a fork"),
        ("circleci-fork-with-secrets", "nothing is sent: this pull request comes from a fork (CIRCLE_PR_NUMBER says so)"),
    ],
)
def test_a_policy_beside_a_fork_s_code_is_not_used(project: Project, slack: ScriptedServer, name: str, why: str):
    project.policy(POLICY)
    done = project.send("failure", ci=variables(name), env={"SLACK_WEBHOOK_URL": slack.url("/hook")})
    assert done.code == 0
    assert why in done.err
    assert slack.requests == []


@pytest.mark.skipif(not shutil.which("bash"), reason="CircleCI's steps are bash")
@pytest.mark.parametrize(("test", "status"), [("true", "success"), ("false", "failure")])
def test_the_example_reports_how_its_job_ended(tmp_path: Path, test: str, status: str):
    """The example's steps, played as CircleCI plays them: in bash that reads BASH_ENV, and after a failure only those that run always."""
    log = tmp_path / "log"
    for name, body in {"make": test, "pip": "true", "tocsin": f'echo "$@" >> {log}; exit 3'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "BASH_ENV": str(tmp_path / "bash_env")}
    (tmp_path / "bash_env").touch()
    failed = False
    for step in steps():
        if not failed or step.get("when") == "always":
            done = subprocess.run(["bash", "-eo", "pipefail", "-c", step["command"]], env=env, cwd=tmp_path, check=False)
            failed = failed or done.returncode != 0
    assert log.read_text().splitlines() == ["send trigger", f"send completion --status {status}"]
    assert failed == (status == "failure")


def steps() -> list[dict[str, Any]]:
    config = yaml.safe_load((ROOT / "examples" / "circleci" / "config.yml").read_text(encoding="utf-8"))
    runs = [step["run"] for step in config["jobs"]["test"]["steps"] if isinstance(step, dict)]
    return [{"command": run} if isinstance(run, str) else run for run in runs]
