"""The input `receipts`: the end of a pipeline changes the message of its start, in services that keep what was posted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from conversing import ONE, REFUSED, TWO, Conversing
from local import EXAMPLES, Repository, machine, program
from stateful_services import ROOM, TOKEN, SlackServer, serving
from test_gitlab_template import SHELLS, in_shell, read_by_gitlab, whole

REPORT = "tocsin-receipts.env"
LOCAL = (EXAMPLES / "local.yml").read_text(encoding="utf-8")
CARRIED = LOCAL.replace("    inputs:\n", "    inputs:\n      receipts: true\n")


service = serving(SlackServer)


@pytest.fixture
def conversing(repository: Repository, services: Conversing) -> Repository:
    """A repository whose team is told by every service that can change a message."""
    repository.write(".tocsin.yml", services.policy)
    repository.pipeline(CARRIED)
    return repository


def policy_of(service: SlackServer) -> str:
    """One channel, with every character in its name that a dotenv report could lose."""
    return f"""\
channels:
  &team "team #1 $HOME %PATH% 'é\\"": {{kind: slack, token: "${{SLACK_BOT_TOKEN}}", channel: "#builds", api_url: "{service.url("/api")}"}}
notifications: [{{on: [trigger, success, failure], send_to: *team}}]
"""


def run(repository: Repository, services: Conversing):
    """The pipeline, each of whose jobs sees of the others what their artifacts hold, and nothing else."""
    return repository.run(services.secrets, "--shell-isolation")


def test_a_pipeline_is_one_message(conversing, services):
    ended = run(conversing, services)
    assert (ended.code, ended.results) == (0, {"test": "PASS", "tocsin-trigger": "PASS", "tocsin-success": "PASS"})
    assert services.told() == services.each(ONE)
    assert ended.ended("tocsin-trigger") < ended.began("test")
    assert "sent as a new message" not in ended.said("tocsin-success")


def test_a_message_that_cannot_be_changed_is_sent_anew_and_the_log_says_so(conversing, services):
    services.refuse()
    ended = run(conversing, services)
    assert services.told() == services.each(TWO)
    assert [words for words in REFUSED if words not in ended.said("tocsin-success")] == []


@pytest.mark.parametrize("inputs", ["trigger: false", "dependencies: [test]"])
def test_an_end_without_the_start_s_report_is_a_new_message(conversing, services, inputs):
    conversing.pipeline(CARRIED.replace("receipts: true\n", f"receipts: true\n      {inputs}\n"))
    ended = run(conversing, services)
    assert (ended.code, ended.results["tocsin-success"]) == (0, "PASS")
    assert services.told() == services.each(ONE if "trigger" in inputs else TWO)


def hook(tmp_path: Path, service: SlackServer, name: str, variables: Mapping[str, str] = {}, shell: str = "dash"):
    """One of the jobs, as it is in a shell."""
    (tmp_path / "ci.yml").write_text(policy_of(service), encoding="utf-8")
    ours = {"TOCSIN_HOOK": name, "TOCSIN_INPUT_RECEIPTS": "true", "TOCSIN_INPUT_POLICY": "ci.yml", "SLACK_BOT_TOKEN": TOKEN}
    return in_shell(shell, tmp_path, {**ours, "TMPDIR": str(tmp_path), **variables})


def report(tmp_path: Path) -> dict[str, str]:
    """What GitLab makes of the report: it splits a line at its first `=`."""
    [line] = (tmp_path / REPORT).read_text(encoding="utf-8").splitlines()
    name, _, value = line.partition("=")
    return {name: value}


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_hands_the_receipts_on(tmp_path, service, shell):
    assert hook(tmp_path, service, "trigger", shell=shell).returncode == 0
    given = report(tmp_path)
    assert not set("$%#") & set(given["TOCSIN_RECEIPTS"])
    assert TOKEN not in given["TOCSIN_RECEIPTS"]
    done = hook(tmp_path, service, "failure", given, shell)
    assert (done.returncode, "sent as a new message" in done.stdout) == (0, False), done.stderr
    assert [message["text"][0] for message in service.messages] == ["❌", "❌"]
    assert service.messages[1]["thread_ts"] == service.messages[0]["ts"]
    assert [path.name for path in tmp_path.glob("tmp*")] == []


def test_a_forged_receipt_is_refused(tmp_path, service):
    hook(tmp_path, service, "trigger")
    forged = {name: value.replace(ROOM, "C0FORGED1") for name, value in report(tmp_path).items()}
    done = hook(tmp_path, service, "success", forged)
    assert "sent as a new message: its receipt was not written by this channel of this policy" in done.stdout
    assert [message["text"][0] for message in service.messages] == ["🚀", "✅"]


@pytest.mark.parametrize("value", ["none", "", "no receipts", '{"seal"'])
def test_a_report_without_receipts_stops_no_message(tmp_path, service, value):
    done = hook(tmp_path, service, "success", {"TOCSIN_RECEIPTS": value})
    assert (done.returncode, len(service.messages)) == (0, 1)
    assert ("it is no JSON" in done.stderr) == ("seal" in value)


def test_more_than_gitlab_takes_is_not_handed_on(tmp_path, tmp_path_factory, service):
    programs = tmp_path_factory.mktemp("programs")
    large = json.dumps({"receipts": ["seal", "x" * 5000]})
    program(programs / "tocsin", f'for word; do case "$word" in --receipts=*) echo \'{large}\' >"${{word#--receipts=}}" ;; esac; done')
    done = hook(tmp_path, service, "trigger", {"PATH": machine(programs, None)})
    assert (done.returncode, report(tmp_path)) == (0, {"TOCSIN_RECEIPTS": "none"})
    assert "these are more receipts than GitLab hands on" in done.stderr


def test_a_link_in_the_place_of_the_report_is_not_followed(tmp_path, tmp_path_factory, service):
    outside = tmp_path_factory.mktemp("outside") / "profile"
    outside.write_text("mine")
    (tmp_path / REPORT).symlink_to(outside)
    hook(tmp_path, service, "trigger")
    assert (outside.read_text(), (tmp_path / REPORT).is_symlink()) == ("mine", False)


def test_without_the_input_nothing_is_kept(tmp_path, service):
    jobs = read_by_gitlab({})
    assert not any("artifacts" in whole(jobs, name) for name in jobs if "receipts-true" not in name)
    hook(tmp_path, service, "trigger", {"TOCSIN_INPUT_RECEIPTS": "false"})
    assert not (tmp_path / REPORT).exists()


@pytest.mark.parametrize(("given", "dependencies"), [([], ["tocsin-trigger"]), (["build"], ["build"])])
def test_with_it_the_jobs_are_where_gitlab_hands_reports_on(given, dependencies):
    jobs = read_by_gitlab({"receipts": True, "dependencies": given})
    start = whole(jobs, "tocsin-trigger")
    assert (start["stage"], start["artifacts"]["access"], start["artifacts"]["expire_in"]) == (".pre", "none", "never")
    assert start["artifacts"]["reports"] == {"dotenv": REPORT}
    for name in ("tocsin-success", "tocsin-failure"):
        end = whole(jobs, name)
        assert (end["stage"], end.get("needs"), end["dependencies"]) == (".post", None, dependencies)
    assert whole(jobs, "tocsin-test")["dependencies"] == []
