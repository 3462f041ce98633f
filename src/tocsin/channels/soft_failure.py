"""What a body says that comes with HTTP's success although nothing was posted: whether another try may help."""

from __future__ import annotations

import re

_STATUS = re.compile(r"\bHTTP error:? ([1-5][0-9]{2})\b", re.IGNORECASE)
_PASSING = re.compile(
    r"rate.?limit|rate exceeded|throttl|too ?many ?requests|time.?out|timed out|temporar|try again|unavailable|server ?busy|internal error"
    r"|error contacting|error while copying|resource_exhausted|deadline_exceeded|aborted",
    re.IGNORECASE,
)


def status_in(words: str) -> int | None:
    """The status that words such as "HTTP error 429" name."""
    found = _STATUS.search(words)
    return int(found[1]) if found else None


def may_pass(words: str, status: int | None = None) -> bool:
    """Whether a failure is of the kind that another try may not meet: by its own status where there is one, else by its words."""
    status = status or status_in(words)
    if status:
        return status in (408, 425, 429) or status >= 500
    return _PASSING.search(words) is not None


def is_page(body: str) -> bool:
    """Whether something else answers, such as a network that asks to sign in."""
    return body.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))
