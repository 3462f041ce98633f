"""The two parts of the step, in this process: what is sent, what a person sees, what is left for later steps."""

from __future__ import annotations

import base64
import html
import json

import pytest
from servers import Answer, ScriptedServer
from step import POLICY, Step

HOOK = "/services/T0/B0/s3cr3t"


@pytest.fixture
def step(tmp_path, slack) -> Step:
    """A step with the usual policy and its secret."""
    step = Step(tmp_path)
    step.policy()
    step.env["SLACK_WEBHOOK_URL"] = slack.url(HOOK)
    return step


def told(slack) -> list[str]:
    return [request.json()["text"].splitlines()[0] for request in slack.requests]


def test_the_start_from_main_and_the_end_from_post(step, slack):
    begun, ended = step.main(), step.post(status="failure")
    assert (begun.code, ended.code) == (0, 0)
    assert ["Started" in told(slack)[0], "Failed" in told(slack)[1]] == [True, True]
    assert begun.outputs | {"report": ""} == {"event": "trigger", "delivered": "1", "failed": "0", "skipped": "0", "report": ""}
    assert ended.outputs["event"] == "failure"
    assert ended.report["event"]["run"]["started_at"] < ended.report["event"]["run"]["finished_at"] or " 0 s" in str(
        slack.requests[1].json()
    )
    assert begun.annotations == ended.annotations == []
    assert "delivered  team  slack" in begun.log


def test_secrets_are_masked_before_all_else(step, slack):
    step.env |= {"KEYS": "first line\nab\n 100%off ", "UNUSED": "unused value"}
    step.policy(POLICY.replace("}}", "}, audit: {kind: webhook, url: https://x.invalid, signing_secret: '${KEYS}'}}"))
    part = step.main(token="ghs_token", env={"HTTPS_PROXY": "http://me:pr%40xy@proxy.invalid"})
    lines = part.log.splitlines()
    masks = [line for line in lines if line.startswith("::add-mask::")]
    assert lines[: len(masks)] == masks
    for secret in (slack.url(HOOK), HOOK, "ghs_token", "first line", "100%25off", "pr%2540xy", "pr@xy"):
        assert f"::add-mask::{secret}" in masks
    assert not any(mask.removeprefix("::add-mask::") in ("ab", "") or "unused" in mask for mask in masks)
    rest = "\n".join(line for line in lines if line not in masks)
    assert "s3cr3t" not in rest + part.summary + json.dumps(part.report) + json.dumps(part.state)


def test_what_is_no_secret_is_not_hidden_in_the_job_s_log(step):
    step.env |= {
        "AUDIT_URL": "https://audit.example.com/main",
        "AWS_REGION": "eu-west-1",
        "MAIL_FROM": "ci@example.com",
        "AWS_SECRET": "s3cr3t/key",
    }
    step.policy(
        "channels:\n  audit: {kind: webhook, url: '${AUDIT_URL}'}\n"
        "  mail: {kind: ses, region: '${AWS_REGION}', from: '${MAIL_FROM}', access_key_id: '${AWS_KEY}', secret_access_key: '${AWS_SECRET}'}\n"
        "notifications: [{on: broken, send_to: audit}]\n"
    )
    for part in (step.main(), step.main(hook="completion"), step.post(status="failure")):
        hidden = set(part.commands("add-mask"))
        assert {"s3cr3t/key", "s3cr3t%252Fkey"} <= hidden
        assert hidden.isdisjoint({"/main", "/main?", "eu-west-1", "ci@example.com", "https://audit.example.com/main"})


def test_the_summary_shows_the_event_the_deliveries_and_the_rules(step):
    part = step.main()
    for text in ("Started&#58; payments on main", "| ✅ delivered | team | slack |", "1 of 1 rules matched"):
        assert text in part.summary


def test_untrusted_text_is_no_markup_and_no_command(step, slack):
    branch = "x|<img src=x>\n::error::pwned ##[error] [a](http://evil.invalid) www.evil.invalid `@all` %0A::warning::b"
    step.policy(
        "channels: {team: {kind: slack}}\nnotifications: [{on: trigger, pipelines: {branch: nowhere}, send_to: team}, {name: '<b>|[x](y)', on: success, send_to: team}]\n"
    )
    begun = step.main(env={"TOCSIN_BRANCH": branch, "RUNNER_DEBUG": "1"})
    ended = step.post(env={"TOCSIN_BRANCH": branch, "RUNNER_DEBUG": "1"}, project=branch)
    for part in (begun, ended):
        commands = [line for line in part.log.splitlines() if line.lstrip().startswith("::")]
        assert all(line.startswith(("::add-mask::", "::debug::", "::group::", "::endgroup::")) for line in commands), commands
        assert "##[" not in part.log
        assert "%0A" not in part.log.replace("%250A", "")
    for mark in ("<b>", "<img", "[x](", "http://", "www.evil"):
        assert mark not in ended.summary
    assert "|&#60;b&#62;&#124;" not in ended.summary
    assert "&#60;b&#62;&#124;&#91;x&#93;(y)" in ended.summary


