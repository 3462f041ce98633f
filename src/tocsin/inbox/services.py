"""The services' endpoints: each takes a request and answers as the real service does.

A request that the service would refuse gets the service's own error and leaves no arrival.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias
from uuid import uuid4
from zlib import crc32

from tocsin.inbox.arrivals import Content, now
from tocsin.inbox.sesmail import content_of

CHAT_MAX_BYTES = 1024 * 1024  # ours: many times what any chat service takes
SES_MAX_BYTES = 56 * 1024 * 1024  # a mail of 40 MiB in base64, and the JSON around it
JSON_MAX_DEPTH = 100  # ours: what no message needs, and every reader of it can bear
_SLACK_BLOCKS_MAX = 50  # https://docs.slack.dev/reference/block-kit/blocks
_SLACK_ATTACHMENTS_MAX = 100  # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, handling errors
_DISCORD_CONTENT_MAX_CHARS = 2000  # https://docs.discord.com/developers/resources/webhook#execute-webhook
_DISCORD_EMBEDS_MAX = 10
_GOOGLE_CHAT_MAX_BYTES = 32_000  # https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create
_GOOGLE_CHAT_FIELDS = {"text", "fallbackText", "cards", "cardsV2", "thread", "accessoryWidgets", "annotations"}
_NOT_GENERATED = "Your request was accepted, however a post was not generated"


class ServiceRequest(NamedTuple):
    """A POST request; header names are in lower case, `query` is what follows the question mark.

    `messages` are the service's that are still in the inbox: their payloads by their ids.
    """

    query: str
    headers: Mapping[str, str]
    body: bytes
    path: str = ""
    messages: Mapping[str, Any] = {}


class Answer(NamedTuple):
    """What the service says; `content` is what arrived, None where the request was refused.

    `message_id` finds the message again; where it is known already, the message takes the place of the one that had it, and without
    `content` that one is gone.
    """

    status: int
    body: Any = ""  # text as it is, anything else as JSON
    content: Content | None = None
    headers: Mapping[str, str] = {}
    message_id: str | None = None
    only_changes: bool = False  # of a failure: it is said of changes alone


Service: TypeAlias = Callable[[ServiceRequest], Answer]


def slack(request: ServiceRequest) -> Answer:
    """An incoming webhook: 200 `ok`, or 400 with an error's name as plain text."""
    payload = json_object(request)
    if payload is None:
        return Answer(400, "invalid_payload")
    if not any(payload.get(key) for key in ("text", "blocks", "attachments")):
        return Answer(400, "no_text")
    if len(_list(payload, "attachments")) > _SLACK_ATTACHMENTS_MAX:
        return Answer(400, "too_many_attachments")
    groups = [payload, *(item for item in _list(payload, "attachments") if isinstance(item, dict))]
    if any(len(_list(group, "blocks")) > _SLACK_BLOCKS_MAX for group in groups):
        return Answer(400, "invalid_blocks")
    return Answer(200, "ok", content(request, payload))


def teams(request: ServiceRequest) -> Answer:
    """A Workflows webhook: 202 without a body, whatever the flow will make of the card."""
    payload = json_object(request)
    if payload is None:
        return Answer(400, {"error": {"code": "InvalidRequestContent", "message": "The request content is not a JSON object."}})
    return Answer(202, "", content(request, payload))


def discord(request: ServiceRequest) -> Answer:
    """Execute Webhook: 204, or with `?wait=true` 200 and the message. Edit Webhook Message, by its id."""
    payload = json_object(request)
    if payload is None:
        return Answer(400, {"message": "The request body contains invalid JSON.", "code": 50109})
    embeds, text = _list(payload, "embeds"), payload.get("content") or ""
    if not text and not embeds and not payload.get("components"):
        return Answer(400, {"message": "Cannot send an empty message", "code": 50006})
    if not isinstance(text, str) or len(text) > _DISCORD_CONTENT_MAX_CHARS:
        return _discord_form("content", f"Must be a string of {_DISCORD_CONTENT_MAX_CHARS} or fewer in length.")
    if len(embeds) > _DISCORD_EMBEDS_MAX:
        return _discord_form("embeds", f"Must be {_DISCORD_EMBEDS_MAX} or fewer in length.")
    edited = re.search("/messages/([0-9]+)$", request.path)
    if edited and edited[1] not in request.messages:
        return Answer(404, {"message": "Unknown Message", "code": 10008})
    if not edited and "wait=true" not in request.query.lower().split("&"):
        return Answer(204, "", content(request, payload))
    number = edited[1] if edited else str(uuid4().int >> 66)
    message = {
        "id": number, "type": 0, "content": text, "channel_id": "1", "webhook_id": "1", "embeds": embeds,
        "author": {"bot": True, "id": "1", "username": payload.get("username") or "inbox", "avatar": None, "discriminator": "0000"},
        "attachments": [], "mentions": [], "mention_roles": [], "mention_everyone": False, "components": _list(payload, "components"),
        "pinned": False, "tts": False, "flags": 0, "timestamp": now(), "edited_timestamp": None,
    }  # fmt: skip
    return Answer(200, message, content(request, payload), message_id=number)


