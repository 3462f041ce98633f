"""Mattermost's endpoint: an incoming webhook, with the errors of its server."""

from __future__ import annotations

from uuid import uuid4

from tocsin.inbox.services import Answer, ServiceRequest, content, json_object


def mattermost(request: ServiceRequest) -> Answer:
    """An incoming webhook: 200 `ok`, or an error with its id."""
    payload = json_object(request)
    if payload is None:
        return _error("decode", "Could not decode the multipart payload of incoming webhook.")
    attachments = payload.get("attachments", [])
    if not isinstance(attachments, list) or not all(isinstance(attachment, dict) for attachment in attachments):
        return _error("decode", "Unable to parse incoming data.")
    if not payload.get("text") and not attachments:
        return _error("text", "No text specified.")
    return Answer(200, "ok", content(request, payload))


def _error(name: str, message: str) -> Answer:
    identity = f"web.incoming_webhook.{name}.app_error"
    return Answer(400, {"id": identity, "message": message, "detailed_error": "", "request_id": uuid4().hex[:26], "status_code": 400})
