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
    """One event and its messages."""
    messages = [drawn_message(preview, row) for row in preview.deliveries if row.payload is not None]
    return {"event": preview.word, "title": preview.message.headline, "messages": messages}


def drawn_message(preview: Preview, row: Delivery) -> dict[str, Any]:
    """A message as the drawings take it: `at` is when the run ended, else when it began."""
    payload = row.payload
    if row.kind in MAIL_KINDS:
        payload = {**payload, "to": [payload["to"]], "html": _BASE + payload["html"]}
    run = preview.event.run
    return {
        "channel": row.channel,
        "kind": row.kind,
        "recipient": row.recipient,
        "payload": payload,
        "at": run.finished_at or run.started_at,
    }
