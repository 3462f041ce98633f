"""`hook: test`: a test message to each channel from main, and nothing from post."""

from __future__ import annotations

import html
import json

import pytest
from mail_servers import Mailbox
from servers import Answer, ScriptedServer
from step import Step

POLICY = 'channels: {team: {kind: slack}, ops: {kind: slack, url: "${OPS}"}}\nnotifications: [{on: failure, send_to: team}]\n'
MAIL = "channels: {mail: {kind: smtp, host: 127.0.0.1, port: %d, security: none, from: ci@example.com}}\n"
FORK = {
    "pull_request": {
        "number": 7,
        "head": {"ref": "main", "sha": "a" * 40, "repo": {"full_name": "mallory/payments"}},
        "base": {"ref": "main", "repo": {"full_name": "acme/payments"}},
    }
}


@pytest.fixture
def step(tmp_path, slack) -> Step:
    """A step whose policy has two channels, each with its secret."""
    step = Step(tmp_path)
    step.policy(POLICY)
    step.env |= {"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t"), "OPS": slack.url("/ops")}
    return step


def test_each_channel_gets_one_and_post_sends_nothing(step, slack):
    part = step.main(hook="test")
    ended = step.post(hook="test", status="success")
    assert (part.code, part.state, ended.code, ended.log) == (0, {}, 0, "")
    texts = [request.json()["text"] for request in slack.requests]
    assert sorted(text.partition(".")[0] for text in texts) == ["🔔 Test: payments → ops", "🔔 Test: payments → team"]
    assert all("CI #128" in text and "acme/payments" in text and ".tocsin.yml" in text for text in texts)
    assert part.outputs | {"report": ""} == {"event": "test", "delivered": "2", "failed": "0", "skipped": "0", "report": ""}
    assert (part.report["event"]["event"], [row["rules"] for row in part.report["deliveries"]]) == ("test", [[], []])
    assert "### 🔔 tocsin: Test: payments → 2 channels" in html.unescape(part.summary)
    assert "| ✅ delivered | team | slack |" in part.summary
    assert part.annotations == []
    assert "::group::tocsin: test, 2 to deliver" in part.log
    assert "s3cr3t" not in part.summary + json.dumps(part.report)


def test_one_that_does_not_arrive_is_an_error_and_fails_the_step(step, slack):
    with ScriptedServer(Answer(404, b"no_service")) as gone:
        part = step.main(hook="test", env={"OPS": gone.url("/ops")})
    assert (part.code, part.outputs["delivered"], part.outputs["failed"]) == (1, "1", "1")
    [error] = part.commands("error")
    assert error.startswith("not delivered to ops (slack): no_service")
    assert "| ❌ failed | ops |" in part.summary


def test_a_missing_secret_fails_it_too(step):
    step.env["OPS"] = ""
    part = step.main(hook="test")
    [error] = part.commands("error")
    assert (part.code, "variable OPS is not set: pass it to the step by env" in error) == (1, True)


@pytest.mark.parametrize("address", ["", "dev@example.com"])
def test_mails_go_to_the_address_of_the_input_alone(step, address):
    with Mailbox() as box:
        step.policy(MAIL % box.port + "notifications: [{on: failure, send_to: everybody@example.com}]\n")
        part = step.main(hook="test", test_to=address)
        assert [mail.recipient for mail in box.mails] == ([address] if address else [])
    assert (part.code, part.annotations) == (0, [])
    if not address:
        assert "name one address in the input test-to, or run tocsin channels test mail --to ADDRESS" in part.log


def test_what_can_test_nothing_is_an_error(step):
    for policy, code, words in (
        ("notifications: []\n", 3, "the policy has no channels: there is nothing to test"),
        ("channels: {team: {kind: slak}}\n", 3, "unknown kind"),
    ):
        step.policy(policy)
        part = step.main(hook="test")
        assert (part.code, part.state) == (code, {})
        assert words in " ".join(part.commands("error"))
    step.policy()
    part = step.main(hook="test", test_to="nobody")
    assert (part.code, "test-to is 'nobody'" in part.commands("error")[0]) == (2, True)


def test_without_a_policy_the_channels_of_the_variables_are_tested(step, slack):
    (step.workspace / ".tocsin.yml").unlink()
    part = step.main(hook="test")
    assert (part.code, part.outputs["delivered"], len(slack.requests)) == (0, "1", 1)
    step.env["SLACK_WEBHOOK_URL"] = ""
    part = step.main(hook="test")
    assert (part.code, "there is no policy" in part.commands("error")[0]) == (3, True)


@pytest.mark.parametrize("token", ["", "ghs_token"])
def test_a_fork_s_run_sends_none_and_stays_green(step, slack, token):
    step.event("pull_request", FORK)
    part = step.main(hook="test", token=token, env={"SLACK_WEBHOOK_URL": "", "OPS": "", "GITHUB_API_URL": slack.url("")})
    assert (part.code, part.state) == (0, {})
    assert part.commands("notice") == ["nothing is sent: GitHub gives no secrets to a pull request from a fork"]
    assert not [request for request in slack.requests if request.method == "POST"]


def test_a_run_of_dependabot_has_no_secrets_and_stays_green(step, slack):
    step.env |= {"GITHUB_ACTOR": "dependabot[bot]", "SLACK_WEBHOOK_URL": "", "OPS": ""}
    part = step.main(hook="test")
    assert (part.code, part.outputs["skipped"], slack.requests) == (0, "2", [])
    assert "Dependabot" in part.annotations[0]


def test_the_event_of_the_run_changes_nothing(step, slack):
    step.event("deployment_status", {"deployment_status": {"state": "queued"}})
    part = step.main(hook="test", needs="no json", status="failure")
    assert (part.code, part.outputs["event"], len(slack.requests)) == (0, "test", 2)


def test_a_dry_run_sends_nothing(step, slack):
    part = step.main(hook="test", dry_run="true")
    assert (part.code, part.outputs["skipped"], slack.requests) == (0, "2", [])
