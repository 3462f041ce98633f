"""The services' own errors, for `tocsin inbox --fail KIND=WORD`: what a service would say that refuses a message it could take."""

from __future__ import annotations

from tocsin.errors import UsageError
from tocsin.inbox import mattermost, telegram
from tocsin.inbox.endpoints import ENDPOINTS
from tocsin.inbox.services import Answer
from tocsin.inbox.slack_api import CHANGES, LOOK_UP_SCOPE
from tocsin.suggest import do_you_mean

_SLOW = {"Retry-After": "1"}
_LIMITED = "ratelimited"  # of every service

# By kind and word; every kind has `ratelimited` beside, and any status of HTTP from 400 on by its number.
FAILURES: dict[str, dict[str, Answer]] = {
    "slack": {
        _LIMITED: Answer(429, "rate_limited", headers=_SLOW),
        **{word: Answer(status, word) for word, status in (("no_service", 404), ("channel_is_archived", 410), ("invalid_token", 403))},
    },
    "discord": {
        _LIMITED: Answer(429, {"message": "You are being rate limited.", "retry_after": 1.0, "global": False}, headers=_SLOW),
        "unknown_webhook": Answer(404, {"message": "Unknown Webhook", "code": 10015}),
    },
    "google_chat": {
        _LIMITED: Answer(429, {"error": {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED"}}),
        "permission_denied": Answer(403, {"error": {"code": 403, "message": "Permission denied.", "status": "PERMISSION_DENIED"}}),
    },
    "pagerduty": {
        _LIMITED: Answer(429, {"status": "throttle exceeded", "message": "Requests for this service are arriving too quickly."}),
        "invalid_key": Answer(400, {"status": "invalid key", "message": "Invalid routing key"}),
    },
    "mattermost": {
        _LIMITED: Answer(429, "limit exceeded", headers={"X-Ratelimit-Reset": "1"}),
        "invalid_webhook": Answer(400, {"id": "web.incoming_webhook.invalid.app_error", "message": "Invalid webhook.", "status_code": 400}),
    },
    "telegram": {
        _LIMITED: telegram.error(429, "Too Many Requests: retry after 1", parameters={"retry_after": 1}),
        "chat_not_found": telegram.error(400, "Bad Request: chat not found"),
        "unauthorized": telegram.error(401, "Unauthorized"),
    },
    "ntfy": {
        _LIMITED: Answer(429, {"code": 42901, "http": 429, "error": "limit reached: too many requests"}),
        "unauthorized": Answer(401, {"code": 40101, "http": 401, "error": "unauthorized"}),
        "forbidden": Answer(403, {"code": 40301, "http": 403, "error": "forbidden"}),
    },
    "ses": {_LIMITED: Answer(429, {"message": "Too Many Requests"}, headers={"x-amzn-ErrorType": "TooManyRequestsException"})},
}

METHODS: dict[str, dict[str, Answer]] = {  # what an API with a token answers beside, which a webhook never does
    "slack": {
        **{
            word: Answer(200, {"ok": False, "error": word})
            for word in ("channel_not_found", "not_in_channel", "invalid_auth", "users_not_found", *CHANGES)
        },
        "missing_scope": Answer(200, {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "users:read"}),
        f"missing_scope:{LOOK_UP_SCOPE}": Answer(
            200, {"ok": False, "error": "missing_scope", "needed": LOOK_UP_SCOPE, "provided": "chat:write,users:read"}
        ),
    },
    "mattermost": {
        "session_expired": mattermost.error(
            401, "api.context.session_expired.app_error", "Invalid or expired session, please login again."
        ),
        "permissions": mattermost.error(403, mattermost.PERMISSIONS, "You do not have the appropriate permissions."),
        "edit_time_limit": mattermost.error(400, mattermost.CHANGES[0], "Post edit is only allowed for 300 seconds."),
    },
}

EDITS: dict[str, dict[str, Answer]] = {  # what is said of a change alone; each kind has its limit beside, as `edit_ratelimited`
    "discord": {"unknown_message": Answer(404, {"message": "Unknown Message", "code": 10008})},
    "telegram": {
        "message_to_edit_not_found": telegram.error(400, "Bad Request: message to edit not found"),
        "message_cant_be_edited": telegram.error(400, "Bad Request: message can't be edited"),
        "message_is_not_modified": telegram.error(400, "Bad Request: message is not modified"),
    },
}


def read_failures(texts: list[str]) -> dict[str, Answer]:
    """What each kind answers, of texts like `slack=ratelimited`. Raises UsageError."""
    return dict(map(_failure, texts))


def _failure(text: str) -> tuple[str, Answer]:
    kind, sign, word = text.partition("=")
    if not sign or kind not in ENDPOINTS:
        raise UsageError(f"--fail takes KIND=WORD, and {kind!r} is no kind with an endpoint{do_you_mean(kind, ENDPOINTS)}")
    words = {_LIMITED: Answer(429, "", headers=_SLOW), **FAILURES.get(kind, {}), **METHODS.get(kind, {})}
    changes = {**EDITS[kind], f"edit_{_LIMITED}": words[_LIMITED]} if kind in EDITS else {}
    words |= {name: answer._replace(only_changes=True) for name, answer in changes.items()}
    if word.isascii() and word.isdigit() and 400 <= int(word[:4]) <= 599:
        return kind, Answer(int(word), f"HTTP {word}")
    if word not in words:
        raise UsageError(f"--fail knows no error {word!r} of {kind}: one of {', '.join(words)}, or a status from 400 to 599")
    return kind, words[word]
