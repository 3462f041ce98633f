"""`--facts`: what a plug-in may say, file by file. Each case has beside it what becomes of it: fields, or words of the error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import CASES, run

from tocsin.derive.building import build
from tocsin.derive.facts_file import FACTS_MAX_BYTES, LIST_MAX_ITEMS, read_facts
from tocsin.errors import ContextError
from tocsin.event import Event, dotted

FACTS = CASES / "facts"
VALID = sorted(path for path in (FACTS / "valid").glob("*.json") if not path.name.endswith(".expected.json"))
INVALID = sorted((FACTS / "invalid").glob("*.json"))


def context(folder: Path, facts: str, *words: str, stdin: bytes = b"") -> Any:
    return run("context", "--status", "failure", "--json", "--facts", facts, *words, folder=folder, stdin=stdin)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_fact_becomes_its_field(tmp_path: Path, path: Path):
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    answer = context(tmp_path, str(path))
    assert answer.code == 0, answer.err
    event = answer.json()
    said = {name for name, source in event["sources"].items() if source == "facts"}
    assert set(expected) <= said <= {*expected, "kind", "transition", "commit.title", "commit.short_sha"}
    for name, value in expected.items():
        found = event
        for part in name.split("."):
            found = found[part]
        assert found == value, name


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_what_is_no_fact_is_told(tmp_path: Path, path: Path):
    answer = context(tmp_path, str(path))
    assert (answer.code, answer.out) == (4, "")
    assert path.with_suffix(".expected").read_text(encoding="utf-8").strip() in answer.err
    [line] = answer.err.splitlines()
    assert len(line) < 400


def test_a_status_is_one_of_the_words_or_told(tmp_path: Path):
    words = ("context", "completion", "--json", "--facts", "-")
    assert run(*words, folder=tmp_path, stdin=b'{"status": "FAILURE"}').json()["sources"]["status"] == "facts"
    answer = run(*words, folder=tmp_path, stdin=b'{"status": "fine"}')
    assert answer.code == 4
    assert "fine" in answer.err


def test_what_context_prints_can_come_back_as_facts(tmp_path: Path):
    once = context(tmp_path, str(FACTS / "valid" / "everything.json")).json()
    (tmp_path / "again.json").write_text(json.dumps(once))
    again = context(tmp_path, "again.json").json()
    for event in (once, again):
        del event["sources"]
    assert once == again


def test_facts_by_standard_input_and_with_a_byte_order_mark(tmp_path: Path):
    assert context(tmp_path, "-", stdin=b'\xef\xbb\xbf{"app": "x"}').json()["app"] == "x"
    answer = context(tmp_path, "-", "--policy", "-", stdin=b"{}")
    assert answer.code == 2
    assert "standard input" in answer.err


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path):
    (tmp_path / "latin.json").write_bytes('{"app": "é"}'.encode("latin-1"))
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "huge.json").write_bytes(b'{"app": "' + b"x" * FACTS_MAX_BYTES + b'"}')
    for name, why in {
        "latin.json": "UTF-8", "missing.json": "No such file", ".": "Is a directory", "loop.json": "symbolic links",
        "huge.json": "4,194,304 bytes", "x" * 5000: "too long", "/dev/zero": "4,194,304 bytes", "\udcff": "No such file", "a\nb": "No such file",
    }.items():  # fmt: skip
        answer = context(tmp_path, name)
        assert answer.code == 4, name
        assert why in answer.err


def test_deep_nesting_ends_as_words(tmp_path: Path):
    answer = context(tmp_path, "-", stdin=b'{"run":' * 100_000 + b"1" + b"}" * 100_000)
    assert answer.code == 4
    assert answer.err.startswith("tocsin: error: --facts: ")


def test_of_a_long_list_the_first_are_taken():
    facts = read_facts(json.dumps({"failures": [{"job": str(number)} for number in range(LIST_MAX_ITEMS + 1)]}))
    assert len(build(facts).failures) == LIST_MAX_ITEMS


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*{name.partition(".")[0] for name, _ in dotted(Event())}, "failures", "changes", "sources", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(["id", "number", "author", "name", "sha", "type", "url", "fork", "job"]), inner, max_size=3
                )
            ),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_whatever_json_says_it_is_an_event_or_an_error_in_words(data: dict[str, Any]):
    try:
        event = build(read_facts(json.dumps(data)))
    except ContextError:
        return
    assert all(value is None or type(value) in (str, int, bool) for _, value in dotted(event))
