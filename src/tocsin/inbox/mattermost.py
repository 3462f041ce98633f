"""Mattermost's endpoints: an incoming webhook, and the two methods of its API that tocsin calls, with the errors of its server.

https://developers.mattermost.com/api-documentation/#/operations/CreatePost
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from tocsin.inbox.arrivals import now_seconds
from tocsin.inbox.services import Answer, ServiceRequest, content, json_object

MESSAGE_MAX_CHARS = 16_383  # https://github.com/mattermost/mattermost/blob/master/server/public/model/post.go, PostMessageMaxRunesV2
PERMISSIONS = "api.context.permissions.app_error"
CHANGES = ("api.post.update_post.permissions_time_limit.app_error",)  # errors of a change alone
_ID = "[a-z0-9]{26}"


def mattermost(request: ServiceRequest) -> Answer:
    """A webhook's message, or below `api/v4` a post or the change of one."""
    api = re.search("/api/v4/posts(?:/([^/]+)/patch)?$", request.path)
    if not api:
        return _webhook(request)
    if not re.fullmatch(f"Bearer {_ID}", request.headers.get("authorization", "")):
        return error(401, "api.context.session_expired.app_error", "Invalid or expired session, please login again.")
    payload = json_object(request)
    if payload is None:
        return error(400, "api.context.invalid_body_param.app_error", "Invalid or missing post in request body.")
    return _patch(request, payload, api[1]) if api[1] else _post(request, payload)


def failure_at(path: str, answer: Answer) -> Answer | None:
    """What an address answers in a failure: a webhook has errors of its own, and what is wrong with a change is said of changes alone."""
    identity = answer.body.get("id") if isinstance(answer.body, dict) else None
    if not isinstance(identity, str):
        return answer
    if identity in CHANGES:
        return answer if path.endswith("/patch") else None
    return answer if ("/api/v4/" in path) != identity.startswith("web.incoming_webhook.") else None


def error(status: int, identity: str, message: str) -> Answer:
    """An error of the server."""
    return Answer(status, {"id": identity, "message": message, "detailed_error": "", "request_id": uuid4().hex[:26], "status_code": status})


def _webhook(request: ServiceRequest) -> Answer:
    """An incoming webhook: 200 `ok`, or an error with its id."""
    payload = json_object(request)
    if payload is None:
        return _webhook_error("decode", "Could not decode the multipart payload of incoming webhook.")
    attachments = payload.get("attachments", [])
    if not isinstance(attachments, list) or not all(isinstance(attachment, dict) for attachment in attachments):
        return _webhook_error("decode", "Unable to parse incoming data.")
    if not payload.get("text") and not attachments:
        return _webhook_error("text", "No text specified.")
    return Answer(200, "ok", content(request, payload))


def _webhook_error(name: str, message: str) -> Answer:
    return error(400, f"web.incoming_webhook.{name}.app_error", message)


def _post(request: ServiceRequest, payload: dict[str, Any]) -> Answer:
    channel, root = payload.get("channel_id"), payload.get("root_id", "")
    if not isinstance(channel, str) or not re.fullmatch(_ID, channel):
        return _not_permitted()
    known = request.messages.get(root) if root else {"channel_id": channel}
    if known is None:
        return error(400, "api.post.create_post.root_id.app_error", "Invalid RootId parameter.")
    if known["channel_id"] != channel:
        return error(400, "api.post.create_post.channel_root_id.app_error", "Invalid ChannelId for RootId parameter.")
    return _too_long(payload) or _told(request, payload, uuid4().hex[:26], 201)


def _patch(request: ServiceRequest, payload: dict[str, Any], number: str) -> Answer:
    known = request.messages.get(number)
    if known is None:
        return _not_permitted()
    changed: dict[str, Any] = {name: payload[name] for name in ("message", "props", "file_ids", "is_pinned") if name in payload}
    return _too_long(payload) or _told(request, {**known, **changed}, number, 200)


def _not_permitted() -> Answer:
    return error(403, PERMISSIONS, "You do not have the appropriate permissions.")


def _too_long(payload: dict[str, Any]) -> Answer | None:
    text = payload.get("message", "")
    if isinstance(text, str) and len(text) <= MESSAGE_MAX_CHARS and isinstance(payload.get("props", {}), dict):
        return None
    return error(400, "model.post.is_valid.message_length.app_error", "Post Message property is longer than the maximum permitted length.")


def _told(request: ServiceRequest, payload: dict[str, Any], number: str, status: int) -> Answer:
    at = now_seconds() * 1000
    said = {"id": number, "create_at": at, "update_at": at, "edit_at": 0, "delete_at": 0, "user_id": "0" * 26, "root_id": "", "type": ""}
    return Answer(status, {**said, **payload}, content(request, payload), message_id=number)
