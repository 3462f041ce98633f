"""How each service draws a message: the script and the style that the inbox's page and a preview's share.

Each service has its own file. A page has them inlined, so that its Content-Security-Policy can name them by their digests.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

SCRIPTS = (
    "core",
    "markup",
    "slack",
    "adaptive_cards",
    "discord",
    "google_chat",
    "pagerduty",
    "mattermost",
    "telegram",
    "ntfy",
    "mail",
    "webhook",
    "drawing",
)  # each needs those before it


def page(template: str) -> str:
    """A page with the drawings in the places that it names: `<!-- drawings.css -->` and `<!-- drawings.js -->`."""
    script = "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    page = template.replace("<!-- drawings.css -->", f"<style>\n{_read('drawings.css')}</style>", 1)
    return page.replace("<!-- drawings.js -->", f"<script>\n{script}</script>", 1)


def digests(page: str, tag: str) -> str:
    """The sources of a Content-Security-Policy that let a page's own elements without attributes run: `tag` is "script" or "style"."""
    inline = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inline)


def _read(name: str) -> str:
    return files("tocsin.drawings").joinpath(name).read_text("utf-8")
