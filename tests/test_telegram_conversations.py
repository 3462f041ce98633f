"""One message a run in Telegram: `send trigger` and `send completion` against a Bot API that keeps what was sent."""

from __future__ import annotations

from typing import Any

import pytest
from inprocess import QuickProject
from projects import Result
from servers import Answer
from stateful_services import CHAT, TelegramServer, said, serving
from test_conversations import row

BOT = "7234567890:AAbot-SECRET"
ADA = 'people: {ada: {login: ada, telegram: "@ada_l"}, bob: {login: bob, telegram: "77"}}\n'


telegram = serving(TelegramServer)


def policy_of(server: TelegramServer, *more: str, chat: str = CHAT, rule: str = "") -> str:
    options = ", ".join(("kind: telegram", 'token: "${BOT}"', f'chat_id: "{chat}"', f'api_url: "{server.url("/api")}"', *more))
    return f"channels: {{group: {{{options}}}}}\nnotifications: [{{on: [trigger, failure, success], send_to: group{rule}}}]\n"


def send(project: QuickProject, *words: str) -> Result:
    return project.run("send", *words, "--report", "report.json", "--receipts", "receipts.json", env={"BOT": BOT})


def start_and_end(project: QuickProject, status: str = "success") -> dict[str, Any]:
    row(send(project, "trigger"))
    return row(send(project, "completion", "--status", status))


@pytest.mark.parametrize("chat", [CHAT, "@builds"])
def test_the_end_changes_the_start_s_message(project: QuickProject, telegram: TelegramServer, chat: str) -> None:
    project.policy(policy_of(telegram, chat=chat))
    delivery = start_and_end(project)
    (message,) = telegram.messages
    assert "✅" in message["text"]
    assert "🚀" not in message["text"]
    assert delivery["reason"] is None
    assert delivery["receipt"] == {"message_id": "100", "chat_id": CHAT}
    assert [request.json()["chat_id"] for request in telegram.requests] == [chat, chat]


def test_a_failure_is_heard_by_a_short_answer(project: QuickProject, telegram: TelegramServer) -> None:
    project.policy(ADA + policy_of(telegram, "thread_id: 7", rule=", mention: [ada, bob]"))
    assert start_and_end(project, "failure")["reason"] is None
    message, answer = telegram.messages
    assert "❌" in message["text"]
    assert "disable_notification" not in answer
    assert answer["reply_parameters"] == {"message_id": 100, "allow_sending_without_reply": True}
    assert answer["message_thread_id"] == 7
    assert answer["text"].split("\n")[0] == message["text"].split("\n")[0]
    for person in ("@ada_l", "tg://user?id=77"):
        assert person not in message["text"]
        assert answer["text"].count(person) == 1
    assert len(answer["text"]) < len(message["text"])


@pytest.mark.parametrize("status", ["success", "failure"])
def test_a_thread_answers_the_start(project: QuickProject, telegram: TelegramServer, status: str) -> None:
    project.policy(policy_of(telegram, "conversation: thread"))
    assert start_and_end(project, status)["reason"] is None
    row(send(project, "completion", "--status", status))
    assert [message.get("reply_parameters") for message in telegram.messages] == [None, {"message_id": 100}, {"message_id": 100}]


def test_new_is_a_message_of_its_own(project: QuickProject, telegram: TelegramServer) -> None:
    project.policy(policy_of(telegram, "conversation: new"))
    assert start_and_end(project)["reason"] is None
    assert len(telegram.messages) == 2
    assert "reply_parameters" not in telegram.messages[1]


@pytest.mark.parametrize(
    "answer",
    [
        TelegramServer.refuse("message to edit not found"),
        TelegramServer.refuse("message can't be edited"),
        TelegramServer.refuse("MESSAGE_ID_INVALID"),
        said(403, ok=False, error_code=403, description="Forbidden: a new word"),
        Answer(404),
        said(429, ok=False, error_code=429, description="Too Many Requests", parameters={"retry_after": 900}),
    ],
)
@pytest.mark.parametrize("status", ["success", "failure"])
def test_what_cannot_be_changed_is_sent_anew_and_said(project: QuickProject, telegram: TelegramServer, answer: Answer, status: str) -> None:
    project.policy(policy_of(telegram))
    row(send(project, "trigger"))
    telegram.refusals["editMessageText"] = [answer]
    assert row(send(project, "completion", "--status", status))["reason"].startswith(f"sent as a new message: HTTP {answer.status}")
    assert [message["text"].count("🚀") for message in telegram.messages] == [1, 0]


