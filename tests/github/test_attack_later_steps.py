"""What other steps of the job write for post: variables that shape a process, by GITHUB_ENV and GITHUB_PATH, in node and under act."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from act import REAL
from servers import Answer, ScriptedServer
from step import Step
from test_action_shim import program, python

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs scripts of POSIX")
AWS = (
    "AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_PROFILE AWS_DEFAULT_PROFILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL_SESV2 "
    "AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_WEB_IDENTITY_TOKEN_FILE "
    "AWS_ROLE_ARN AWS_CA_BUNDLE AWS_DATA_PATH AWS_STS_REGIONAL_ENDPOINTS AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_USE_FIPS_ENDPOINT BOTO_CONFIG"
)
OTHERS = (
    "PATH HOME XDG_CONFIG_HOME HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR "
    "SSLKEYLOGFILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE TOCSIN_ALLOWED_HOSTS TOCSIN_CA_FILE TOCSIN_POLICY TOCSIN_DEFAULT_POLICY TOCSIN_CI "
    "TOCSIN_CACHE TOCSIN_VERSION TMPDIR LD_LIBRARY_PATH OPENSSL_CONF PYTHONPATH PYTHONHOME PIP_INDEX_URL PIP_CONFIG_FILE GIT_DIR GIT_EXEC_PATH "
    "RUNNER_TOOL_CACHE"
)
VALUES = {"AWS_ACCESS_KEY_ID": "AKIALATER", "AWS_SECRET_ACCESS_KEY": "later", "AWS_SESSION_TOKEN": "token", "TOCSIN_IMAGE": "web:1.2"}


class Watched:
    """A step whose Python leaves the environment that it was started with."""

    def __init__(self, step: Step, folder: Path) -> None:
        self.step, self.seen = step, folder / "seen"
        self.python = python(folder / "bin" / "wrapper", script=f"[ ${{1+x}} ] && env > {self.seen}", real=step.python / "python3")

    def main(self, **env: str) -> dict[str, str]:
        self.step.main(python=str(self.python), env=env)
        return self.environment()

    def post(self, **env: str) -> tuple[dict[str, str], str]:
        log = self.step.post(python="/nowhere", env=env).log
        return self.environment(), log

    def environment(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.seen.read_text().splitlines() if "=" in line)


@pytest.fixture
def watched(tmp_path, cache, slack, quick_python) -> Watched:
    step = Step(tmp_path, cache / "tool_cache", quick_python)
    step.policy()
    step.env["SLACK_WEBHOOK_URL"] = slack.url("/services/T0/B0/s3cr3t")
    return Watched(step, tmp_path)


def test_nothing_that_shapes_a_process_comes_from_a_later_step(watched):
    """Neither what main had not, nor in the place of what it had; keys and what is said of the run are no more than values."""
    before = watched.main(AWS_PROFILE="ci", AWS_ROLE_ARN="arn:aws:iam::1:role/ci", NO_PROXY="corp.invalid")
    after, _ = watched.post(**dict.fromkeys([*AWS.split(), *OTHERS.split()], "/sabotage"), **VALUES)
    names = {*AWS.split(), *OTHERS.split()} - {"PYTHONPATH", "PYTHONHOME"}
    assert {name: after.get(name) for name in names} == {name: before.get(name) for name in names}
    assert (after["AWS_PROFILE"], after["AWS_ROLE_ARN"], after["NO_PROXY"]) == ("ci", "arn:aws:iam::1:role/ci", "corp.invalid")
    assert VALUES.items() <= after.items()
    assert "/sabotage" not in {value for name, value in after.items() if name.startswith("PYTHON")}


PROXY, INDEX = "http://ci:p4ssw0rd@127.0.0.1:9", "https://ci:t0k3n@packages.example.com/simple"


def test_a_login_is_not_in_the_state_and_holds_where_nobody_changed_it(watched):
    given = {"https_proxy": PROXY, "PIP_INDEX_URL": INDEX, "PIP_CERT": "/etc/t0k3n"}
    watched.main(**given)
    assert not any(secret in json.dumps(watched.step.left) for secret in ("p4ssw0rd", "t0k3n", "ci:"))
    after, log = watched.post(**given)
    assert given.items() <= after.items()
    assert "is not used" not in log


@pytest.mark.parametrize("later", ["", "http://evil.example.com:3128", "http://ci:p4ssw0rd@evil.example.com"])
def test_a_login_that_a_later_step_has_changed_is_not_used(watched, later):
    watched.main(https_proxy=PROXY)
    after, log = watched.post(https_proxy=later)
    assert "https_proxy" not in after
    assert "https_proxy is not used: a later step has changed it" in log


@pytest.mark.parametrize("entry", ["", ".", "bin", "{workspace}/bin", "{workspace}", "{workspace}/../payments/bin", "{link}"])
def test_no_python_of_the_workspace_is_started(watched, tmp_path, entry):
    """By main: as where a folder of the checkout is on PATH, and the checkout is a pull request's."""
    step = watched.step
    for place in ("bin", "."):
        python(step.workspace / place / "python3", script=f": > {tmp_path}/ran")
        program(step.workspace / place / "git", f": > {tmp_path}/ran")
    (tmp_path / "link").symlink_to(step.workspace / "bin")
    named = entry.format(workspace=step.workspace, link=tmp_path / "link")
    path = os.pathsep.join([named, str(step.python), os.environ["PATH"]])
    part = step.main(env={"PATH": path})
    assert (part.outputs["delivered"], (tmp_path / "ran").exists()) == ("1", False)
    assert json.loads(step.left["shim"])["environment"]["PATH"] == path.removeprefix(f"{named}{os.pathsep}")
    assert (step.post().outputs["delivered"], (tmp_path / "ran").exists()) == ("1", False)