def test_a_failed_delivery_is_a_warning_and_the_job_stays_as_it_is(step, slack):
    slack.script(Answer(404, b"no_service"))
    part = step.main()
    assert part.code == 0
    [warning] = part.annotations
    assert warning.startswith("not delivered to team (slack): ")
    assert "::warning title=tocsin::" in part.log
    assert part.outputs["failed"] == "1"
    assert "❌ failed" in part.summary


@pytest.mark.parametrize("where", ["input", "policy"])
def test_strict_makes_a_failed_delivery_count(step, slack, where):
    slack.script(Answer(404, b"no_service"))
    if where == "policy":
        step.policy(f"{POLICY}delivery: {{strict: true}}\n")
    part = step.main(strict="true" if where == "input" else "")
    assert part.code == 1
    assert "::error title=tocsin::not delivered" in part.log


def test_a_missing_variable_is_told_with_the_next_step(step):
    del step.env["SLACK_WEBHOOK_URL"]
    part = step.main()
    [warning] = part.annotations
    assert "SLACK_WEBHOOK_URL is not set: pass it to the step by env" in warning
    assert (part.code, part.outputs["skipped"]) == (0, "1")


def test_a_policy_error_is_shown_at_its_line_and_nothing_is_sent(step, slack):
    step.policy("channels: {team: {kind: slak}}\nnotifications: [{on: failur, send_to: team}]\n")
    part = step.main()
    assert (part.code, slack.requests, part.state) == (0, [], {})
    assert "::error file=.tocsin.yml,line=1,col=25,title=tocsin policy::" in part.log
    assert "::error file=.tocsin.yml,line=2," in part.log
    assert "slack" in part.summary
    assert step.post().log == ""


@pytest.mark.parametrize(
    ("policy", "strict", "code"),
    [
        ("", "true", 3),
        ("delivery: {strict: true}", "", 3),
        ("delivery: {strict: false}", "", 0),
        ("x-note: {strict: true}\nstrict: true", "", 0),
    ],
)
def test_a_policy_error_counts_where_strictness_is_asked_for(step, policy, strict, code):
    step.policy(f"channels: {{team: {{kind: slak}}}}\n{policy}\n")
    assert step.main(strict=strict).code == code


def test_a_policy_that_is_no_yaml_and_one_that_is_missing(step):
    step.policy("channels: [")
    assert len(step.main().annotations) == 1
    [error] = step.main(policy="other.yml").annotations
    assert "other.yml" in error
    assert "does not exist" in error


def test_a_bad_input_is_one_annotation(step, slack):
    part = step.main(hook="start", dry_run="maybe")
    [error] = part.annotations
    assert "hook is 'start'" in error
    assert "dry-run is 'maybe'" in error
    assert (part.code, slack.requests, part.outputs["delivered"]) == (0, [], "0")
    assert step.main(hook="start", strict="true").code == 2


def test_an_unreadable_event_file_is_a_warning_and_the_message_goes_out(step, slack):
    part = step.main(env={"GITHUB_EVENT_PATH": "/nowhere/event.json", "GITHUB_EVENT_NAME": "deployment"})
    [warning] = part.annotations
    assert "/nowhere/event.json" in warning
    assert len(slack.requests) == 1


def test_without_a_policy_and_a_variable_the_notice_says_how_to_begin(step, slack):
    (step.workspace / ".tocsin.yml").unlink()
    begun, ended = step.main(), step.post(status="failure")
    assert ["Failed" in text for text in told(slack)] == [True]
    assert "to choose, write .tocsin.yml" in begun.log
    assert "SLACK_WEBHOOK_URL" in ended.summary
    step.env.clear()
    assert "write .tocsin.yml" in step.main().annotations[0]
    assert step.post().log == ""


