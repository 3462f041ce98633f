"""What goes wrong around the step, under a real runner: the job's result stays what it was, unless `strict`."""

from __future__ import annotations

import shutil
import threading

import pytest
from act import ACTION, POLICY, REAL, told
from servers import Answer, ScriptedServer

# What a step may do to those after it: files under the names of modules, another policy, another Python, another way to the network.
SABOTAGE = r"""
printf 'channels: {team: {kind: slack}}\nnotifications: []\n' > .tocsin.yml
mkdir evil
for name in json yaml tocsin sitecustomize usercustomize typing; do echo 'raise SystemExit("sabotaged")' | tee "$name.py" > "evil/$name.py"; done
for name in python python3 git; do printf '#!/bin/sh\necho sabotaged\nexit 9\n' > "evil/$name"; chmod +x "evil/$name"; done
echo "$PWD/evil" >> "$GITHUB_PATH"
{
  echo "PYTHONPATH=$PWD/evil"; echo "PYTHONHOME=$PWD/evil"; echo "PYTHONSTARTUP=$PWD/evil/json.py"; echo "PYTHONINSPECT=1"
  for name in http https all; do echo "${name}_proxy=http://127.0.0.1:9"; done
  for name in HTTP HTTPS ALL; do echo "${name}_PROXY=http://127.0.0.1:9"; done
  echo "SSL_CERT_FILE=/nowhere"; echo "REQUESTS_CA_BUNDLE=/nowhere"; echo "TOCSIN_CA_FILE=/nowhere"; echo "TOCSIN_ALLOWED_HOSTS=evil.example"
  echo "TOCSIN_POLICY=$PWD/.tocsin.yml"; echo "TOCSIN_CI=generic"; echo "STATE_tocsin=nothing"; echo "STATE_shim={}"
  echo "LD_PRELOAD="; echo "HOME=/nowhere"; echo "TMPDIR=/nowhere"
} >> "$GITHUB_ENV"
cd / && rm -rf "$GITHUB_WORKSPACE/.git"
exit 3
"""
STEP = f"""\
      - uses: {ACTION}
        env:
          SLACK_WEBHOOK_URL: ${{{{ secrets.SLACK_WEBHOOK_URL }}}}
"""
JOB = f"""\
name: CI
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
{STEP}"""


def test_a_later_step_sabotages_workspace_and_environment(repository, secrets, slack):
    repository.python = REAL
    repository.example("one-job.yml")
    repository.make(SABOTAGE)
    run = repository.run(secrets=secrets)
    assert (run.code, run.results, run.annotations()) == (1, {"test": "failure"}, [])
    start, end = told(slack)
    assert "Started" in start
    assert end.startswith("❌ Failed: payments on main")
    assert "sabotaged" not in run.said()


def test_the_checkout_as_the_action_and_a_step_that_deletes_the_program(repository, secrets, slack, action):
    repository.python = REAL
    shutil.copytree(action, repository.folder, dirs_exist_ok=True)
    repository.workflow(JOB.replace(ACTION, "./") + "      - run: rm -r src plugins/github/*.py\n")
    run = repository.run(secrets=secrets)
    assert (run.code, run.results) == (0, {"test": "success"})
    assert len(told(slack)) == 1
    [warning] = run.annotations()
    assert warning.level == "warning"
    assert "tocsin ended early" in warning.text


@pytest.mark.parametrize("strict", [False, True])
def test_an_error_in_the_policy_stands_at_its_line(repository, secrets, slack, strict):
    repository.policy("channels: {team: {kind: slack}}\nnotifications:\n  - {on: failure, send_too: team}\n")
    repository.workflow(JOB + (f"        with: {{strict: {str(strict).lower()}}}\n"))
    run = repository.run(secrets=secrets)
    assert run.results == {"test": "failure" if strict else "success"}
    errors = run.annotations("error")
    assert errors
    assert all(error.at["file"] == ".tocsin.yml" and error.at["line"] == "3" for error in errors)
    assert any("send_to" in error.text for error in errors)
    assert "send" in run.summary("Main")
    assert run.outputs("Main")["event"] == ""
    assert (slack.requests, run.said("Post")) == ([], "")


