"""PagerDuty's endpoint: https://developer.pagerduty.com/docs/send-alert-event, with the errors of its Events API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tocsin.inbox.services import Answer, ServiceRequest, content, json_object

_SUMMARY_MAX_CHARS = 1024
_KEY_MAX_CHARS = 255
_SEVERITIES = ("critical", "error", "warning", "info")


def pagerduty(request: ServiceRequest) -> Answer:
    """An alert or a change: 202, and of an alert its key, by which a later event takes its place."""
    payload = json_object(request)
    if payload is None:
        return Answer(400, {"status": "invalid event", "message": "Event object is invalid", "errors": ["JSON is invalid"]})
    change = request.path.endswith("/change/enqueue")
    if errors := list(_errors(payload, change=change)):
        return Answer(400, {"status": "invalid event", "message": "Event object is invalid", "errors": errors})
    if change:
        return Answer(202, {"status": "success", "message": "Change event processed"}, content(request, _shown(payload)))
    key = str(payload.get("dedup_key") or uuid4().hex)
    answer = {"status": "success", "message": "Event processed", "dedup_key": key}
    return Answer(202, answer, content(request, _shown(payload)), message_id=key)


def _errors(payload: dict[str, Any], *, change: bool) -> list[str]:
    """What is wrong with an event, in the words of the Events API."""
    found, action, details = [], payload.get("event_action"), payload.get("payload")
    if len(str(payload.get("routing_key", ""))) != 32:
        found.append("Length of 'routing_key' is incorrect (should be 32 characters)")
    if not change and action not in ("trigger", "acknowledge", "resolve"):
        found.append("'event_action' is invalid (must be one of: 'trigger', 'acknowledge', 'resolve')")
    if not change and action != "trigger" and not payload.get("dedup_key"):
        found.append("'dedup_key' is missing or blank")
    if len(str(payload.get("dedup_key", ""))) > _KEY_MAX_CHARS:
        found.append(f"Length of 'dedup_key' is incorrect (should be at most {_KEY_MAX_CHARS} characters)")
    if not change and action != "trigger":
        return found
    details = details if isinstance(details, dict) else {}
    found += [
        f"'payload.{name}' is missing or blank"
        for name in ("summary", "source")
        if not details.get(name) and (name == "summary" or not change)
    ]
    if len(str(details.get("summary", ""))) > _SUMMARY_MAX_CHARS:
        found.append(f"Length of 'payload.summary' is incorrect (should be at most {_SUMMARY_MAX_CHARS} characters)")
    if not change and details.get("severity") not in _SEVERITIES:
        found.append("'payload.severity' is invalid (must be one of: 'critical', 'error', 'warning', 'info')")
    return found


def _shown(payload: dict[str, Any]) -> dict[str, Any]:
    """The event without its routing key, which no page shows."""
    return {name: value for name, value in payload.items() if name != "routing_key"}
