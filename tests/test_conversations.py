"""One message a run: `send trigger` and `send completion`, each a process of its own, against services that keep what was posted."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from inprocess import QuickProject
from projects import Project, Result
from servers import Answer
from stateful_services import ROOM, TOKEN, DiscordServer, SlackServer, refused, said, serving

RECEIPTS = "receipts.json"


slack, discord = serving(SlackServer), serving(DiscordServer)


def policy_of(server: SlackServer, *more: str, channel: str = ROOM, rule: str = "") -> str:
    options = ", ".join(('kind: slack, token: "${SLACK_BOT_TOKEN}"', f'channel: "{channel}"', f'api_url: "{server.url("/api")}"', *more))
    return f"channels:\n  team: {{{options}}}\nnotifications: [{{on: [trigger, failure, success], send_to: team{rule}}}]\n"


def send(project: Project, *words: str, receipts: str | None = RECEIPTS, **env: str) -> Result:
    kept = ["--receipts", receipts] if receipts else []
    return project.run("send", *words, "--report", "report.json", *kept, env={"SLACK_BOT_TOKEN": TOKEN, **env})


def start_and_end(project: Project, status: str = "success") -> dict[str, Any]:
    """The row of the end."""
    assert send(project, "trigger").code == 0
    return row(send(project, "completion", "--status", status))


def row(result: Result) -> dict[str, Any]:
    assert result.code == 0, result.err
    assert result.report, result.err
    (delivery,) = result.report["deliveries"]
    assert delivery["outcome"] == "delivered", delivery
    return delivery


def forged(project: Project, **values: Any) -> None:
    """Change what the file of receipts says."""
    path = project.folder / RECEIPTS
    content = json.loads(path.read_text(encoding="utf-8"))
    content["receipts"][0].update(values)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_the_end_changes_the_start_s_message(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    delivery = start_and_end(project)
    (message,) = slack.messages
    assert "✅" in message["text"]
    assert "🚀" not in json.dumps(message, ensure_ascii=False)
    assert delivery["reason"] is None
    assert delivery["receipt"] == {"channel": ROOM, "ts": message["ts"]}


def test_two_processes_share_what_the_file_keeps(tmp_path: Path, slack: SlackServer) -> None:
    project = Project(tmp_path)
    project.policy(policy_of(slack, channel="#builds"))
    assert start_and_end(project)["reason"] is None
    assert len(slack.messages) == 1
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / RECEIPTS).stat().st_mode) == 0o600
    assert TOKEN not in (tmp_path / RECEIPTS).read_text(encoding="utf-8")


def test_a_failure_is_told_under_its_message_for_all_to_hear(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    assert start_and_end(project, "failure")["reason"] is None
    message, reply = slack.messages
    assert "❌" in message["text"]
    assert (reply["thread_ts"], reply["reply_broadcast"], reply["text"]) == (message["ts"], True, message["text"])
    assert [block["type"] for block in reply["blocks"]] == ["rich_text"]


def test_rich_text_stays_rich_text(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    start_and_end(project, "failure")
    first, changed = (request.json() for request in slack.requests[:2])
    for payload in (first, changed):
        assert [block["type"] for block in payload["blocks"]] == ["header"]
        assert "mrkdwn_in" not in json.dumps(payload)
        assert {block["type"] for part in payload["attachments"] for block in part["blocks"]} <= {"rich_text", "context"}


def test_a_change_without_details_removes_the_old_ones(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    start_and_end(project)
    assert "attachments" in slack.requests[1].json()


@pytest.mark.parametrize(("status", "broadcast"), [("success", False), ("failure", True)])
def test_a_thread_has_the_end_under_the_start(project: QuickProject, slack: SlackServer, status: str, broadcast: bool) -> None:
    project.policy(policy_of(slack, "conversation: thread"))
    delivery = start_and_end(project, status)
    start, end = slack.messages
    assert (end["thread_ts"], end["reply_broadcast"]) == (start["ts"], broadcast)
    assert delivery["receipt"] == {"channel": ROOM, "ts": end["ts"], "thread_ts": start["ts"]}
    row(send(project, "completion", "--status", status))
    assert slack.messages[2]["thread_ts"] == start["ts"]  # never a reply's


@pytest.mark.parametrize("more", ["conversation: new", "update: false"])
def test_new_is_a_message_of_its_own(project: QuickProject, slack: SlackServer, more: str) -> None:
    project.policy(policy_of(slack, more))
    assert start_and_end(project)["reason"] is None
    assert len(slack.shown) == 2


def test_a_rule_may_ask_for_another_conversation(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack, rule=", conversation: thread"))
    start_and_end(project)
    assert slack.messages[1]["thread_ts"] == slack.messages[0]["ts"]


@pytest.mark.parametrize(
    "error", ["message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch", "is_inactive", "some_new_error"]
)
def test_what_cannot_be_changed_is_sent_anew_and_said(project: QuickProject, slack: SlackServer, error: str) -> None:
    project.policy(policy_of(slack))
    slack.refusals["chat.update"] = [refused(error)]
    result = send(project, "trigger"), send(project, "completion", "--status", "failure")
    reason = row(result[1])["reason"]
    assert reason.startswith(f"sent as a new message: {error}")
    assert f"sent as a new message: {error}" in result[1].out
    assert len(slack.shown) == 2
    slack.refusals.clear()
    assert row(send(project, "completion", "--status", "success"))["reason"] is None  # the new one is the one that is changed
    assert [text["text"][:1] for text in slack.shown] == ["🚀", "✅"]


def test_a_deleted_message_is_sent_anew(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    send(project, "trigger")
    slack.messages.clear()
    assert "message_not_found" in row(send(project, "completion", "--status", "success"))["reason"]
    assert len(slack.messages) == 1


def test_a_deleted_thread_is_left(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack, "conversation: thread"))
    send(project, "trigger")
    slack.messages.clear()
    assert "cannot_reply_to_message" in row(send(project, "completion", "--status", "success"))["reason"]
    assert "thread_ts" not in slack.messages[0]


def test_a_reply_that_is_refused_is_sent_anew(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    send(project, "trigger")
    slack.refusals["chat.postMessage"] = [refused("restricted_action_thread_locked")]
    assert "thread is locked" in row(send(project, "completion", "--status", "failure"))["reason"]
    assert ["❌" in message["text"] for message in slack.shown] == [True, True]


@pytest.mark.parametrize(
    "limited", [refused("ratelimited"), Answer(429, b"", {"Retry-After": "0"}), Answer(500), Answer(behaviour="reset")]
)
def test_a_limit_is_waited_for(project: QuickProject, slack: SlackServer, limited: Answer) -> None:
    project.policy(policy_of(slack))
    send(project, "trigger")
    slack.refusals["chat.update"] = [limited]
    delivery = row(send(project, "completion", "--status", "success"))
    assert (delivery["attempts"], delivery["reason"]) == (2, None)
    assert len(slack.messages) == 1


@pytest.mark.parametrize("limited", [[Answer(429, b"", {"Retry-After": "600"})], [Answer(500, b"", {"Retry-After": "0"})] * 3])
def test_a_change_that_is_limited_for_too_long_is_sent_anew(project: QuickProject, slack: SlackServer, limited: list[Answer]) -> None:
    project.policy(policy_of(slack))
    send(project, "trigger")
    slack.refusals["chat.update"] = limited
    assert f"HTTP {limited[0].status}" in row(send(project, "completion", "--status", "success"))["reason"]
    assert len(slack.shown) == 2


@pytest.mark.parametrize("status", ["success", "failure"])
def test_a_token_that_was_revoked_fails_with_its_own_reason(project: QuickProject, slack: SlackServer, status: str) -> None:
    project.policy(policy_of(slack))
    send(project, "trigger")
    slack.refusals["chat.update"] = slack.refusals["chat.postMessage"] = [refused("token_revoked")] * 2
    result = send(project, "completion", "--status", status)
    assert result.report
    (delivery,) = result.report["deliveries"]
    assert delivery["outcome"] == "failed"
    assert delivery["reason"].startswith("token_revoked: ")


def test_without_a_file_each_message_is_new(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    send(project, "trigger", receipts=None)
    assert row(send(project, "completion", "--status", "success", receipts=None))["reason"] is None
    assert len(slack.shown) == 2


@pytest.mark.parametrize(("more", "receipts"), [("conversation: update", None), ("update: true", None), ("conversation: update", RECEIPTS)])
def test_a_missing_receipt_is_said_where_somebody_asked_for_it(
    project: QuickProject, slack: SlackServer, more: str, receipts: str | None
) -> None:
    project.policy(policy_of(slack, more))
    assert "there is no receipt of the run's start" in row(send(project, "completion", "--status", "success", receipts=receipts))["reason"]


def test_a_lost_file_is_said_and_a_start_that_nobody_heard_of_is_not(project: QuickProject, slack: SlackServer) -> None:
    text = policy_of(slack).replace("notifications: [", "notifications: [{on: failure, send_to: quiet}, ")
    quiet = f'  quiet: {{kind: slack, token: "${{SLACK_BOT_TOKEN}}", channel: {ROOM}, api_url: "{slack.url("/api")}"}}\n'
    project.policy(text.replace("notifications:", f"{quiet}notifications:"))
    send(project, "trigger")
    result = send(project, "completion", "--status", "failure")
    assert result.report
    assert [delivery["reason"] for delivery in result.report["deliveries"]] == [None, None]
    (project.folder / RECEIPTS).unlink()
    assert "there is no receipt" in send(project, "completion", "--status", "success").out


@pytest.mark.parametrize(
    "values",
    [
        {"receipt": {"channel": "C9999ZZZZ", "ts": "1785542400.000000"}},
        {"receipt": {"channel": ROOM, "ts": "1785542400.000009"}},
        {"receipt": {}},
        {"seal": "0" * 64},
        {"seal": "ü"},
        {"hook": "completion"},
    ],
)
@pytest.mark.parametrize("channel", [ROOM, "#builds"])
def test_a_forged_receipt_is_refused(project: QuickProject, slack: SlackServer, values: dict[str, Any], channel: str) -> None:
    project.policy(policy_of(slack, channel=channel))
    send(project, "trigger")
    forged(project, **values)
    result = send(project, "completion", "--status", "success")
    assert "was not written by this channel of this policy" in row(result)["reason"]
    assert "was not written by this channel" in result.out
    assert len(slack.shown) == 2
    assert {request.json()["channel"] for request in slack.requests} == {channel}


@pytest.mark.parametrize("change", ["token", "channel", "run"])
def test_a_foreign_receipt_is_refused(project: QuickProject, slack: SlackServer, change: str) -> None:
    """Of another token, of another place, of another run: all of them well-formed and sealed."""
    project.policy(policy_of(slack))
    send(project, "trigger")
    if change == "channel":
        project.policy(policy_of(slack, channel="#builds"))
    env = {"token": {"SLACK_BOT_TOKEN": "xoxb-another-token-abcdef"}, "run": {"GITHUB_RUN_ID": "4711"}}.get(change, {})
    result = send(project, "completion", "--status", "success", **env)
    assert "chat.update" not in [slack.method(request) for request in slack.requests]
    if change != "token":
        assert row(result)["reason"].startswith("sent as a new message: its receipt ")


@pytest.mark.parametrize(
    "content",
    [
        b"no JSON",
        b"[]",
        b'{"version": 2, "receipts": []}',
        b'{"version": 1, "receipts": {}}',
        b'{"version": 1, "receipts": [7]}',
        b'{"version": 1, "receipts": [{"channel": "team"}]}',
        b"[" * 5000,
        b"\xff\xfe",
        b'{"version": 1, "receipts": []}' + b" " * (1 << 20),
    ],
)
def test_a_file_that_is_none_is_told_and_left_alone(project: QuickProject, slack: SlackServer, content: bytes) -> None:
    project.policy(policy_of(slack))
    (project.folder / RECEIPTS).write_bytes(content)
    result = send(project, "completion", "--status", "success")
    assert f"the receipts {RECEIPTS} are not used, so new messages are sent: it " in result.err
    assert row(result)
    assert len(slack.messages) == 1
    assert (project.folder / RECEIPTS).read_bytes() == content


def test_an_empty_file_is_filled(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    (project.folder / RECEIPTS).touch()
    assert start_and_end(project)["reason"] is None


def test_a_dry_run_keeps_nothing(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    assert send(project, "trigger", "--dry-run").code == 0
    assert not (project.folder / RECEIPTS).exists()


def test_what_other_runs_keep_stays(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    send(project, "trigger")
    send(project, "trigger", GITHUB_RUN_ID="4711")
    assert len(slack.messages) == 2
    send(project, "completion", "--status", "success")
    send(project, "completion", "--status", "success", GITHUB_RUN_ID="4711")
    assert ["✅" in message["text"] for message in slack.messages] == [True, True]


def test_two_apps_of_one_run_do_not_share_a_message(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    for app in ("shop", "till"):
        send(project, "trigger", "--app", app)
    send(project, "completion", "--status", "success", "--app", "shop")
    assert [message["text"][:1] for message in slack.messages] == ["✅", "🚀"]


def test_a_start_changes_no_end(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    start_and_end(project, "failure")
    row(send(project, "trigger"))
    assert [message["text"][:1] for message in slack.shown] == ["❌", "❌", "🚀"]


def test_a_run_without_an_id_starts_anew(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack))
    generic = {"TOCSIN_APP": "shop", "TOCSIN_BRANCH": "main", "SLACK_BOT_TOKEN": TOKEN}
    for words in (("trigger",), ("completion", "--status", "success")) * 2:
        project.run("send", *words, "--receipts", RECEIPTS, env=generic, ci={})
    assert [message["text"][:1] for message in slack.messages] == ["✅", "✅"]


@pytest.mark.parametrize("payload", ['{text: "run {{ event }}"}', "{blocks: [{type: divider}]}"])
def test_a_payload_of_the_policy_s_own_is_changed_too(project: QuickProject, slack: SlackServer, payload: str) -> None:
    project.policy(policy_of(slack, f"payload: {payload}"))
    assert start_and_end(project, "failure")["reason"] is None
    assert len(slack.messages) == 2
    assert slack.messages[1]["thread_ts"] == slack.messages[0]["ts"]


def test_what_slack_refuses_of_the_policy_s_own_payload_is_no_defect_of_tocsin(project: QuickProject, slack: SlackServer) -> None:
    project.policy(policy_of(slack, 'payload: {text: "run {{ event }}"}'))
    send(project, "trigger")
    slack.refusals["chat.update"] = [refused("invalid_blocks")]
    reason = row(send(project, "completion", "--status", "success"))["reason"]
    assert "invalid_blocks: Slack refuses the policy's own payload" in reason
    assert "defect" not in reason


def discord_policy(server: DiscordServer, conversation: str, *more: str, rule: str = "") -> tuple[str, dict[str, str]]:
    options = ", ".join((f'kind: discord, url: "${{HOOK}}", username: CI, conversation: {conversation}', *more))
    return f"channels: {{ops: {{{options}}}}}\nnotifications: [{{on: [trigger, failure, success], send_to: ops{rule}}}]\n", {
        "HOOK": server.webhook
    }


def test_discord_changes_the_start_s_message(project: QuickProject, discord: DiscordServer) -> None:
    policy, env = discord_policy(discord, "update")
    project.policy(policy)
    send(project, "trigger", **env)
    assert row(send(project, "completion", "--status", "success", **env))["reason"] is None
    (message,) = discord.messages
    assert "✅" in message["content"]
    edit = discord.requests[1]
    assert edit.method == "PATCH"
    assert edit.json()["allowed_mentions"] == {"parse": []}
    assert "username" not in edit.json()


def test_discord_tells_a_failure_by_a_short_message_too(project: QuickProject, discord: DiscordServer) -> None:
    policy, env = discord_policy(discord, "update")
    project.policy(policy)
    send(project, "trigger", **env)
    row(send(project, "completion", "--status", "failure", **env))
    message, alert = discord.messages
    assert message["embeds"]
    assert alert["content"] == message["content"]
    assert "embeds" not in alert
    assert alert["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize(
    "answer", [said(404, code=10008, message="Unknown Message"), Answer(404), said(403, code=50005), said(429, retry_after=900)]
)
def test_discord_sends_anew_what_it_cannot_change(project: QuickProject, discord: DiscordServer, answer: Answer) -> None:
    policy, env = discord_policy(discord, "update")
    project.policy(policy)
    send(project, "trigger", **env)
    discord.refusals["PATCH"] = [answer]
    reason = row(send(project, "completion", "--status", "failure", **env))["reason"]
    assert reason.startswith("sent as a new message: ")
    assert str(answer.status) in reason
    assert len(discord.messages) == 2


def test_discord_answers_in_a_forum_s_thread(project: QuickProject) -> None:
    with DiscordServer(forum=True) as discord:
        policy, env = discord_policy(discord, "thread")
        project.policy(policy)
        send(project, "trigger", **env)
        assert row(send(project, "completion", "--status", "failure", **env))["reason"] is None
        start, end = discord.messages
    assert start["thread_name"]
    assert end["channel_id"] == start["id"]


@pytest.mark.parametrize(("channel", "rule", "posts"), [("new", "thread", 1), ("update", "thread", 1), ("thread", "new", 0)])
@pytest.mark.parametrize("words", ["", ", message: {text: own words}"])
def test_in_a_forum_a_rule_s_word_counts_more_than_the_channel_s(
    project: QuickProject, channel: str, rule: str, posts: int, words: str
) -> None:
    with DiscordServer(forum=True) as discord:
        policy, env = discord_policy(discord, channel, rule=f", conversation: {rule}{words}")
        project.policy(policy)
        send(project, "trigger", **env)
        result = send(project, "completion", "--status", "failure", **env)
        assert ["thread_name" in request.json() for request in discord.requests] == [bool(posts), False]
        assert len(discord.messages) == 2 * posts
    assert result.report
    (delivery,) = result.report["deliveries"]
    assert (delivery["outcome"], "name one of its threads" in str(delivery["reason"])) == (
        ("delivered", False) if posts else ("failed", True)
    )


def test_a_payload_of_the_policy_s_own_opens_a_forum_s_thread_too(project: QuickProject) -> None:
    with DiscordServer(forum=True) as discord:
        policy, env = discord_policy(discord, "thread", 'payload: {content: "run {{ event }}"}')
        project.policy(policy)
        send(project, "trigger", **env)
        assert row(send(project, "completion", "--status", "failure", **env))["reason"] is None
        start, end = discord.messages
    assert start["thread_name"]
    assert (start["content"], end["content"]) == ("run trigger", "run failure")
    assert end["channel_id"] == start["id"]


def test_a_discord_channel_without_threads_loses_no_message(project: QuickProject, discord: DiscordServer) -> None:
    policy, env = discord_policy(discord, "thread")
    project.policy(policy)
    assert "in forums alone" in row(send(project, "trigger", **env))["reason"]
    assert "in forums alone" in row(send(project, "completion", "--status", "success", **env))["reason"]
    assert len(discord.messages) == 2


def test_a_webhook_cannot_change_what_it_posted(project: QuickProject) -> None:
    project.policy("channels: {team: {kind: slack, conversation: update}}\nnotifications: [{on: failure, send_to: team}]\n")
    result = project.run("check")
    assert result.code == 3
    assert "needs 'token'" in result.out


ADA = 'people: {ada: {login: ada, slack: U012AB3CD, discord: "123456789012345678"}}\n'


@pytest.mark.parametrize("status", ["failure", "success"])
def test_a_person_is_addressed_once_where_it_is_heard(project: QuickProject, slack: SlackServer, status: str) -> None:
    rules = f"notifications: [{{on: [trigger, {status}], send_to: team, mention: ada}}]\n"
    project.policy(ADA + policy_of(slack).partition("notifications:")[0] + rules)
    assert send(project, "trigger").code == 0
    addressed = [json.dumps(message).count("U012AB3CD") for message in slack.messages]
    row(send(project, "completion", "--status", status))
    message, *replies = slack.messages
    assert len(replies) == 1
    assert json.dumps(replies).count("U012AB3CD") == 1
    assert (json.dumps(message).count("U012AB3CD"), addressed) in ((0, [0]), (0, [1]))


def test_discord_addresses_nobody_by_a_change_that_is_told_aloud(project: QuickProject, discord: DiscordServer) -> None:
    project.policy(
        ADA
        + 'channels: {team: {kind: discord, url: "${DISCORD_WEBHOOK_URL}", conversation: update}}\n'
        + "notifications: [{on: [trigger, failure], send_to: team, mention: ada}]\n"
    )
    env = {"DISCORD_WEBHOOK_URL": discord.url("/api/webhooks/1/abc")}
    assert send(project, "trigger", **env).code == 0
    row(send(project, "completion", "--status", "failure", **env))
    changed = [request.json()["allowed_mentions"] for request in discord.requests if request.method == "PATCH"]
    told = discord.requests[-1].json()
    assert changed == [{"parse": []}]
    assert told["allowed_mentions"].get("users") == ["123456789012345678"]


def test_a_mention_that_a_payload_of_the_policy_s_own_does_not_show_makes_no_sound(project: QuickProject, slack: SlackServer) -> None:
    rules = "notifications: [{on: [trigger, success], send_to: team, mention: ada}]\n"
    project.policy(ADA + policy_of(slack, 'payload: {text: "run {{ event }}"}').partition("notifications:")[0] + rules)
    assert start_and_end(project)["reason"] is None
    assert len(slack.messages) == 1
