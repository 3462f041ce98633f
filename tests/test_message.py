"""The neutral message: wording for every event, and values fit for any channel."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from events import EVERY, MESSAGES, SAMPLES, event, hostile, sample

from tocsin.message import COLOURS, ICONS, Detail, compose


@pytest.mark.parametrize("folder", MESSAGES, ids=lambda folder: folder.name)
def test_each_event_has_its_words(folder: Path) -> None:
    message = compose(sample(folder))
    golden = json.loads((folder / "message.json").read_text(encoding="utf-8"))
    assert {"title": message.title, "text": message.text, "tone": message.tone} == golden


@pytest.mark.parametrize("name", EVERY)
def test_every_value_is_one_clean_line_of_bounded_length(name: str) -> None:
    message = compose(EVERY[name])
    rows = [*message.details, *message.failures]
    assert message.text == (f"{message.title} ({message.tail})" if message.tail else message.title)
    texts = [message.title, message.text, message.tail, *(row.label for row in rows), *(row.value for row in rows)]
    for text in texts:
        assert len(text) <= 500
        assert text == " ".join(text.split())
        assert not {unicodedata.category(letter) for letter in text} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff")
    assert all(row.value for row in message.details)
    assert all(row.label for row in rows)


@pytest.mark.parametrize("transition", [None, "fixed", "broken", "still_failing"])
@pytest.mark.parametrize("word", ["trigger", "success", "failure", "cancelled", "unstable", None])
def test_names_too_long_leave_what_happened_readable(word: str | None, transition: str | None) -> None:
    values = {"app": "a" * 500, "environment": "e" * 500, "kind": "cd", "event": word, "transition": transition}
    message = compose(event(values))
    assert len(message.title) <= 140
    assert message.title.startswith("Deployment of aaa")
    assert not message.title.endswith("…")
    assert message.tone in ICONS
    assert message.tone in COLOURS


def test_the_first_failures_are_named_and_the_others_counted() -> None:
    message = compose(hostile("x"))
    assert len(message.failures) == 6
    assert message.failures[0] == Detail("x / x", "x", "https://ci.example/run/1")
    assert message.failures[-1] == Detail("and 55 more", "")


@pytest.mark.parametrize(
    ("started", "finished", "words"),
    [
        ("2026-11-23T15:00:00Z", "2026-11-23T15:00:07Z", "7 s"),
        ("2026-11-23T15:00:00Z", "2026-11-23T15:03:20Z", "3 min 20 s"),
        ("2026-11-23T15:00:00Z", "2026-11-24T17:03:20+00:00", "26 h 3 min"),
        ("2026-11-23T15:00:00+02:00", "2026-11-23T13:00:00Z", "0 s"),
        ("2026-11-23T15:00:01Z", "2026-11-23T15:00:00Z", None),
        ("2026-11-23T15:00:00", "2026-11-23T15:00:07Z", None),
        ("soon", "2026-11-23T15:00:07Z", None),
        (None, "2026-11-23T15:00:07Z", None),
        ("2026-11-23T15:00:07Z", None, None),
    ],
)
def test_a_duration_is_said_only_where_it_is_known(started: str | None, finished: str | None, words: str | None) -> None:
    message = compose(event({"event": "success", "run": {"started_at": started, "finished_at": finished}}))
    assert {row.label: row.value for row in message.details}.get("Duration") == words


def test_an_author_who_triggered_the_run_is_named_once() -> None:
    values = {"event": "success", "commit": {"author": {"name": "Ada"}}, "triggered_by": {"name": "Ada"}}
    assert [row.label for row in compose(event(values)).details] == ["Triggered by"]


def test_nothing_is_made_up_for_an_event_that_knows_nothing() -> None:
    message = compose(SAMPLES["failure-bare"])
    assert (message.details, message.failures, message.link, message.footer) == ((), (), None, "")


def test_the_footer_names_the_rules() -> None:
    message = compose(SAMPLES["failure-bare"])
    assert message._replace(rules=("a",)).footer == "Rule: a"
    assert message._replace(rules=("a", "b\nc")).footer == "Rules: a, b c"