def _discord_form(field: str, message: str) -> Answer:
    errors = {field: {"_errors": [{"code": "BASE_TYPE_BAD_LENGTH", "message": message}]}}
    return Answer(400, {"message": "Invalid Form Body", "code": 50035, "errors": errors})


def ringcentral(request: ServiceRequest) -> Answer:
    """An incoming webhook, v2: 200 and a status, which is also how it says that it posted nothing."""
    payload = json_object(request)
    if payload is None:
        return Answer(400, {"status": "error", "message": "The request body is not a JSON object", "error": "Bad Request"})
    if not any(payload.get(key) for key in ("text", "title", "attachments")):
        return Answer(200, {"status": "error", "message": _NOT_GENERATED, "error": "Webhook body has neither text, title nor attachments"})
    return Answer(200, {"status": "OK"}, content(request, payload))


def google_chat(request: ServiceRequest) -> Answer:
    """Create a message by webhook: 200 and its name, or an error with its status in words."""
    payload = json_object(request)
    if payload is None:
        return _google_error("Invalid JSON payload received.")
    unknown = sorted(payload.keys() - _GOOGLE_CHAT_FIELDS)
    if unknown:
        return _google_error(f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot find field.')
    if not payload.get("text") and not _list(payload, "cardsV2"):
        return _google_error("Message cannot be empty.")
    if len(request.body) > _GOOGLE_CHAT_MAX_BYTES:
        return _google_error(f"Message is longer than {_GOOGLE_CHAT_MAX_BYTES} bytes")
    thread = payload.get("thread")
    key = thread.get("threadKey") if isinstance(thread, dict) else None
    found = {"name": f"spaces/inbox/threads/{_thread_id(key) if isinstance(key, str) else uuid4().hex[:11]}"}
    named = {"name": f"spaces/inbox/messages/{uuid4().hex[:11]}", "thread": {**found, **({"threadKey": key} if key else {})}}
    return Answer(200, {**payload, **named, "space": {"name": "spaces/inbox"}}, content(request, payload))


def _thread_id(key: str) -> str:
    """A key leads to one thread."""
    return f"{crc32(key.encode('utf-8', 'surrogatepass')):08x}"


def _google_error(message: str) -> Answer:
    return Answer(400, {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}})


def webhook(request: ServiceRequest) -> Answer:
    """Any body that is text is welcome; what is no JSON arrives as its text."""
    try:
        payload = parse_body(request.body)
    except ValueError:
        payload = request.body.decode("utf-8", "replace")
    return Answer(200, {"status": "ok"}, content(request, payload))


def ses(request: ServiceRequest) -> Answer:
    """SESv2's SendEmail, with Raw or Simple content.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
    """
    if "authorization" not in request.headers:
        return _ses_error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    payload = json_object(request)
    if payload is None:
        return _ses_error(400, "SerializationException", "The request is not a JSON object")
    try:
        content = content_of(payload, dict(request.headers))
    except ValueError as error:
        return _ses_error(400, "BadRequestException", str(error))
    return Answer(200, {"MessageId": f"{uuid4()}-000000"}, content)


def _ses_error(status: int, kind: str, message: str) -> Answer:
    return Answer(status, {"message": message}, headers={"x-amzn-ErrorType": kind})


def parse_body(body: bytes) -> Any:
    """JSON in UTF-8, strict and not too deep. Raises ValueError."""
    try:
        data = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except RecursionError:
        raise ValueError("too deep") from None
    level = [data]
    for _ in range(JSON_MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return data
    raise ValueError("too deep")


def _children(item: Any) -> list[Any]:
    return list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def json_object(request: ServiceRequest) -> dict[str, Any] | None:
    """The body, where it is a JSON object."""
    try:
        data = parse_body(request.body)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _list(payload: dict[str, Any], key: str) -> list[Any]:
    value = payload.get(key)
    return value if isinstance(value, list) else []


def content(request: ServiceRequest, payload: Any) -> Content:
    """What arrived: the payload, and the request as it came."""
    return Content(payload, request.body.decode("utf-8", "replace"), dict(request.headers))
