"""The mail in a SendEmail request of SESv2."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from tocsin.inbox import mail_parts
from tocsin.inbox.arrivals import Content


def content_of(request: dict[str, Any], headers: dict[str, str]) -> Content:
    """What the request sends. Raises ValueError, in words for the sender, where SES would refuse it."""
    body = _dict(request, "Content")
    recipients = _recipients(_dict(request, "Destination"))
    sender = request.get("FromEmailAddress")
    sender = sender if isinstance(sender, str) else ""
    if "Raw" in body:
        return _raw(_dict(body, "Raw").get("Data"), recipients, sender, headers)
    if "Simple" in body:
        return _simple(_dict(body, "Simple"), recipients, sender, headers, request)
    raise ValueError("Content holds neither Raw nor Simple: the inbox keeps no templates")


def _raw(data: Any, recipients: list[str], sender: str, headers: dict[str, str]) -> Content:
    try:
        mime = base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ValueError("Content.Raw.Data is not base64") from None
    if not mime.strip():
        raise ValueError("Content.Raw.Data is empty")
    payload = mail_parts.payload(mime, recipients, sender)
    _require(payload["from"], payload["to"])
    return Content(payload, mime.decode("utf-8", "replace"), headers)


def _simple(parts: dict[str, Any], recipients: list[str], sender: str, headers: dict[str, str], request: dict[str, Any]) -> Content:
    _require(sender, recipients)
    body = _dict(parts, "Body")
    payload: dict[str, Any] = {
        "from": sender,
        "to": recipients,
        "subject": _data(parts, "Subject") or "",
        "text": _data(body, "Text"),
        "html": _data(body, "Html"),
        "headers": {},
    }
    return Content(payload, json.dumps(request, ensure_ascii=False, indent=2), headers)


def _require(sender: Any, recipients: list[str]) -> None:
    if not sender:
        raise ValueError("Missing required header 'From'")
    if not recipients:
        raise ValueError("The mail has no recipient")


def _recipients(destination: dict[str, Any]) -> list[str]:
    groups = [destination.get(key) for key in ("ToAddresses", "CcAddresses", "BccAddresses")]
    return [address for group in groups if isinstance(group, list) for address in group if isinstance(address, str)]


def _data(parent: dict[str, Any], key: str) -> str | None:
    value = _dict(parent, key).get("Data")
    return value if isinstance(value, str) else None


def _dict(parent: dict[str, Any], key: str) -> dict[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}
