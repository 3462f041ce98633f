"""One step in a job, under a real runner: `main` tells of the start, `post` of how the job really ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from act import ACTION, REAL, told
from servers import Answer, ScriptedServer

STARTED = "🚀 Started: payments on main · by ada"
JOB = """\
name: CI
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
"""
STEP = f"""\
      - uses: {ACTION}
        env:
          SLACK_WEBHOOK_URL: ${{{{ secrets.SLACK_WEBHOOK_URL }}}}
"""


def test_a_green_job(repository, secrets, slack):
    repository.python = REAL
    repository.example("one-job.yml")
    run = repository.run(secrets=secrets)
    assert (run.code, run.results, run.annotations()) == (0, {"test": "success"}, [])
    start, end = told(slack)
    assert start == STARTED
    assert end.startswith("✅ Success: payments on main · by ada")
    assert "tocsin: Started&#58; payments on main" in run.summary("Main")
    assert "tocsin: Success&#58; payments on main" in run.summary("Post")
    assert "| ✅ delivered | team | slack |" in run.summary("Post")
    for stage, event in (("Main", "trigger"), ("Post", "success")):
        outputs = run.outputs(stage)
        assert outputs.pop("report")
        assert outputs == {"event": event, "delivered": "1", "failed": "0", "skipped": "0"}


def test_a_step_that_fails_between_main_and_post(repository, secrets, slack):
    repository.python = REAL
    repository.example("one-job.yml")
    repository.make("exit 2")
    run = repository.run(secrets=secrets)
    assert (run.code, run.results) == (1, {"test": "failure"})
    assert run.steps("Post") == {ACTION: "success"}
    start, end = told(slack)
    assert start == STARTED
    assert end.startswith("❌ Failed: payments on main")
    assert run.outputs("Post")["event"] == "failure"


def test_after_a_step_that_failed_the_runner_does_not_start_ours(repository, secrets, slack):
    repository.workflow(f"{JOB}      - run: exit 1\n{STEP}")
    run = repository.run(secrets=secrets)
    assert (run.results, run.said(), slack.requests) == ({"test": "failure"}, "", [])


def test_asked_to_run_always_it_tells_of_the_end_alone(repository, secrets, slack):
    repository.workflow(f"{JOB}      - run: exit 1\n{STEP}        if: always()\n")
    run = repository.run(secrets=secrets)
    assert run.results == {"test": "failure"}
    [end] = told(slack)
    assert end.startswith("❌ Failed: payments on main")


def test_a_job_that_is_cancelled(repository, secrets, slack):
    repository.python = REAL
    repository.example("one-job.yml")
    with ScriptedServer(Answer(hold=slack.closing)) as endless:
        repository.make(f"exec python3 -I -c 'import urllib.request; urllib.request.urlopen(\"{endless.url()}\")'")
        run = repository.run(secrets=secrets, cancel_at=endless)
    assert run.outputs("Post")["event"] == "cancelled"
    start, end = told(slack)
    assert start == STARTED
    assert end.startswith("⚪ Cancelled: payments on main")


def test_outputs_and_the_report_are_there_for_later_steps(repository, secrets, slack):
    later = '      - run: cp "$REPORT" "$HOME/seen.json" && echo "told $EVENT $DELIVERED" > "$HOME/seen"\n        env:\n'
    later += "".join(f"          {name.upper()}: ${{{{ steps.told.outputs.{name} }}}}\n" for name in ("report", "event", "delivered"))
    repository.workflow(f"{JOB}{STEP}        id: told\n{later}")
    repository.run(secrets=secrets)
    assert (repository.home / "seen").read_text() == "told trigger 1\n"
    report = json.loads((repository.home / "seen.json").read_text())
    assert report["totals"] == {"delivered": 1, "failed": 0, "skipped": 0}
    assert report["event"]["job"]["name"] == "test"


def test_each_leg_of_a_matrix_tells_and_one_of_them_how_to_tell_once(repository, secrets, slack):
    legs = '    strategy:\n      matrix:\n        os: ["linux", "mac"]\n'
    number = "        with: {legs: \"${{ matrix.os == 'linux' && '0/2' || '1/2' }}\"}\n"  # what GitHub says, and act does not
    repository.workflow(JOB.replace("    steps:", f"{legs}    steps:") + STEP + number)
    run = repository.run(secrets=secrets)
    assert set(run.results.values()) == {"success"}
    assert len(told(slack)) == 4
    [notice] = run.annotations("notice")
    assert "each of the 2 legs of a matrix" in notice.text
    assert "toJSON(needs)" in notice.text
    texts = json.dumps([request.json() for request in slack.requests])
    assert "os=linux" in texts
    assert "os=mac" in texts


@pytest.mark.parametrize("word", ["trigger", "completion"])
def test_one_hook_alone(repository, secrets, slack, word):
    repository.workflow(f"{JOB}{STEP}        with: {{hook: {word}}}\n")
    assert repository.run(secrets=secrets).code == 0
    [text] = told(slack)
    assert (text == STARTED) == (word == "trigger")


def test_a_deploy_says_its_environment(repository, secrets, slack):
    repository.example("deploy.yml")
    assert repository.run(secrets=secrets).code == 0
    start, end = told(slack)
    assert start == "🚀 Started: payments → production · by ada"
    assert end.startswith("✅ Success: payments → production")


def test_a_source_checkout_installs_its_packages_once(repository, secrets, slack, tmp_path):
    repository.python = REAL
    repository.cache = Path(tmp_path / "empty")
    repository.example("one-job.yml")
    run = repository.run(secrets=secrets)
    assert (run.code, len(told(slack))) == (0, 2), run.said()
    assert "installing tocsin once" in run.said("Main")
    assert "installing" not in run.said("Post")
