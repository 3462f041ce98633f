"""One table of status words for all systems."""

from __future__ import annotations

import pytest

from tocsin.ci.status import STATUSES, known, status
from tocsin.errors import ContextError

# The words that GitHub, GitLab and Jenkins end a run with or say of one that waits for a person, and what they come to.
WORDS = {
    "success": "success", "passed": "success", "SUCCESS": "success",
    "failure": "failure", "failed": "failure", "error": "failure", "FAILURE": "failure", "timed_out": "failure", "startup_failure": "failure",
    "cancelled": "cancelled", "canceled": "cancelled", "ABORTED": "cancelled", "superseded": "cancelled",
    "unstable": "unstable", "UNSTABLE": "unstable",
    "waiting": "waiting",
    "skipped": "skipped", "neutral": "skipped", "NOT_BUILT": "skipped", "action_required": "skipped", "stale": "skipped", "inactive": "skipped",
}  # fmt: skip


@pytest.mark.parametrize(("word", "expected"), WORDS.items())
def test_a_word_has_its_status_in_any_case(word: str, expected: str):
    assert [status(word), status(word.upper()), status(f" {word.title()}\n"), known(word)] == [expected] * 4


def test_the_table_has_no_other_word():
    assert {word for words in STATUSES.values() for word in words} == {word.lower() for word in WORDS}


@pytest.mark.parametrize("word", ["running", "in_progress", "queued", "pending", "manual", "", "null", "ok", "::error::\nx"])
def test_another_word_is_refused_with_the_list(word: str):
    assert known(word) is None
    with pytest.raises(ContextError) as refused:
        status(word)
    assert all(known_word.lower() in str(refused.value) for known_word in WORDS)
    assert "\n" not in str(refused.value)
