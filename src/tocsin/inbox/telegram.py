"""Telegram's endpoint, with the errors of its Bot API: https://core.telegram.org/bots/api#making-requests."""

from __future__ import annotations

import re
from html import unescape
from itertools import count
from typing import Any

from tocsin.channels.telegram_markup import NO_ADDRESS, TAGS, html_problems, markdown_problems, markdown_text
from tocsin.inbox.arrivals import now_seconds
from tocsin.inbox.services import Answer, ServiceRequest, content, json_object
from tocsin.text import units

_TEXT_MAX_CHARS = 4096
_NUMBERS = count(1)


def telegram(request: ServiceRequest) -> Answer:
    """The methods sendMessage and editMessageText: 200 and the message with its id."""
    bot, method = request.path.rsplit("/", 2)[1:]
    if not re.fullmatch(r"bot[0-9]+:[\w-]+", bot, re.ASCII) or method not in ("sendMessage", "editMessageText"):
        return error(404, "Not Found")
    payload = json_object(request)
    if payload is None:
        return error(400, "Bad Request: can't parse the request's JSON object")
    if not re.fullmatch(r"-?[0-9]{1,20}|@\w+", str(payload.get("chat_id", ""))):
        return error(400, "Bad Request: chat_id is empty" if "chat_id" not in payload else "Bad Request: chat not found")
    if problem := _problem(payload):
        return error(400, f"Bad Request: {problem}")
    if method == "sendMessage":
        return _message(request, payload, str(next(_NUMBERS)))
    number = str(payload.get("message_id", ""))
    if number not in request.messages:
        return error(400, "Bad Request: message to edit not found")
    if request.messages[number]["text"] == payload["text"]:
        return error(400, "Bad Request: message is not modified")
    return _message(request, payload, number)


def _problem(payload: dict[str, Any]) -> str | None:
    """What is wrong with the text, as the Bot API says it."""
    text = payload.get("text")
    if not isinstance(text, str) or not text:
        return "message text is empty"
    mode = payload.get("parse_mode") or ""
    if mode not in ("", "HTML", "Markdown", "MarkdownV2"):
        return "unsupported parse_mode"
    if mode == "HTML":
        unknown = re.search(rf"<(?!/?(?:{'|'.join(TAGS)})\b)([^<>\s]*)", text)
        if unknown:
            return f'can\'t parse entities: Unsupported start tag "{unknown[1]}" at byte offset {len(text[: unknown.start()].encode())}'
    reader = {"HTML": html_problems, "MarkdownV2": markdown_problems}.get(mode)
    wrong = next((problem for problem in reader(text) if problem != NO_ADDRESS), None) if reader else None
    if wrong:
        return f"can't parse entities: the text {wrong}"
    text = markdown_text(text) if mode == "MarkdownV2" else unescape(re.sub("<[^<>]*>", "", text)) if mode == "HTML" else text
    return "message is too long" if units(text) > _TEXT_MAX_CHARS else None


def _message(request: ServiceRequest, payload: dict[str, Any], number: str) -> Answer:
    chat = str(payload["chat_id"])
    found = {"id": int(chat), "type": "supergroup"} if not chat.startswith("@") else {"id": -1, "type": "channel", "username": chat[1:]}
    bot = re.search("/bot([0-9]+):[^/]+/[^/]+$", request.path)
    sender = {"from": {"id": int(bot[1]), "is_bot": True, "first_name": "tocsin"}} if bot and found["type"] == "supergroup" else {}
    message = {"message_id": int(number), **sender, "date": now_seconds(), "chat": found, "text": payload["text"]}
    return Answer(200, {"ok": True, "result": message}, content(request, payload), message_id=number)


def error(status: int, description: str, **more: Any) -> Answer:
    """An error of the Bot API."""
    return Answer(status, {"ok": False, "error_code": status, "description": description, **more})
