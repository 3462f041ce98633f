"""The main job at the command line: policy in, messages out, over the wire."""

from __future__ import annotations

import json

import pytest
from servers import Answer, ScriptedServer

OK = Answer(200, b"ok")
ONE = """\
channels: {team: {kind: slack}}
notifications: [{on: [trigger, success, failure], send_to: team}]
"""


def test_one_rule_one_slack_webhook(project, slack):
    project.policy(ONE)
    result = project.send(env={"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")})
    assert (result.code, result.rows()) == (0, {"team": ("delivered", None)})
    assert result.report["totals"] == {"delivered": 1, "failed": 0, "skipped": 0}
    assert result.report["deliveries"][0]["rules"] == ["#1"]
    [request] = slack.requests
    assert request.path == "/services/T0/B0/s3cr3t"
    assert "Failed: payments on main" in request.json()["text"]
    assert "s3cr3t" not in result.out + result.err + json.dumps(result.report)


def test_the_trigger_hook(project, slack):
    project.policy(ONE)
    result = project.run("send", "trigger", env={"SLACK_WEBHOOK_URL": slack.url("/x")})
    assert result.code == 0
    assert "Started" in slack.requests[0].json()["text"]
    assert result.out.split()[:3] == ["delivered", "team", "slack"]


def test_without_a_policy_the_variable_is_the_channel(project, slack):
    result = project.send(env={"SLACK_WEBHOOK_URL": slack.url("/x")})
    assert len(slack.requests) == 1
    assert result.code == 0
    assert "SLACK_WEBHOOK_URL" in result.err
    assert ".tocsin.yml" in result.err


def test_without_a_policy_and_without_a_variable_nothing_happens(project):
    result = project.send()
    assert result.code == 0
    assert ".tocsin.yml" in result.err


def test_a_skipped_run_is_no_event(project, slack):
    project.policy(ONE)
    result = project.send("skipped", env={"SLACK_WEBHOOK_URL": slack.url("/x")})
    assert (result.code, slack.requests) == (0, [])
    assert "skipped" in result.err


def test_no_rule_matches_and_one_quiet_line_says_so(project, slack):
    project.policy(
        "channels: {team: {kind: slack}}\n"
        "notifications:\n"
        "  - {name: far, on: success, pipelines: {app: other, branch: dev}, send_to: team}\n"
        "  - {name: near, on: failure, pipelines: {branch: release}, send_to: team}\n"
    )
    result = project.send(env={"SLACK_WEBHOOK_URL": slack.url("/x")})
    assert (result.code, slack.requests) == (0, [])
    assert result.err.splitlines() == ["tocsin: notice: no rule matches this run, so nothing is sent"]


def test_a_missing_variable_skips_that_delivery_and_no_other(project, slack):
    project.policy(
        'channels: {team: {kind: slack}, room: {kind: slack, url: "${ROOM_URL}"}}\nnotifications: [{on: failure, send_to: [room, team]}]\n'
    )
    result = project.send(env={"SLACK_WEBHOOK_URL": slack.url("/x"), "ROOM_URL": ""})
    assert result.code == 0
    assert result.rows() == {"room": ("skipped", "variable ROOM_URL is not set"), "team": ("delivered", None)}
    assert project.send("failure", "--strict", env={"SLACK_WEBHOOK_URL": slack.url("/x")}).code == 1


def test_strict_and_a_failed_delivery(project):
    project.policy(ONE)
    with ScriptedServer(Answer(404, b"no_service")) as server:
        env = {"SLACK_WEBHOOK_URL": server.url("/x")}
        assert project.send(env=env).code == 0
        assert project.send("failure", "--strict", env=env).code == 1
        project.policy(ONE + "delivery: {strict: true}\n")
        assert project.send(env=env).code == 1
        assert len(server.requests) == 3


def test_a_dry_run_does_everything_but_send(project, slack):
    project.policy(ONE)
    result = project.send("failure", "--dry-run", env={"SLACK_WEBHOOK_URL": slack.url("/x")})
    assert (result.code, slack.requests) == (0, [])
    assert result.rows()["team"][0] == "skipped"


def test_project_scope_is_a_skip_and_no_failure_under_strict(project, slack):
    project.policy("channels: {team: {kind: slack, project: shop}}\nnotifications: [{on: failure, send_to: team}]\n")
    result = project.send("failure", "--strict", env={"SLACK_WEBHOOK_URL": slack.url("/x")})
    assert (result.code, slack.requests) == (0, [])
    assert result.rows()["team"][0] == "skipped"
    assert "shop" in result.rows()["team"][1]


def test_no_status_at_completion(project):
    project.policy(ONE)
    result = project.run("send", "completion")
    assert result.code == 4
    assert "--status" in result.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 0),
        (("send",), 2),
        (("send", "soon"), 2),
        (("send", "completion", "--status", "fine"), 4),
        (("send", "trigger", "--kind", "cx"), 2),
        (("send", "trigger", "--policy", "missing.yml"), 3),
        (("send", "trigger", "--facts", "missing.json"), 4),
        (("nonsense",), 2),
        (("--help",), 0),
        (("--version",), 0),
        (("check", "missing.yml"), 3),
    ],
)
def test_exit_codes(project, words, code):
    project.policy(ONE)
    result = project.run(*words)
    assert result.code == code, result.err


