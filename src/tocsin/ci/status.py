"""One table of status words for all systems: whatever word a CI uses, the event has one of six."""

from __future__ import annotations

from tocsin.errors import ContextError
from tocsin.text import clean

STATUSES: dict[str, tuple[str, ...]] = {
    "success": ("success", "passed"),
    "failure": ("failure", "failed", "error", "timed_out", "startup_failure"),
    "cancelled": ("cancelled", "canceled", "aborted", "superseded"),
    "unstable": ("unstable",),
    # stale and inactive are GitHub's words for "a newer one took its place": nothing ended that is worth a message.
    "waiting": ("waiting",),
    "skipped": ("skipped", "neutral", "not_built", "action_required", "stale", "inactive"),
}

_WORDS = {word: name for name, words in STATUSES.items() for word in words}


def known(word: str) -> str | None:
    """The status that `word` means, without regard to case; None where it means none ("running", "in_progress")."""
    return _WORDS.get(word.strip().lower())


def status(word: str) -> str:
    """The status that `word` means, without regard to case.

    Raises ContextError, which lists the words, for any other.
    """
    found = known(word)
    if found is None:
        listed = "; ".join(", ".join(words) for words in STATUSES.values())
        raise ContextError(f'the status "{clean(word, 60)}" is unknown: use one of {listed} (upper or lower case)')
    return found
