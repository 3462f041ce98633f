"""Slack's endpoints: the incoming webhook, and the methods of the web API that tocsin calls, with their errors.

https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

import re
from itertools import count
from typing import Any
from urllib.parse import parse_qsl
from zlib import crc32

from tocsin.inbox import services
from tocsin.inbox.arrivals import now_seconds
from tocsin.inbox.services import Answer, ServiceRequest, content, json_object

METHODS = ("chat.postMessage", "chat.update", "users.lookupByEmail")
CHANGES = ("message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch")  # errors of chat.update alone
_NUMBERS = count(1)


def slack(request: ServiceRequest) -> Answer:
    """A webhook's message, or below `api/` a method: 200, and in an error `"ok": false` with its word."""
    method = re.search(r"/api/([A-Za-z.]+)$", request.path)
    if not method:
        return services.slack(request)
    if method[1] not in METHODS:
        return _error("unknown_method")
    if not request.headers.get("authorization", "").startswith("Bearer xox"):
        return _error("invalid_auth" if "authorization" in request.headers else "not_authed")
    return _user(request) if method[1] == "users.lookupByEmail" else _message(request, changes=method[1] == "chat.update")


def may_fail_so(path: str, answer: Answer) -> bool:
    """Whether an address can answer so: a webhook has no error of a method, and what is wrong with a change is said of changes alone."""
    word = answer.body.get("error") if isinstance(answer.body, dict) and "ok" in answer.body else None
    return not isinstance(word, str) or path.endswith("/chat.update") or ("/slack" in path and "/api/" in path and word not in CHANGES)


def _message(request: ServiceRequest, *, changes: bool) -> Answer:
    payload = json_object(request)
    if payload is None:
        return _error("invalid_json")
    channel, ts, thread = (payload.get(name) for name in ("channel", "ts", "thread_ts"))
    if not isinstance(channel, str) or not channel:
        return _error("channel_not_found")
    if word := _problem(request):
        return _error(word)
    known = request.messages.get(ts) if changes and isinstance(ts, str) else None
    if changes and (known is None or _id(known["channel"]) != channel):
        return _error("message_not_found")
    if thread is not None and thread not in request.messages:
        return _error("cannot_reply_to_message")
    number = ts if known else f"{now_seconds()}.{next(_NUMBERS):06}"
    said = {"ok": True, "channel": _id(channel), "ts": number, "message": {"type": "message", "text": payload.get("text", "")}}
    return Answer(200, said, content(request, payload), message_id=number)


def _problem(request: ServiceRequest) -> str | None:
    """What a webhook would refuse of it, in the same words."""
    answer = services.slack(request)
    return None if answer.content else str(answer.body)


def _id(channel: str) -> str:
    """A channel's id; of a name one that is always the same."""
    return channel if re.fullmatch("[CDG][A-Z0-9]+", channel) else f"C{crc32(channel.lstrip('#').encode()):08X}"


def _user(request: ServiceRequest) -> Answer:
    """Everybody has an id, but those whose address begins with `nobody`."""
    fields: dict[str, Any] = dict(parse_qsl(request.query)) | dict(parse_qsl(request.body.decode("utf-8", "replace")))
    email = (json_object(request) or fields).get("email")
    if not isinstance(email, str) or email.startswith("nobody") or "@" not in email:
        return _error("users_not_found")
    return Answer(200, {"ok": True, "user": {"id": f"U{crc32(email.lower().encode()):08X}", "profile": {"email": email}}})


def _error(word: str) -> Answer:
    return Answer(200, {"ok": False, "error": word})
