"""A mail as the page shows it. Nothing in a mail, however malformed, raises."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import Message


def payload(mime: bytes, recipients: list[str], sender: str = "") -> dict[str, Any]:
    """The parts of a mail: {"from", "to", "subject", "text", "html", "headers"}, bodies None where there is none.

    `recipients` and `sender` are the envelope's; without them the mail's own headers count.
    """
    from email.parser import BytesParser

    message = BytesParser().parsebytes(mime)
    headers = _headers(message)
    by_name = {name.lower(): value for name, value in headers.items()}
    to = recipients or [part.strip() for part in by_name.get("to", "").split(",") if part.strip()]
    return {
        "from": by_name.get("from") or sender,
        "to": to,
        "subject": by_name.get("subject", ""),
        "text": _body(message, "text/plain"),
        "html": _body(message, "text/html"),
        "headers": headers,
    }


def _headers(message: Message) -> dict[str, str]:
    """The headers in their order; what stands twice is joined by a comma."""
    headers: dict[str, str] = {}
    for name, value in message.raw_items():
        text = _decoded(value)
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _decoded(value: Any) -> str:
    """A header's value without its encoding and its folds, or as it stands where it cannot be decoded."""
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    with suppress(HeaderParseError, LookupError, ValueError):  # unknown charset, broken base64
        text = str(make_header(decode_header(text)))
    return " ".join(text.split())


def _body(message: Message, content_type: str) -> str | None:
    """The first part of that type that is no attachment."""
    for part in message.walk():
        if part.get_content_type() == content_type and part.get_content_disposition() != "attachment" and not part.is_multipart():
            content = part.get_payload(decode=True)
            return _text(content if isinstance(content, bytes) else b"", part.get_content_charset())
    return None


def _text(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace").replace("\r\n", "\n")
    except LookupError:
        return content.decode("utf-8", "replace").replace("\r\n", "\n")