def test_an_invalid_policy_sends_nothing_and_lists_every_error(project, slack):
    project.policy("channels: {team: {kind: slak}}\nnotifications: [{on: failur, send_to: tim}]\n")
    result = project.send(env={"SLACK_WEBHOOK_URL": slack.url("/x")})
    assert (result.code, slack.requests) == (3, [])
    assert ".tocsin.yml:1:" in result.err
    assert ".tocsin.yml:2:" in result.err
    assert "failure" in result.err


def test_a_policy_by_standard_input(project, slack):
    result = project.send("failure", "--policy", "-", env={"SLACK_WEBHOOK_URL": slack.url("/x")}, stdin=ONE.encode())
    assert result.rows() == {"team": ("delivered", None)}


def test_an_organisation_s_default_policy(project, slack, tmp_path_factory):
    default = tmp_path_factory.mktemp("org") / "tocsin.yml"
    default.write_text(ONE)
    env = {"SLACK_WEBHOOK_URL": slack.url("/x"), "TOCSIN_DEFAULT_POLICY": str(default)}
    assert project.send(env=env).rows() == {"team": ("delivered", None)}
    project.policy(ONE.replace("failure", "unstable"))
    assert project.send(env=env).report["deliveries"] == []


FORK = {
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_EVENT_PATH": "event.json",
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_REF_NAME": "7/merge",
    "GITHUB_HEAD_REF": "main",
    "GITHUB_BASE_REF": "main",
}


def fork_event(project):
    head = {"ref": "main", "sha": "a" * 40, "repo": {"full_name": "mallory/payments", "id": 2, "fork": True}}
    base = {"ref": "main", "repo": {"full_name": "acme/payments", "id": 1}}
    event = {"pull_request": {"number": 7, "title": "x", "head": head, "base": base}, "repository": {"full_name": "acme/payments", "id": 1}}
    (project.folder / "event.json").write_text(json.dumps(event))


def test_on_a_fork_s_run_the_policy_of_the_head_is_refused(project, slack):
    project.policy(ONE)
    fork_event(project)
    result = project.send("failure", "--strict", env={"SLACK_WEBHOOK_URL": slack.url("/x"), **FORK})
    assert (result.code, slack.requests) == (0, [])
    assert "nothing is sent" in result.err
    assert "fork" in result.err


def test_on_a_fork_s_run_a_trusted_policy_holds_and_its_main_is_not_main(project, slack):
    fork_event(project)
    policy = ONE.replace("send_to", "pipelines: {branch: main}, send_to")
    env = {"SLACK_WEBHOOK_URL": slack.url("/x"), **FORK}
    assert project.send("failure", "--policy", "-", env=env, stdin=policy.encode()).report["deliveries"] == []
    policy = ONE.replace("send_to", "pipelines: {source_branch: main, ref_type: pull_request}, send_to")
    assert project.send("failure", "--policy", "-", env=env, stdin=policy.encode()).rows() == {"team": ("delivered", None)}


def test_a_missing_variable_on_a_fork_s_run_is_no_failure_under_strict(project):
    fork_event(project)
    result = project.send("failure", "--strict", "--policy", "-", env=FORK, stdin=ONE.encode())
    assert (result.code, result.rows()["team"][0]) == (0, "skipped")


def test_hostile_text_forges_nothing_in_the_log(project, slack):
    project.policy("channels: {team: {kind: slack}}\nnotifications: [{on: failure, pipelines: {branch: nowhere}, send_to: team}]\n")
    branch = "x\n::error::pwned\r##[error]pwned\x1b[31m"
    result = project.send(env={"TOCSIN_BRANCH": branch, "SLACK_WEBHOOK_URL": slack.url("/x")})
    for line in (result.out + result.err).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    assert "\x1b" not in result.err


def test_a_server_that_repeats_a_secret_does_not_get_it_printed(project):
    project.policy(ONE)
    with ScriptedServer(Answer(403, b"no such hook: /services/T0/B0/s3cr3t and s3cr3t")) as server:
        result = project.send(env={"SLACK_WEBHOOK_URL": server.url("/services/T0/B0/s3cr3t")})
    assert "/services/T0" not in result.out + result.err + json.dumps(result.report)


def test_an_unwritable_report_is_a_warning(project, slack):
    project.policy(ONE)
    result = project.run("send", "trigger", "--report", "no/such/folder.json", env={"SLACK_WEBHOOK_URL": slack.url("/x")})
    assert (result.code, len(slack.requests)) == (0, 1)
    assert "no/such/folder.json" in result.err


def test_on_a_fork_s_run_a_payload_file_is_the_head_s_and_refused(project, slack):
    fork_event(project)
    (project.folder / "body.json").write_text('{"text": "${OTHER_SECRET}"}')
    policy = (
        'channels: {hook: {kind: webhook, url: "${HOOK_URL}", payload_file: body.json}}\nnotifications: [{on: failure, send_to: hook}]\n'
    )
    env = {"HOOK_URL": slack.url("/x"), "OTHER_SECRET": "s3cr3t"}
    result = project.send("failure", "--policy", "-", env={**env, **FORK}, stdin=policy.encode())
    assert (result.code, slack.requests) == (0, [])
    assert result.rows()["hook"][0] == "skipped"
    assert "payload file" in result.rows()["hook"][1]
    assert project.send("failure", "--policy", "-", env=env, stdin=policy.encode()).rows() == {"hook": ("delivered", None)}