@pytest.mark.parametrize("strict", [False, True])
def test_a_channel_that_hangs_holds_the_job_no_longer_than_its_budget(repository, strict):
    repository.policy(POLICY + "delivery: {timeout: 0.3, budget: 0.6}\n")
    repository.workflow(JOB + (f"        with: {{strict: {str(strict).lower()}}}\n"))
    hold = threading.Event()
    with ScriptedServer(Answer(200, b"ok", hold=hold)) as slack:
        run = repository.run(secrets={"SLACK_WEBHOOK_URL": slack.url("/x")})
    assert run.results == {"test": "failure" if strict else "success"}
    level = "error" if strict else "warning"
    assert {(each.level, each.text.split(":")[0]) for each in run.annotations()} == {(level, "not delivered to team (slack)")}
    assert run.outputs("Main")["failed"] == "1"
    assert "❌ failed" in run.summary("Main")


def test_a_service_that_refuses_is_a_warning_with_its_reason(repository, secrets, slack):
    slack.script(Answer(404, b"no_service"))
    repository.example("one-job.yml")
    run = repository.run(secrets=secrets)
    assert (run.code, run.results) == (0, {"test": "success"})
    start, end = run.annotations("warning")
    assert start.text == end.text == "not delivered to team (slack): no_service: the webhook was removed: make a new one"


def test_the_policy_may_ask_for_strictness(repository, secrets, slack):
    slack.script(Answer(404, b"no_service"))
    repository.policy(POLICY + "delivery: {strict: true}\n")
    repository.example("one-job.yml")
    run = repository.run(secrets=secrets)
    assert (run.code, run.results) == (1, {"test": "failure"})
    assert [each.level for each in run.annotations()] == ["error", "error"]


@pytest.mark.parametrize(
    ("words", "named"),
    [("hook: sometimes", "hook"), ("strict: maybe", "strict"), ("kind: cx", "kind"), ("policy: nowhere.yml", "nowhere.yml")],
)
def test_an_input_that_cannot_be_used(repository, secrets, slack, words, named):
    repository.workflow(f"{JOB}        with: {{{words}}}\n")
    run = repository.run(secrets=secrets)
    assert (run.code, slack.requests) == (0, [])
    [error] = run.annotations("error")
    assert named in error.text


@pytest.mark.parametrize("strict", [False, True])
def test_a_machine_without_python(repository, secrets, slack, strict):
    repository.workflow(JOB + (f"        with: {{strict: {str(strict).lower()}}}\n"))
    for name in ("python", "python3"):
        program = repository.programs / name
        program.write_text("#!/bin/sh\necho 'Python was not found'\nexit 9\n")
        program.chmod(0o755)
    run = repository.run(secrets=secrets)
    assert run.results == {"test": "failure" if strict else "success"}
    assert slack.requests == []
    [one] = run.annotations()
    assert one.level == ("error" if strict else "warning")
    assert "no Python 3.10 or later" in one.text


def test_hostile_names_issue_no_command(repository, secrets, slack):
    repository.workflow(JOB + '        with:\n          app: "a\\n::error::forged\\n##[error]forged | <script> [x](http://evil.example)"\n')
    run = repository.run(secrets=secrets)
    assert (run.code, run.annotations("error")) == (0, [])
    assert "##[" not in run.said()
    for stage in ("Main", "Post"):
        assert "<script>" not in run.summary(stage)
        assert "](http" not in run.summary(stage)
    assert len(slack.requests) == 2


def test_without_a_policy_and_without_a_secret_a_notice_shows_the_way(repository):
    (repository.folder / ".tocsin.yml").unlink()
    repository.example("one-job.yml")
    run = repository.run()
    assert (run.code, run.results) == (0, {"test": "success"})
    [notice] = run.annotations()
    assert notice.level == "notice"
    assert ".tocsin.yml" in notice.text


def test_a_dry_run_sends_nothing(repository, secrets, slack):
    repository.workflow(f"{JOB}        with: {{dry-run: true}}\n")
    run = repository.run(secrets=secrets)
    assert (run.code, slack.requests) == (0, [])
    assert run.outputs("Main")["skipped"] == "1"
    assert "dry run" in run.summary("Main")
