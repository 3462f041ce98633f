"""ntfy's endpoint: https://docs.ntfy.sh/publish/#publish-as-json, with the errors of its server/errors.go."""

from __future__ import annotations

import re
from uuid import uuid4

from tocsin.inbox.arrivals import now_seconds
from tocsin.inbox.services import Answer, ServiceRequest, content, json_object

_PAYLOAD_MAX_BYTES = 8192
_DOCS = "https://docs.ntfy.sh/publish/"


def ntfy(request: ServiceRequest) -> Answer:
    """Publish a message as JSON: 200 and the message with its id. One with the `sequence_id` of another takes its place."""
    if len(request.body) > _PAYLOAD_MAX_BYTES:
        return _error(413, 41303, "JSON body too large", "")
    payload = json_object(request)
    if payload is None:
        return _error(400, 40024, "invalid request: request body must be valid JSON", f"{_DOCS}#publish-as-json")
    if not re.fullmatch("[-_A-Za-z0-9]{1,64}", str(payload.get("topic", ""))):
        return _error(400, 40009, "invalid request: topic invalid", "")
    actions = payload.get("actions", [])
    if not isinstance(actions, list) or len(actions) > 3:
        return _error(400, 40018, "invalid request: actions invalid, too many actions", f"{_DOCS}#action-buttons")
    identity = uuid4().hex[:12]
    message = {"id": identity, "time": now_seconds(), "event": "message", **payload, "message": payload.get("message") or "triggered"}
    return Answer(200, message, content(request, payload), message_id=str(payload.get("sequence_id") or identity))


def _error(status: int, code: int, words: str, link: str) -> Answer:
    return Answer(status, {"code": code, "http": status, "error": words, **({"link": link} if link else {})})
