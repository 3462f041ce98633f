"""The page of a preview: one file without a server, that draws each message as its service would, on a desktop and on a phone.

What it shows is untrusted. It stands in the page as JSON, and the drawings make text nodes of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tocsin import drawings
from tocsin.channels import MAIL_KINDS

if TYPE_CHECKING:
    from tocsin.preview import Delivery, Preview

_BASE = '<base target="_blank">'  # links of a mail open beside the page


def html_page(previews: Iterable[Preview]) -> str:
    """The page, whole. Its policy allows its own script by digest, and nothing from elsewhere; a mail brings its own styles."""
    template = files("tocsin.preview").joinpath("page.html").read_text("utf-8")
    page = drawings.page(template)
    policy = (
        f"default-src 'none'; script-src {drawings.digests(page, 'script')}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    page = page.replace("<!-- policy -->", f'<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)
    data = [_section(preview) for preview in previews]
    text = json.dumps(data, ensure_ascii=True).replace("<", "\\u003c")  # else a text could end the element that it stands in
    return page.replace("<!-- messages -->", f'<script type="application/json" id="messages">{text}</script>', 1)


def _section(preview: Preview) -> dict[str, Any]:
    """One event and its messages, as the drawings take them."""
    event = preview.event
    at = event.run.finished_at or event.run.started_at
    return {
        "event": preview.word,
        "title": preview.message.headline,
        "messages": [{**_message(row), "at": at} for row in preview.deliveries if row.payload is not None],
    }


def _message(row: Delivery) -> dict[str, Any]:
    payload = row.payload
    if row.kind in MAIL_KINDS:
        payload = {**payload, "to": [payload["to"]], "html": _BASE + payload["html"]}
    return {"channel": row.channel, "kind": row.kind, "recipient": row.recipient, "payload": payload}
