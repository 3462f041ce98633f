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

LOOK_UP, LOOK_UP_SCOPE = "users.lookupByEmail", "users:read.email"
METHODS = ("chat.postMessage", "chat.update", LOOK_UP)
CHANGES = ("message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch")  # errors of chat.update alone
_ONLY = {  # by an error, how the methods begin that have it
    **dict.fromkeys(CHANGES, "chat.update"),
    **dict.fromkeys(("channel_not_found", "not_in_channel"), "chat."),
    "users_not_found": LOOK_UP,
}
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
    return _user(request) if method[1] == LOOK_UP else _message(request, changes=method[1] == "chat.update")


def failure_at(path: str, answer: Answer) -> Answer | None:
    """What an address answers in a failure. None where it has no such error: a webhook has none of a method, and each method its own."""
    word = answer.body.get("error") if isinstance(answer.body, dict) and "ok" in answer.body else None
    if not isinstance(word, str):
        return answer
    method = path.rpartition("/")[2] if "/slack" in path and "/api/" in path else ""
    if not method or not method.startswith(_ONLY.get(word, "")):
        return None
    if word != "missing_scope":
        return answer
    if method == LOOK_UP:
        return answer._replace(body={**answer.body, "needed": LOOK_UP_SCOPE})
    return None if answer.body["needed"] == LOOK_UP_SCOPE else answer


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
    """Everybody has an id, but those whose address begins with `nobody`. The method takes a query or a form, and no JSON."""
    email = dict(parse_qsl(request.query) + parse_qsl(request.body.decode("utf-8", "replace"))).get("email")
    if email is None:
        return _error("invalid_arguments")
    if email.startswith("nobody") or "@" not in email:
        return _error("users_not_found")
    id_ = f"U{crc32(email.lower().encode()):08X}"
    user: dict[str, Any] = {"id": id_, "name": email.partition("@")[0], "deleted": False, "is_bot": False, "profile": {"email": email}}
    return Answer(200, {"ok": True, "user": user})


def _error(word: str) -> Answer:
    return Answer(200, {"ok": False, "error": word})
