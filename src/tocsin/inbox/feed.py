"""What the page is given of an arrival: bounded, without credentials, and a mail's HTML made fit for its frame."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tocsin.channels import MAIL_KINDS

if TYPE_CHECKING:
    from tocsin.inbox.arrivals import Arrival

TEXT_MAX_CHARS = 200_000  # ours: what a browser shows at ease; /raw/N has the whole
_CREDENTIAL = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)
_SCHEME = re.compile(r"(?:Basic|Bearer|Token|AWS4-HMAC-SHA256)(?= )", re.IGNORECASE)
_HEAD = re.compile(r"<head[^<>]*>", re.IGNORECASE)


def page_entry(arrival: Arrival) -> dict[str, Any]:
    """An arrival as plain data for the page; `mail` says that the payload is a mail, `cut` that `raw` is not all; `size` is in bytes."""
    mail = arrival.kind in MAIL_KINDS
    payload = dict(arrival.payload) if mail else arrival.payload
    if mail:
        payload["html"] = bool(payload["html"])
        payload["text"] = payload["text"] and payload["text"][:TEXT_MAX_CHARS]
    return {
        **arrival._asdict(),
        "mail": mail,
        "payload": payload,
        "raw": arrival.raw[:TEXT_MAX_CHARS],
        "cut": len(arrival.raw) > TEXT_MAX_CHARS,
        "size": len(arrival.raw.encode("utf-8", "replace")),
        "headers": {name: _masked(name, value) for name, value in arrival.headers.items()},
    }


def _masked(name: str, value: str) -> str:
    """A header's value; of a credential only its scheme, so that a shared screen gives nothing away."""
    if not _CREDENTIAL.search(name):
        return value
    scheme = _SCHEME.match(value)
    return f"{scheme[0]} ***" if scheme else "***"


def mail_html(arrival: Arrival) -> str:
    """The HTML of a mail, whose links open beside the inbox; empty where the mail has none."""
    html: str = arrival.payload["html"] or "" if arrival.kind in MAIL_KINDS else ""
    base = '<base target="_blank">'
    head = _HEAD.search(html)
    return html[: head.end()] + base + html[head.end() :] if head else base + html


def resume_after(last_event: str | None, run: str) -> int:
    """The number after which a reader that comes back goes on; 0, from the start, where it read another inbox."""
    match = re.fullmatch(rf"{re.escape(run)}-(\d{{1,9}})", last_event or "")
    return int(match[1]) if match else 0