@pytest.mark.parametrize("conversation", ["update", "thread"])
def test_a_deleted_message_is_left(project: QuickProject, telegram: TelegramServer, conversation: str) -> None:
    project.policy(policy_of(telegram, f"conversation: {conversation}"))
    row(send(project, "trigger"))
    telegram.messages.clear()
    assert "the message was deleted" in row(send(project, "completion", "--status", "failure"))["reason"]
    (message,) = telegram.messages
    assert "reply_parameters" not in message


@pytest.mark.parametrize(("status", "messages"), [("success", 1), ("failure", 3)])
def test_a_message_that_says_it_already_is_told(project: QuickProject, telegram: TelegramServer, status: str, messages: int) -> None:
    project.policy(policy_of(telegram))
    start_and_end(project, status)
    assert row(send(project, "completion", "--status", status))["reason"] is None
    assert len(telegram.messages) == messages


def test_an_answer_that_is_refused_is_sent_anew(project: QuickProject, telegram: TelegramServer) -> None:
    project.policy(policy_of(telegram))
    row(send(project, "trigger"))
    telegram.refusals["sendMessage"] = [TelegramServer.refuse("not enough rights to reply")]
    assert "not enough rights" in row(send(project, "completion", "--status", "failure"))["reason"]
    assert "reply_parameters" not in telegram.messages[-1]


def test_an_answer_that_is_limited_is_tried_again(project: QuickProject, telegram: TelegramServer) -> None:
    project.policy(policy_of(telegram))
    row(send(project, "trigger"))
    telegram.refusals["sendMessage"] = [said(429, ok=False, description="Too Many Requests", parameters={"retry_after": 0})]
    assert row(send(project, "completion", "--status", "failure"))["reason"] is None
    assert len(telegram.messages) == 2


def test_a_group_that_moved_gets_a_new_message(project: QuickProject, telegram: TelegramServer) -> None:
    """Its messages have other numbers, and a receipt leads to no other chat than the policy's."""
    project.policy(policy_of(telegram))
    row(send(project, "trigger"))
    telegram.moved_to = -1009
    assert "supergroup" in row(send(project, "completion", "--status", "success"))["reason"]
    row(send(project, "completion", "--status", "success"))
    assert "editMessageText" not in [telegram.method(request) for request in telegram.requests if request.json()["chat_id"] != CHAT]


def test_the_token_is_never_said(project: QuickProject, telegram: TelegramServer) -> None:
    project.policy(policy_of(telegram))
    row(send(project, "trigger"))
    telegram.refusals["editMessageText"] = [TelegramServer.refuse(f"no {BOT}")]
    result = send(project, "completion", "--status", "success")
    for text in (result.out, result.err, (project.folder / "report.json").read_text(), (project.folder / "receipts.json").read_text()):
        assert "SECRET" not in text


def test_a_topic_that_is_none_is_said(project: QuickProject, telegram: TelegramServer) -> None:
    """`check` cannot see what a variable holds."""
    project.policy(policy_of(telegram, 'thread_id: "${TOPIC}"'))
    result = project.run("send", "trigger", "--report", "report.json", env={"BOT": BOT, "TOPIC": "general"})
    (delivery,) = result.report["deliveries"]
    assert (delivery["outcome"], delivery["reason"]) == ("failed", "thread_id is not a topic's id, which is a number")
    assert telegram.requests == []


def test_a_repair_that_mentions_nobody_here_makes_no_sound(project: QuickProject, telegram: TelegramServer) -> None:
    """Whom the rule mentions has a name on another service alone."""
    project.policy("people: {cy: {login: cy, slack: U0123ABCD}}\n" + policy_of(telegram, rule=", mention: cy"))
    (project.folder / "facts.json").write_text('{"transition": "fixed"}')
    row(send(project, "trigger"))
    row(send(project, "completion", "--status", "success", "--facts", "facts.json"))
    (message,) = telegram.messages
    assert "Fixed" in message["text"]
