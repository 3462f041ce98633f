"""What a body says that comes with HTTP's success although nothing was posted: whether another try may help."""

from __future__ import annotations

import re

from tocsin.verdict import is_temporary

# Compiled where they are asked, which is seldom: they cost a start half a millisecond each.
_STATUS = r"\bHTTP error:? ([1-5][0-9]{2})\b"
_PASSING = (
    r"rate.?limit|rate exceeded|throttl|too ?many ?requests|time.?out|timed out|temporar|try again|unavailable|server ?busy|internal error"
    r"|error contacting|error while copying|resource_exhausted|deadline_exceeded|aborted"
)


def status_in(words: str) -> int | None:
    """The status that words such as "HTTP error 429" name."""
    found = re.search(_STATUS, words, re.IGNORECASE)
    return int(found[1]) if found else None


def may_pass(words: str, status: int | None = None) -> bool:
    """Whether a failure is of the kind that another try may not meet: by its own status where there is one, else by its words."""
    status = status or status_in(words)
    if status:
        return is_temporary(status)
    return re.search(_PASSING, words, re.IGNORECASE) is not None


def is_page(body: str) -> bool:
    """Whether something else answers, such as a network that asks to sign in."""
    return body.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))
