"""ntfy's endpoint: https://docs.ntfy.sh/publish/#publish-as-json, with the errors of its server/errors.go."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tocsin.inbox.arrivals import now_seconds
from tocsin.inbox.services import Answer, ServiceRequest, content, json_object
from tocsin.text import safe_url

_PAYLOAD_MAX_BYTES = 8192
_ACTIONS_MAX = 3
_DOCS = "https://ntfy.sh/docs/publish/"
_NAME = "[-_A-Za-z0-9]{1,64}"  # of a topic, and of a sequence

_FIELDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("topic", "title", "message", "click", "icon", "attach", "filename", "email", "call", "delay", "sequence_id"), str),
    **dict.fromkeys(("tags", "actions"), list),
    "priority": int,
    "markdown": bool,
}


def ntfy(request: ServiceRequest) -> Answer:
    """Publish a message as JSON: 200 and the message with its id. One with the `sequence_id` of another of the topic takes its place."""
    if len(request.body) > _PAYLOAD_MAX_BYTES:
        return _error(413, 41303, "JSON body too large")
    payload = json_object(request)
    if payload is None or any(not _is(value, _FIELDS.get(name, object)) for name, value in payload.items()):
        return _error(400, 40024, "invalid request: request body must be valid JSON")
    for wrong, answer in _CHECKS:
        if wrong(payload):
            return answer
    identity = uuid4().hex[:12]
    message = {"id": identity, "time": now_seconds(), "event": "message", **payload, "message": payload.get("message") or "triggered"}
    return Answer(200, message, content(request, payload), message_id=f"{payload['topic']}/{payload.get('sequence_id') or identity}")


def deleted(request: ServiceRequest) -> Answer:
    """Delete a message of a topic by its sequence id, whether there is one or not: 200 and what subscribers are told."""
    found = re.search(rf"/({_NAME})/({_NAME})$", request.path)
    if not found:
        return _error(404, 40401, "page not found")
    told = {"id": uuid4().hex[:12], "time": now_seconds(), "event": "message_delete", "topic": found[1], "sequence_id": found[2]}
    return Answer(200, told, message_id=f"{found[1]}/{found[2]}")


def _is(value: Any, kind: type | tuple[type, ...]) -> bool:
    """Whether a field can be read as Go's JSON reads it: `null` is as if it were not there."""
    return value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool)))


def _error(status: int, code: int, words: str, link: str = "") -> Answer:
    return Answer(status, {"code": code, "http": status, "error": words, **({"link": f"{_DOCS}{link}"} if link else {})})


def _invalid(code: int, words: str, link: str = "") -> Answer:
    return _error(400, code, f"invalid {words}", link)


def _bad_actions(payload: dict[str, Any]) -> bool:
    actions = payload.get("actions") or []
    return len(actions) > _ACTIONS_MAX or not all(isinstance(action, dict) and action.get("label") for action in actions)


# What is wrong with a message, in the server's order: `parsePublishParams` in server/server.go.
_CHECKS: tuple[tuple[Callable[[dict[str, Any]], bool], Answer], ...] = (
    (lambda payload: not re.fullmatch(_NAME, payload.get("topic") or ""), _invalid(40009, "request: topic invalid")),
    (
        lambda payload: bool(payload.get("sequence_id")) and not re.fullmatch(_NAME, payload["sequence_id"]),
        _invalid(40049, "request: sequence ID invalid", "#updating-deleting-notifications"),
    ),
    (
        lambda payload: bool(payload.get("attach")) and not safe_url(payload["attach"]),
        _invalid(40013, "request: attachment URL is invalid", "#attachments"),
    ),
    (
        lambda payload: bool(payload.get("icon")) and not safe_url(payload["icon"]),
        _invalid(40021, "request: icon URL is invalid", "#icons"),
    ),
    (lambda payload: not 0 <= (payload.get("priority") or 0) <= 5, _invalid(40007, "priority parameter", "#message-priority")),
    (_bad_actions, _invalid(40018, "request: actions invalid", "#action-buttons")),
)
