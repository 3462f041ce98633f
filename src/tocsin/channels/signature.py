"""Signatures by Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac


def signing_key(secret: str) -> bytes | None:
    """The key of a secret, "whsec_" and base64 or any text; None for one that is malformed."""
    if not secret.startswith("whsec_"):
        return secret.encode("utf-8", "surrogateescape")
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a signed request; `timestamp` in seconds since 1970."""
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{base64.b64encode(signed).decode()}"}