def test_a_full_disk_leaves_no_half_line_of_the_shims(watched, tmp_path):
    """The runner fails a step whose state ends in the middle of a line."""
    step = watched.step
    state = step.files / "full"
    state.write_text("before=1\n" * 3640)  # of 32,768 bytes that a file may have, 8 are left
    shell = program(tmp_path / "limited", 'ulimit -f 64\nexec "$REAL" "$@"')
    node = tmp_path / "node"
    node.mkdir()
    (node / "node").symlink_to(shell)
    env = {"GITHUB_STATE": str(state), "REAL": shutil.which("node") or "", "SLACK_WEBHOOK_URL": step.env["SLACK_WEBHOOK_URL"]}
    env |= {"GITHUB_WORKSPACE": str(step.workspace), "RUNNER_TEMP": str(step.temp), "INPUT_PYTHON": sys.executable}
    command = [str(shell), str(Path(__file__).parents[2] / "plugins" / "github" / "main.js")]
    machine = {"PATH": os.environ["PATH"], "RUNNER_TOOL_CACHE": str(step.tool_cache)}
    done = subprocess.run(command, env={**machine, **env}, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert set(state.read_text().splitlines()) == {"before=1"}


WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
        with: {persist-credentials: false}
      - uses: OWNER/tocsin@main
        with: {status: failure}
        env:
          SLACK_WEBHOOK_URL: ${{ secrets.SLACK_WEBHOOK_URL }}
      - run: make sabotage
"""
SES = """\
channels:
  team: {{kind: slack}}
  mail: {{kind: ses, region: eu-west-1, endpoint_url: "{url}", from: ci@example.com}}
notifications: [{{on: failure, send_to: [team, dev@example.com]}}]
"""


def test_under_act_a_later_step_cannot_run_its_own_program_in_post(repository, slack, tmp_path):
    """By a profile with a credential_process, a git and a python on PATH, and a proxy that would see the secret."""
    repository.python = REAL
    with ScriptedServer(Answer(200, b'{"MessageId": "1"}', {"Content-Type": "application/json"})) as amazon, ScriptedServer() as proxy:
        repository.policy(SES.format(url=amazon.url("")))
        trap = f'env > {tmp_path}/trapped; echo \'{{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "x"}}\''
        for name in ("credentials", "python3", "git"):
            program(repository.home / "trap" / name, trap)
        (repository.home / "aws").write_text(f"[default]\ncredential_process = {repository.home}/trap/credentials\n")
        lines = {
            "AWS_CONFIG_FILE": f"{repository.home}/aws",
            "http_proxy": proxy.url(""),
            "HTTP_PROXY": proxy.url(""),
            "TOCSIN_ALLOWED_HOSTS": "",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        said = "\n".join(f'echo "{name}={value}" >> "$GITHUB_ENV"' for name, value in lines.items())
        repository.make(f'{said}\necho {repository.home}/trap >> "$GITHUB_PATH"')
        repository.workflow(WORKFLOW)
        run = repository.run(secrets={"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")}, env={"AWS_EC2_METADATA_DISABLED": "true"})
        assert run.results == {"test": "success"}
        assert not (tmp_path / "trapped").exists(), (tmp_path / "trapped").read_text()
        assert (len(slack.requests), amazon.requests, proxy.requests) == (1, [], [])
        assert "no AWS credentials" in run.said("Post")
