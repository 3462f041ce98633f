"""Telegram: one chat and one topic, a token that is never said, a group that moved."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from kinds import VALUES, options
from servers import Answer, ScriptedServer, transport

from tocsin.channels import telegram
from tocsin.verdict import Delivered, Failed

SENT = Answer(200, b'{"ok": true, "result": {"message_id": 5, "chat": {"id": -1009}}}')
MOVED = Answer(400, b'{"ok": false, "error_code": 400, "description": "upgraded", "parameters": {"migrate_to_chat_id": -1009}}')
PAYLOAD = {"text": "x", "chat_id": "elsewhere"}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def test_the_policy_alone_names_the_chat_and_the_topic(server: ScriptedServer) -> None:
    server.script(SENT)
    verdict = telegram.send(PAYLOAD, options("telegram", server.url("/api/")), transport())
    (request,) = server.requests
    assert request.path == f"/api/bot{VALUES['BOT']}/sendMessage"
    assert request.json() == {"text": "x", "chat_id": "-1001234567890", "message_thread_id": 7}
    assert verdict == Delivered({"message_id": "5", "chat_id": "-1009"})


def test_a_group_that_became_a_supergroup_is_followed_once(server: ScriptedServer) -> None:
    server.script(MOVED, SENT)
    assert telegram.send(PAYLOAD, options("telegram", server.url()), transport()) == Delivered({"message_id": "5", "chat_id": "-1009"})
    assert [request.json()["chat_id"] for request in server.requests] == ["-1001234567890", -1009]
    server.script(MOVED, MOVED)
    assert isinstance(telegram.send(PAYLOAD, options("telegram", server.url()), transport()), Failed)


def test_an_answer_that_repeats_the_token_does_not_make_it_public(server: ScriptedServer) -> None:
    token = VALUES["BOT"]
    server.script(Answer(404, json.dumps({"ok": False, "description": f"no /bot{token}/sendMessage"}).encode()))
    verdict = telegram.send(PAYLOAD, options("telegram", server.url()), transport(secrets=[token]))
    assert isinstance(verdict, Failed)
    assert "SECRET" not in verdict.reason


def test_the_answer_names_the_bot_whose_id_the_token_begins_with(server: ScriptedServer) -> None:
    token = "7234567890:AAbot-5ECRET"
    secrets = options("telegram").model_copy(update={"token": "${T}"}).secrets({"T": token})
    server.script(Answer(200, json.dumps({"ok": True, "result": {"message_id": 5, "from": {"id": 7234567890}}}).encode()))
    assert telegram.send(PAYLOAD, options("telegram", server.url()), transport(secrets=secrets)) == Delivered({"message_id": "5"})
    assert "5ECRET" not in transport(secrets=secrets).redact(f"no {token}, no {token[12:]}")


@pytest.mark.parametrize("secret", ["12345678", "12345678x"])
def test_a_number_that_a_secret_holds_spoils_no_answer(server: ScriptedServer, secret: str) -> None:
    said = {"ok": True, "result": {"message_id": 5, "chat": {"id": -100123456789}, "date": 123456789, "text": 'a "12345678", b'}}
    server.script(Answer(200, json.dumps(said).encode()))
    assert telegram.send(PAYLOAD, options("telegram", server.url()), transport(secrets=[secret])) == Delivered({"message_id": "5"})


@pytest.mark.parametrize("token", ["", "bot", "1:a/../../elsewhere", "1:a?x=", "1:a\n", "１:a"])
def test_what_is_no_token_is_not_sent(token: str) -> None:
    channel = options("telegram", "http://127.0.0.1:1").model_copy(update={"token": token})
    assert telegram.send(PAYLOAD, channel, transport()) == Failed(telegram.NO_TOKEN)


@pytest.mark.parametrize(("chat", "sound"), [("-100123", True), ("7", True), ("@builds", True), ("${CHAT}", True), ("builds", False)])
def test_a_chat_is_a_number_or_a_name(chat: str, sound: bool) -> None:
    def read() -> telegram.Options:
        return telegram.Options.model_validate({"kind": "telegram", "chat_id": chat})

    if sound:
        assert read().chat_id == chat
    else:
        with pytest.raises(ValueError, match="is not a chat's id"):
            read()
