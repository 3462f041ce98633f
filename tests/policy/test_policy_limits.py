"""Files that no policy may be: each ends in one clear error, whatever its size."""

from __future__ import annotations

import gc
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import problems

from tocsin.policy.nodes import FILE_MAX_BYTES

OK = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"# " + b"x" * FILE_MAX_BYTES, "more than 4,194,304 bytes (4 MiB)"),
        (b"\0" * 5_000_000, "more than 4,194,304 bytes (4 MiB)"),
        (b"[" * 100_000, "nested deeper than 50 levels"),
        (b"{a: " * 100_000, "nested deeper than 50 levels"),
        (b"- " * 100_000, "nested deeper than 50 levels"),
        (b"? " * 100_000, "nested deeper than 50 levels"),
        (b"a: &a [*a, *a]\n" + OK.encode(), "would have no end"),
        (b"x: &x [" + b"1, " * 5000 + b"]\ny: [*x, *x, *x]\n", "more than 10,000 values"),
        (b"&a " * 1000, "not valid YAML"),
        (b"a: !!binary aGVsbG8=", "the YAML tag '!!binary' is not allowed"),
        (b"%YAML 9.9\n---\na: b\n", "not valid YAML"),
        (b"a: 'x", "a quote is opened and never closed"),
        (b"\xef\xbb\xbf", "the policy is empty"),
        (b"\x80", "is not UTF-8"),
        (b"\xed\xa0\x80: x", "is not UTF-8"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
def test_one_clear_error(data: bytes, words: str):
    lines = problems(data)
    assert len(lines) == 1
    assert words in lines[0]


def test_ten_thousand_aliased_values_are_the_limit():
    items = ", ".join(["x"] * 99)
    policy = "x-a: &a [{}]\nx-b: [{}]\n"
    assert problems(policy.format(items, ", ".join(["*a"] * 100)) + OK) == []
    assert "more than 10,000 values" in problems(policy.format(items, ", ".join(["*a"] * 101)) + OK)[0]


def test_merged_keys_count_as_aliased():
    keys = ", ".join(f"k{number}: v" for number in range(100))
    policy = f"x-a: &a {{{keys}}}\nx-b: {{<<: [{', '.join(['*a'] * 60)}]}}\n"
    assert "more than 10,000 values" in problems(policy + OK)[0]


def test_fifty_levels_are_the_limit():
    assert problems(f"x-deep: {'[' * 49}{']' * 49}\n{OK}") == []
    assert "deeper than 50 levels" in problems(f"x-deep: {'[' * 50}{']' * 50}\n{OK}")[0]


@given(st.binary(max_size=200))
def test_no_bytes_are_a_traceback(data: bytes):
    assert all(line.startswith(".tocsin.yml:") for line in problems(data))


WORDS = st.sampled_from(
    ["channels", "notifications", "on", "send_to", "pipelines", "team", "slack", "kind", "webhook", "payload", "context", "rules", "when", "set",
     "environments", "delivery", "budget", "<<", "x-a", "", "!x", "*", "${A}", "${{ a }}", "{{ app }}", "{{", "a@b.c", "email", "via", "failure"]
)  # fmt: skip
SHAPES = st.recursive(WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=30)


@given(SHAPES)
def test_no_shape_is_a_traceback(shape: object):
    lines = problems(json.dumps(shape))
    assert lines
    assert all(": error: " in line or ": warning: " in line for line in lines)


SECTIONS = st.fixed_dictionaries({}, optional=dict.fromkeys(("context", "environments", "channels", "notifications", "delivery"), SHAPES))


@given(SECTIONS)
def test_no_section_is_a_traceback(shape: object):
    places = [tuple(map(int, line.split(":")[1:3])) for line in problems(json.dumps(shape, indent=1))]
    assert places == sorted(places)


def test_a_large_policy_is_read_and_the_collector_runs_on():
    rules = "".join(
        f"  - {{name: rule {number}, on: failure, pipelines: {{app: 'app-{number}-*'}}, send_to: team}}\n" for number in range(3000)
    )
    assert problems(f"channels: {{team: {{kind: slack}}}}\nnotifications:\n{rules}") == []
    assert gc.isenabled()


def test_of_a_large_policy_full_of_errors_the_first_hundred_are_named():
    rules = "".join(f"  - {{name: rule {number}, on: failur, pipelines: {{ap: x}}, send_to: tem{number}}}\n" for number in range(1000))
    channels = "".join(f"  channel-{number}: {{kind: slack, x: y}}\n" for number in range(3000))
    lines = problems(f"channels:\n{channels}notifications:\n{rules}")
    assert len(lines) == 101
    assert lines[-1].endswith("900 or more problems from here on are not shown: mend those above first")