def test_no_rule_matches_is_a_line_of_the_log_and_no_annotation(step, slack):
    step.policy("channels: {team: {kind: slack}}\nnotifications: [{on: failure, pipelines: {branch: dev}, send_to: team}]\n")
    begun, ended = step.main(), step.post(status="failure")
    assert begun.annotations == ended.annotations == []
    line = "no rule matches this run, so nothing is sent"
    assert ended.log.count(line) == 1
    assert begun.summary == ""
    assert line in ended.summary


def test_debug_lines_show_sources_rules_and_decisions(step):
    quiet, part = step.main(), step.main(env={"RUNNER_DEBUG": "1"})
    assert quiet.commands("debug") == []
    lines = part.commands("debug")
    for line in ("event: app | payments | GITHUB_REPOSITORY", "rule: yes | #1", "delivery: would send | team | slack | by #1"):
        assert line in lines


def test_inputs_say_what_the_run_is_about(step):
    words = {"app": "web", "project": "shop", "environment": "prod", "cluster": "eks", "image": "web:1.2", "triggered_by": "grace"}
    event = step.main(**words, matrix='{"os": "ubuntu", "python": "3.12"}', job_id="77").report["event"]
    assert [event[name] for name in ("app", "project", "environment", "cluster", "kind")] == ["web", "shop", "prod", "eks", "cd"]
    assert (event["image"], event["triggered_by"]["login"]) == ({"repository": "web", "tag": "1.2"}, "grace")
    assert (event["job"]["variant"], event["job"]["id"]) == ("os=ubuntu, python=3.12", "77")


def test_a_dry_run_sends_nothing(step, slack):
    assert step.main(dry_run="true").outputs["skipped"] == "1"
    assert slack.requests == []


def test_the_report_goes_where_the_input_says(step):
    part = step.main(report="out.json")
    assert part.outputs["report"] == str(step.workspace / "out.json")
    assert part.report["totals"]["delivered"] == 1


def test_a_report_that_cannot_be_written_is_a_warning(step, slack):
    part = step.main(report="no/such/folder.json")
    assert "no/such/folder.json cannot be written" in part.annotations[0]
    assert (part.code, part.outputs["report"], len(slack.requests)) == (0, "", 1)


