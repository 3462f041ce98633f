"""One message a run in Mattermost: `send trigger` and `send completion` against a server that keeps what was posted."""

from __future__ import annotations

from typing import Any

import pytest
from inprocess import QuickProject
from projects import Result
from servers import Answer
from stateful_services import MattermostServer, said, serving
from test_conversations import forged, row

TOWN, SQUARE, KEY = MattermostServer.TOWN, MattermostServer.SQUARE, MattermostServer.KEY
ADA = "people: {ada: {login: ada, mattermost: ada.l}, bob: {login: bob, mattermost: '@bob'}}\n"


mattermost = serving(MattermostServer)
refuse = MattermostServer.refuse


def policy_of(server: MattermostServer, *more: str, channel: str = TOWN, rule: str = "") -> str:
    options = ", ".join(("kind: mattermost", 'token: "${BOT}"', f'channel: "{channel}"', f'api_url: "{server.url()}"', *more))
    return f"channels: {{town: {{{options}}}}}\nnotifications: [{{on: [trigger, failure, success], send_to: town{rule}}}]\n"


def send(project: QuickProject, *words: str, **env: str) -> Result:
    return project.run("send", *words, "--report", "report.json", "--receipts", "receipts.json", env={"BOT": KEY, **env})


def start_and_end(project: QuickProject, status: str = "success") -> dict[str, Any]:
    row(send(project, "trigger"))
    return row(send(project, "completion", "--status", status))


