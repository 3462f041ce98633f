"""The headers of a webhook. Their values are secrets, but for what says only the form of the content."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tocsin.channels.literals import suspects

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, 5.1
_OURS = ("host", "content-length", "transfer-encoding", "connection", "idempotency-key", "webhook-*")  # tocsin sets them itself
_PLAIN = ("content-type", "accept")
_MEDIA_TYPES = re.compile(r"[\w.+*-]+/[\w.+*-]+(?: *; *charset=[\w-]+)?", re.ASCII)


def import_headers(given: Mapping[str, Any], secret: Callable[[str, str], str], note: Callable[[str], None]) -> dict[str, str]:
    """The headers as a policy has them. `secret` makes a reference of a part's name and what it holds, `note` takes a warning."""
    headers: dict[str, str] = {}
    for name, value in given.items():
        if not _NAME.fullmatch(name) or suspects(name) or "${" in name:
            note("has a header whose name is none: left out")
        elif any(fnmatchcase(name.lower(), pattern) for pattern in _OURS):
            note(f"has the header {name}, which tocsin sets itself: left out")
        elif name.lower() in map(str.lower, headers):
            note(f"has the header {name} twice: the first one counts")
        elif not isinstance(value, (str, int, float)) or value == "":
            note(f"has the header {name} without a text: left out")
        elif name.lower() in _PLAIN and _MEDIA_TYPES.fullmatch(str(value)):
            headers[name] = str(value)
        else:
            headers[name] = secret(name, f"the whole value of the header {name}")
    return headers