@pytest.mark.parametrize("name", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_STATE"])
def test_a_file_of_the_runner_that_cannot_be_written_is_one_warning(step, slack, name):
    for path in ("/dev/full", "/nowhere/file", ""):
        part = step.main(env={name: path})
        [warning] = part.annotations
        assert name in warning
        assert part.code == 0
    assert len(slack.requests) == 3


NEEDS = json.dumps(
    {
        "lint": {"result": "success", "outputs": {}},
        "build": {"result": "failure", "outputs": {}},
        "test": {"result": "cancelled", "outputs": {}},
    }
)


def test_a_final_job_tells_of_the_whole_run_at_once(step, slack):
    part = step.main(needs=NEEDS, matrix="null")
    event = part.report["event"]
    assert (event["status"], event["scope"], event["job"]["name"]) == ("failure", "run", None)
    assert [(failure["job"], failure["reason"]) for failure in event["failures"]] == [("build", "failed")]
    assert (part.state, step.post().log) == ({}, "")
    assert len(slack.requests) == 1


UNREADABLE = {
    "no job": "{}",
    "null": "null",
    "no JSON": "Object",
    "one result alone": "success",
    "a list": '["success"]',
    "another shape": '{"test": "success"}',
    "no result": '{"test": {"outputs": {}}}',
    "an empty result": '{"test": {"result": ""}}',
    "an unknown result": '{"test": {"result": "success"}, "lint": {"result": "perhaps"}}',
    "a result of results": '{"test": {"result": ["success"]}}',
    "cut off": '{"test": {"result": "failu',
}


@pytest.mark.parametrize("needs", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize(("strict", "code"), [("", 0), ("input", 4), ("policy", 4)])
def test_needs_that_cannot_be_read_claim_nothing(step, slack, needs, strict, code):
    if strict == "policy":
        step.policy(f"{POLICY}delivery: {{strict: true}}\n")
    begun = step.main(needs=needs, strict="true" if strict == "input" else "")
    [error] = begun.commands("error")
    assert "toJSON(needs)" in error
    assert "how the other jobs ended is unknown" in error
    ended = step.post(needs=needs, status="success")
    assert (begun.code, begun.outputs["event"], ended.code, ended.log, slack.requests) == (code, "", 0, "", [])


@pytest.mark.parametrize(("where", "code"), [("", 0), ("input", 4), ("policy", 4)])
def test_a_job_without_a_status_claims_nothing(step, slack, where, code):
    if where == "policy":
        step.policy(f"{POLICY}delivery: {{strict: true}}\n")
    strict = "true" if where == "input" else ""
    step.main(status="", strict=strict)
    ended = step.post(status="", strict=strict)
    assert (ended.code, len(slack.requests), ended.outputs["event"]) == (code, 1, "")
    assert "no status is known for the completion" in ended.commands("error")[0]


def test_a_policy_asks_for_strictness_where_an_input_is_wrong_too(step):
    step.policy(f"{POLICY}delivery: {{strict: true}}\n")
    assert step.main(hook="nonsense").code == 2


def test_skipped_needs_are_no_event(step, slack):
    part = step.main(needs=json.dumps({"build": {"result": "skipped"}}))
    assert (slack.requests, part.outputs["event"]) == ([], "")
    assert "skipped" in part.log


def test_the_first_leg_shows_how_to_notify_once(step):
    assert "legs of a matrix" in step.main(legs="0/3").annotations[0]
    assert step.main(legs="1/3").annotations == []
    assert step.post(legs="0/3").annotations == []


def test_only_the_completion_by_wish(step, slack):
    begun, ended = step.main(hook="completion"), step.post(hook="completion", status="cancelled")
    assert begun.log.splitlines() == [line for line in begun.log.splitlines() if line.startswith("::add-mask::")] != []
    assert ["Cancelled" in text for text in told(slack)] == [True]
    assert ended.outputs["event"] == "cancelled"


DEPLOYMENT = {"id": 1, "sha": "a" * 40, "ref": "main", "environment": "production", "creator": {"login": "grace"}}


@pytest.mark.parametrize(("state", "event"), [("success", "success"), ("error", "failure"), ("in_progress", "trigger")])
def test_a_deployment_tells_its_own_status(step, slack, state, event):
    step.event("deployment_status", {"deployment": DEPLOYMENT, "deployment_status": {"state": state, "environment": "production"}})
    part = step.main()
    found = part.report["event"]
    assert (found["event"], found["environment"], found["triggered_by"]["login"]) == (event, "production", "grace")
    assert (part.state, step.post().log, len(slack.requests)) == ({}, "", 1)


@pytest.mark.parametrize(("where", "code"), [("", 0), ("input", 4), ("policy", 4)])
def test_a_run_that_ended_nobody_knows_how_claims_nothing(step, slack, where, code):
    run = {
        "id": 7,
        "event": "push",
        "head_branch": "main",
        "status": "completed",
        "conclusion": "perhaps",
        "updated_at": "2026-11-23T15:50:00Z",
    }
    step.event("workflow_run", {"action": "completed", "workflow_run": run})
    step.policy(POLICY if where != "policy" else f"{POLICY}delivery: {{strict: true}}\n", "../elsewhere.yml")
    part = step.main(strict="true" if where == "input" else "", policy="../elsewhere.yml")
    assert (part.code, slack.requests, part.outputs["event"], part.state) == (code, [], "", {})
    assert "no status is known for the completion" in part.commands("error")[0]


@pytest.mark.parametrize("hook", ["completion", "both"])
def test_this_job_s_end_is_not_what_it_reports(step, slack, hook):
    step.event("deployment_status", {"deployment": DEPLOYMENT, "deployment_status": {"state": "queued", "environment": "production"}})
    begun, ended = step.main(hook=hook), step.post(hook=hook, status="success")
    assert (begun.code, ended.code, slack.requests) == (0, 0, [])


@pytest.mark.parametrize("state", ["queued", "pending", "later"])
def test_a_deployment_that_waits_has_not_started(step, slack, state):
    step.event("deployment_status", {"deployment": DEPLOYMENT, "deployment_status": {"state": state, "environment": "production"}})
    part = step.main(strict="true")
    assert (part.code, part.outputs["event"], part.state, slack.requests) == (0, "", {}, [])
    assert "### ⚪ tocsin: Not started: payments → production" in html.unescape(part.summary)
    assert "there is no start to report" in part.log


REPORTED = {
    "deployment_status": {"deployment": DEPLOYMENT, "deployment_status": {"state": "waiting", "environment": "production"}},
    "workflow_run": {"action": "requested", "workflow_run": {"id": 7, "event": "push", "head_branch": "main", "status": "waiting"}},
}


@pytest.mark.parametrize("hook", ["auto", "trigger", "completion", "both"])
@pytest.mark.parametrize("event", REPORTED)
def test_what_waits_for_a_person_elsewhere_is_told_once(step, slack, event, hook):
    step.event(event, REPORTED[event])
    step.policy(POLICY.replace("trigger, success", "trigger, waiting, success"), "../elsewhere.yml")
    part, after = step.main(hook=hook, policy="../elsewhere.yml"), step.post(hook=hook, status="success")
    assert (part.code, part.outputs["event"], part.outputs["delivered"], after.log, len(slack.requests)) == (0, "waiting", "1", "", 1)


@pytest.mark.parametrize("token", ["", "ghs_token"], ids=["no token", "the token that a step has by default"])
def test_a_fork_s_run_ends_green_with_one_notice(step, slack, token):
    head = {"ref": "main", "sha": "a" * 40, "repo": {"full_name": "mallory/payments"}}
    step.event(
        "pull_request", {"pull_request": {"number": 7, "head": head, "base": {"ref": "main", "repo": {"full_name": "acme/payments"}}}}
    )
    del step.env["SLACK_WEBHOOK_URL"]
    part = step.main(strict="true", token=token, env={"GITHUB_API_URL": slack.url("")})
    [notice] = part.annotations
    assert notice == "nothing is sent: GitHub gives no secrets to a pull request from a fork"
    assert "::notice" in part.log
    assert (part.code, part.state, step.post().log) == (0, {}, "")


def test_a_run_of_dependabot_ends_green_with_one_notice(step, slack):
    step.env |= {"GITHUB_ACTOR": "dependabot[bot]", "SLACK_WEBHOOK_URL": ""}
    part = step.main(strict="true")
    assert (part.code, part.outputs["skipped"]) == (0, "1")
    [notice] = part.annotations
    assert "Dependabot" in notice
    assert step.post(strict="true").annotations == []


def test_post_uses_the_policy_as_it_was_and_no_changed_workspace(step, slack):
    step.policy(
        "channels: {team: {kind: webhook, url: '${SLACK_WEBHOOK_URL}', payload_file: ci/body.json}}\n"
        "notifications: [{on: [trigger, success], send_to: team}]\n"
    )
    step.policy('{"text": "as it was: {{ status }}"}', "ci/body.json")
    step.main()
    step.policy("channels: {evil: {kind: webhook, url: 'https://evil.invalid/'}}\nnotifications: [{on: success, send_to: evil}]\n")
    step.policy('{"text": "changed"}', "ci/body.json")
    part = step.post(policy="other.yml", env={"TOCSIN_POLICY": "/nowhere.yml"})
    assert part.annotations == []
    assert [request.json()["text"] for request in slack.requests] == ["as it was: ", "as it was: success"]


def test_a_large_policy_goes_by_a_file_whose_change_is_noticed(step, slack):
    noise = base64.b85encode(bytes((i * i * 7 + i // 251) % 251 for i in range(60_000))).decode()
    step.policy(f"{POLICY}x-noise: |\n  {noise}\n")
    begun = step.main()
    assert begun.state["tocsin"].startswith("file:")
    assert len(begun.state["tocsin"]) < 1000
    [kept] = [path for path in step.temp.iterdir() if path.suffix != ".json"]
    assert step.post().outputs["delivered"] == "1"
    kept.write_bytes(kept.read_bytes() + b"x")
    [error] = step.post().annotations
    assert "changed by another step" in error
    kept.unlink()
    [error] = step.post(strict="true").annotations
    assert "cannot be read" in error
    assert len(slack.requests) == 2


@pytest.mark.parametrize("value", ["here:", "here:AAAA", "here:!", "file:", "file:x:/nowhere", "nonsense", "here:eJyrrgUAAXUA+Q=="])
def test_a_state_that_is_none_sends_nothing_and_says_so(step, slack, value):
    step.main()
    step.left = {"tocsin": value}
    part = step.post()
    [error] = part.annotations
    assert "lost" in error
    assert part.code == 0
    assert step.post(strict="true").code == 4
    assert len(slack.requests) == 1


def test_without_a_state_post_is_silent(step):
    for left in ({}, {"tocsin": "nothing"}, {"tocsin": ""}):
        step.left = left
        part = step.post()
        assert (part.code, part.log, part.summary) == (0, "", "")


def test_the_api_s_answers_reach_the_message(step, slack):
    with ScriptedServer(Answer(403, b'{"message": "Resource not accessible by integration"}')) as api:
        part = step.main(needs=NEEDS, token="ghs_token", env={"GITHUB_API_URL": api.url("")})
        assert api.requests
    assert part.annotations == []
    assert "actions: read" in part.log
    assert part.outputs["event"] == "failure"
