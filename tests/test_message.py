"""The neutral message: the outcome first, why, the change and the run, each once, and values fit for any channel."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml
from events import EVERY, MESSAGES, SAMPLES, event, hostile, sample
from golden import parts_of
from hypothesis import given
from hypothesis import strategies as st

from tocsin.event import Event, dotted
from tocsin.message import COLOURS, ICONS, Message, compose, plain

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "wording.yml").read_text(encoding="utf-8"))
OUTCOMES = {
    ("trigger", None): "🚀 Started: ",
    ("success", None): "✅ Success: ",
    ("success", "fixed"): "✅ Fixed: ",
    ("failure", None): "❌ Failed: ",
    ("failure", "broken"): "❌ Broken: ",
    ("failure", "still_failing"): "❌ Still failing",
    ("cancelled", None): "⚪ Cancelled: ",
    ("unstable", None): "⚠️ Unstable: ",
    ("waiting", None): "⏳ Waiting: ",
}


def texts(message: Message) -> list[str]:
    """All that a chat shows, line by line."""
    return [
        message.headline,
        *(f"{reason.where} {reason.text}" for reason in message.reasons),
        *(line for reason in message.reasons for line in reason.excerpt),
        *map(plain, message.sentences),
        plain(message.notes),
    ]


@pytest.mark.parametrize("folder", MESSAGES, ids=lambda folder: folder.name)
def test_each_event_has_its_words(folder: Path) -> None:
    assert parts_of(compose(sample(folder))) == json.loads((folder / "message.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_fact_is_said_in_these_words(case: dict[str, Any]) -> None:
    told = parts_of(compose(event({"kind": "ci", "hook": "completion", "app": "payments", **case["event"]})))
    assert {name: told[name] for name in case["says"]} == case["says"]


@pytest.mark.parametrize("name", EVERY)
def test_every_value_is_one_clean_line_of_bounded_length(name: str) -> None:
    message = compose(EVERY[name])
    for text in [*texts(message), message.text, *(part for row in message.table for part in row[:2])]:
        assert len(text) <= 700
        assert text.strip() == " ".join(text.split()) or text.startswith(" ")
        assert not {unicodedata.category(letter) for letter in text} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff")
    assert len(message.title) <= 150
    assert len(message.text) <= 300
    assert all(row.value and row.label for row in message.table)
    assert all(reason.where or reason.text for reason in message.reasons)
    assert all(len(reason.excerpt) <= 4 and len("\n".join(reason.excerpt)) <= 300 for reason in message.reasons)


@pytest.mark.parametrize(("word", "transition"), list(OUTCOMES))
def test_the_sign_and_the_outcome_come_first_and_no_name_drives_them_out(word: str, transition: str | None) -> None:
    values = {"app": "a" * 500, "environment": "e" * 500, "kind": "cd", "event": word, "transition": transition}
    message = compose(event(values))
    assert message.headline.startswith(OUTCOMES[word, transition])
    assert "aaa…aaa" in message.headline
    assert "a… → eee" in message.headline
    assert message.push.startswith(message.headline)
    assert message.tone in ICONS
    assert message.tone in COLOURS


SHARED = "shop"  # what several things may be called
WORDS = st.text("abcdefghijklmnop", min_size=5, max_size=20)
FIELDS = (
    "app", "environment", "cluster", "pipeline", "job.name", "ref.branch", "commit.title", "commit.author.name", "triggered_by.name",
    "image.tag", "pull_request.title", "pull_request.source_branch", "repository.name",
)  # fmt: skip


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event, each value of which is another word, or one that another field has too, or none."""
    words = draw(st.lists(WORDS, min_size=len(FIELDS), max_size=len(FIELDS), unique=True))
    known = {name: draw(st.sampled_from([word, word, None, SHARED])) for name, word in zip(FIELDS, words, strict=True)}
    values: dict[str, Any] = {}
    for name, word in known.items():
        place = values
        *path, last = name.split(".")
        for part in path:
            place = place.setdefault(part, {})
        place[last] = word
    values |= {"kind": draw(st.sampled_from(["ci", "cd"])), "scope": draw(st.sampled_from(["job", "run"])), "hook": "completion"}
    values["ref"]["type"] = draw(st.sampled_from(["branch", "tag", "pull_request", None]))
    values["pull_request"]["number"] = draw(st.sampled_from([None, 7]))
    values["event"], values["transition"] = draw(st.sampled_from(list(OUTCOMES)))
    values["run"] = {"number": draw(st.sampled_from([None, 42])), "url": draw(st.sampled_from([None, "https://ci.example.com/42"]))}
    job = known["job.name"]
    values["failures"] = draw(
        st.lists(st.sampled_from([{"job": job}, {"job": "lint", "reason": "two errors"}, {"step": "unit"}]), max_size=4)
    )
    return event(values)


@given(events())
def test_nothing_stands_twice_in_one_message(made: Event) -> None:
    message = compose(made)
    said = re.findall(r"\w+", " ".join(texts(message)))
    known = {dict(dotted(made)).get(name) for name in FIELDS} - {None, SHARED}
    assert [word for word in known if said.count(word) > 1] == []
    pages = [link.url for link in message.links]
    assert len(pages) == len(set(pages))


@given(events())
def test_whatever_the_event_the_headline_begins_with_sign_and_outcome(made: Event) -> None:
    assert compose(made).headline.startswith(OUTCOMES[made.event or "", made.transition])


def test_the_first_failures_are_named_and_the_others_counted() -> None:
    failures = [{"job": f"job {number}", "reason": f"reason {number}"} for number in range(60)]
    message = compose(event({"event": "failure", "run": {"url": "https://ci.example.com/1"}, "failures": failures}))
    assert [reason.where for reason in message.reasons] == [f"job {number}" for number in range(5)]
    assert message.more == ("and 55 more", "https://ci.example.com/1")


def test_equal_failures_are_one_line() -> None:
    message = compose(hostile("x"))
    assert [(reason.where, reason.text, reason.url) for reason in message.reasons] == [("x", "x", "https://ci.example/run/1")]
    assert message.more is None


@pytest.mark.parametrize(
    ("started", "finished", "words"),
    [
        ("2026-11-23T15:00:00Z", "2026-11-23T15:00:07Z", "7 s"),
        ("2026-11-23T15:00:00Z", "2026-11-23T15:03:20Z", "3 min 20 s"),
        ("2026-11-23T15:00:00Z", "2026-11-23T17:14:20+00:00", "2 h 14 min"),
        ("2026-11-23T15:00:00Z", "2026-11-24T17:03:20+00:00", "1 d 2 h"),
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
    assert {row.label: row.value for row in message.table}.get("Duration") == words
    assert plain(message.notes) == (words or "")


def test_nothing_is_made_up_for_an_event_that_knows_nothing() -> None:
    message = compose(SAMPLES["failure-bare"])
    assert (message.table, message.reasons, message.sentences, message.links, message.notes) == ((), (), (), (), ())


def test_a_failure_of_which_nothing_is_known_leads_to_the_repository() -> None:
    message = compose(event({"event": "failure", "repository": {"name": "payments", "url": "https://git.example.com/shop/payments"}}))
    assert message.links == (("Open repository", "https://git.example.com/shop/payments"),)


def test_the_notes_name_the_rules_that_have_a_name() -> None:
    message = compose(SAMPLES["failure-bare"])
    assert plain(message._replace(rules=("a",)).notes) == "rule: a"
    assert plain(message._replace(rules=("a", "#2", "b\nc")).notes) == "rules: a, b c"
    assert plain(message._replace(rules=("#2",)).notes) == ""