def test_the_end_changes_the_start_s_message(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(policy_of(mattermost))
    delivery = start_and_end(project)
    (message,) = mattermost.messages
    assert "✅" in message["message"]
    assert "🚀" not in str(message)
    assert delivery["reason"] is None
    assert delivery["receipt"] == {"id": message["id"], "channel_id": TOWN}
    changed = mattermost.requests[1]
    assert (changed.method, changed.path) == ("PUT", f"/api/v4/posts/{message['id']}/patch")
    assert isinstance(changed.json()["props"]["attachments"], list)


def test_a_change_without_an_attachment_takes_the_old_one_away(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(policy_of(mattermost, 'payload: {message: "run {{ event }}"}'))
    start_and_end(project)
    assert mattermost.requests[1].json() == {"message": "run success", "props": {"attachments": []}}


@pytest.mark.parametrize("status", ["success", "failure"])
def test_a_payload_of_the_policy_s_own_is_changed_and_heard_too(project: QuickProject, mattermost: MattermostServer, status: str) -> None:
    attachment = "{color: '#123456', text: '{{ event }}'}"
    project.policy(
        policy_of(mattermost, f'payload: {{message: "run {{{{ event }}}}\\n@ops", props: {{attachments: [{attachment}], card: x}}}}')
    )
    assert start_and_end(project, status)["reason"] is None
    message, *alerts = mattermost.shown
    assert message["props"] == {"attachments": [{"color": "#123456", "text": status}], "card": "x"}
    assert [alert["message"] for alert in alerts] == ([f"run {status}\n@ops"] if status == "failure" else [])
    assert message["message"] == f"run {status}" + ("" if status == "failure" else "\n@ops")
    assert {request.json().get("channel_id", TOWN) for request in mattermost.requests} == {TOWN}


def test_a_payload_of_attachments_alone_is_heard_too(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(policy_of(mattermost, "payload: {props: {attachments: [{text: '{{ event }}'}]}}"))
    assert start_and_end(project, "failure")["reason"] is None
    assert [message["props"] for message in mattermost.shown] == [{"attachments": [{"text": "failure"}]}] * 2


def test_a_failure_is_heard_by_a_short_message(project: QuickProject, mattermost: MattermostServer) -> None:
    """It stands in the channel: a reply is heard by those alone who follow its thread."""
    project.policy(ADA + policy_of(mattermost, rule=", mention: [ada, bob, here]"))
    assert start_and_end(project, "failure")["reason"] is None
    message, alert = mattermost.shown
    assert "❌" in message["message"]
    assert message["props"]["attachments"]
    assert "props" not in alert
    assert alert["channel_id"] == TOWN
    lines = alert["message"].split("\n")
    assert lines[-1] == "@ada.l @bob @here"
    assert message["message"].split("\n") == lines[:-1]


@pytest.mark.parametrize("status", ["success", "failure"])
def test_a_thread_answers_the_start(project: QuickProject, mattermost: MattermostServer, status: str) -> None:
    project.policy(ADA + policy_of(mattermost, "conversation: thread", rule=", mention: ada"))
    delivery = start_and_end(project, status)
    start, end = mattermost.messages
    assert (start.get("root_id"), end["root_id"]) == (None, start["id"])
    assert end["message"].count("@ada.l") == (1 if status == "failure" else 0)
    assert delivery["receipt"] == {"id": start["id"], "channel_id": TOWN}  # never a reply's: it has no thread


def test_new_is_a_message_of_its_own(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(policy_of(mattermost, "conversation: new"))
    assert start_and_end(project)["reason"] is None
    assert len(mattermost.shown) == 2


def test_a_rule_asks_for_another_conversation(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(policy_of(mattermost, rule=", conversation: thread"))
    start_and_end(project)
    assert mattermost.messages[1]["root_id"] == mattermost.messages[0]["id"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (refuse(404, "app.post.get.app_error"), "the message was deleted"),
        (refuse(403, "api.context.permissions.app_error"), "the message was deleted, or the bot may not edit"),
        (refuse(400, "api.post.update_post.permissions_time_limit.app_error"), "edited for so long"),
        (refuse(403, "api.post.update_post.permissions_denied.app_error"), "nobody edit"),
        (refuse(400, "api.post.a_new_one.app_error"), "In words."),
        (Answer(404), "HTTP 404"),
        (Answer(200, b"ok"), "without the post"),
        (Answer(429, b"limit exceeded", {"X-RateLimit-Reset": "900"}), "HTTP 429"),
        (Answer(429, b"limit exceeded", {"Retry-After": "900"}), "HTTP 429"),
    ],
)
@pytest.mark.parametrize("status", ["success", "failure"])
def test_what_cannot_be_changed_is_sent_anew_and_said(
    project: QuickProject, mattermost: MattermostServer, answer: Answer, says: str, status: str
) -> None:
    project.policy(ADA + policy_of(mattermost, rule=", mention: ada"))
    row(send(project, "trigger"))
    mattermost.refusals["patch"] = [answer]
    delivery = row(send(project, "completion", "--status", status))
    assert delivery["reason"].startswith("sent as a new message: ")
    assert says in delivery["reason"]
    assert [message["message"].count("🚀") for message in mattermost.shown] == [1, 0]
    assert mattermost.messages[1]["message"].count("@ada.l") == (1 if status == "failure" else 0)
    assert delivery["receipt"]["id"] == mattermost.messages[1]["id"]


@pytest.mark.parametrize("conversation", ["update", "thread"])
@pytest.mark.parametrize("status", ["success", "failure"])
def test_a_deleted_message_is_left(project: QuickProject, mattermost: MattermostServer, conversation: str, status: str) -> None:
    project.policy(policy_of(mattermost, f"conversation: {conversation}"))
    row(send(project, "trigger"))
    mattermost.messages.clear()
    assert "the message was deleted" in row(send(project, "completion", "--status", status))["reason"]
    (message,) = mattermost.messages
    assert "root_id" not in message


def test_an_alert_that_is_refused_is_sent_anew(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(policy_of(mattermost))
    row(send(project, "trigger"))
    mattermost.refusals["posts"] = [refuse(400, "api.post.a_new_one.app_error")]
    assert "In words." in row(send(project, "completion", "--status", "failure"))["reason"]
    assert mattermost.messages[-1]["props"]["attachments"]


@pytest.mark.parametrize("limited", [Answer(429, b"limit exceeded", {"X-RateLimit-Reset": "0"}), Answer(500), Answer(behaviour="reset")])
@pytest.mark.parametrize("place", ["patch", "posts"])
def test_a_limit_is_waited_for(project: QuickProject, mattermost: MattermostServer, limited: Answer, place: str) -> None:
    project.policy(policy_of(mattermost))
    row(send(project, "trigger"))
    mattermost.refusals[place] = [limited]
    delivery = row(send(project, "completion", "--status", "failure"))
    assert (delivery["attempts"], delivery["reason"]) == (2, None)
    assert len(mattermost.messages) == 2


def test_a_token_that_was_revoked_fails_with_its_own_reason(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(policy_of(mattermost))
    row(send(project, "trigger"))
    result = send(project, "completion", "--status", "failure", BOT="gone9wrwgstrb3mzrxb83nb357")
    assert result.report
    (delivery,) = result.report["deliveries"]
    assert delivery["outcome"] == "failed"
    assert "copy the bot's token again" in delivery["reason"]
    assert "gone9" not in result.out + result.err


@pytest.mark.parametrize(
    "values",
    [
        {"receipt": {"id": "post0000000000000000000001", "channel_id": TOWN}},
        {"receipt": {"id": "post0000000000000000000000", "channel_id": SQUARE}},
        {"receipt": {}},
        {"seal": "0" * 64},
        {"hook": "completion"},
    ],
)
def test_a_forged_receipt_is_refused(project: QuickProject, mattermost: MattermostServer, values: dict[str, Any]) -> None:
    project.policy(policy_of(mattermost))
    row(send(project, "trigger"))
    forged(project, **values)
    assert "was not written by this channel of this policy" in row(send(project, "completion", "--status", "success"))["reason"]
    assert [message["channel_id"] for message in mattermost.shown] == [TOWN, TOWN]


def test_a_receipt_leads_to_no_other_channel_than_the_policy_s(project: QuickProject, mattermost: MattermostServer) -> None:
    """By a variable, the policy's text stays the same."""
    project.policy(policy_of(mattermost, channel="${ROOM}"))
    row(send(project, "trigger", ROOM=TOWN))
    reason = row(send(project, "completion", "--status", "failure", ROOM=SQUARE))["reason"]
    assert reason.startswith("sent as a new message: its receipt ")
    assert [message["channel_id"] for message in mattermost.shown] == [TOWN, SQUARE]
    assert "patch" not in [mattermost.method(request) for request in mattermost.requests]


def test_the_token_is_never_said(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(policy_of(mattermost))
    row(send(project, "trigger"))
    mattermost.refusals["patch"] = [said(400, id="x", message=f"no {KEY}", detailed_error=f"token={KEY}")]
    result = send(project, "completion", "--status", "success")
    for text in (result.out, result.err, (project.folder / "report.json").read_text(), (project.folder / "receipts.json").read_text()):
        assert KEY not in text


def test_a_hostile_text_mentions_nobody_and_hides_no_one(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(ADA + policy_of(mattermost, "message: {text: '{{ app }}'}", rule=", mention: ada"))
    hostile = "@channel @all @here @bob\n@channel"
    row(send(project, "trigger", "--app", hostile))
    row(send(project, "completion", "--status", "failure", "--app", hostile))
    message, alert = (shown["message"] for shown in mattermost.shown)
    assert "@ada.l" not in message
    assert alert.count("@ada.l") == 1
    for text in (message, alert.replace("@ada.l", ""), str(mattermost.messages[0]["props"])):
        assert not any(f"@{name}" in text for name in ("channel", "all", "here", "bob"))


def test_two_jobs_of_one_run_lose_no_message(project: QuickProject, mattermost: MattermostServer) -> None:
    project.policy(policy_of(mattermost))
    start_and_end(project, "failure")
    assert row(send(project, "completion", "--status", "success"))["reason"] is None
    assert [message["message"][2] for message in mattermost.shown] == ["✅", "❌"]
