"""Properties of what `diff` is built on: no set of patterns that some text matches is overlooked, and a set of values is said in patterns."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.comparison.languages import TooManyError, files, texts
from tocsin.comparison.moments import MOMENTS, moments, words
from tocsin.comparison.patterns import escaped, in_common, lists_of
from tocsin.comparison.values import Only, Values
from tocsin.policy.glob import glob, passes
from tocsin.policy.model import EVENTS

PATTERNS = st.text(st.sampled_from("ab*?[]!-\\."), min_size=1, max_size=5)
SHORT = ["".join(letters) for count in range(1, 4) for letters in product("ab.-*[]", repeat=count)]


def matched(patterns: list[str], *names: str) -> frozenset[str]:
    return frozenset(pattern for pattern in patterns if any(glob(pattern, name) for name in names))


@settings(max_examples=60, deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=4))
@example(["[a-b]*", "a?", "ab"])
@example(["a: [x, y]", "a*", "[!a]*", "a: [[]x*"])
@example(["\\*", "*", "\\[a]", "[a]"])
@example(["*a*", "*b*", "ab", "b"])
@example(["x*", "x", "xx"])
@example(["*", "x", "y"])
@example(["??*", "x"])
@example(["?"])
def test_a_text_is_found_for_every_set_of_patterns_that_one_matches(patterns: list[str]):
    found = {matched(patterns, text) for text in texts(patterns)}
    assert {matched(patterns, text) for text in SHORT} <= found
    assert all(texts(patterns))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab*?."), min_size=1, max_size=4), min_size=1, max_size=3))
def test_the_same_of_a_files_two_names(patterns: list[str]):
    found = {(matched(patterns, stem), matched(patterns, file)) for stem, file in files(patterns)}
    stems = [text for text in SHORT if len(text) < 3]
    assert {(matched(patterns, stem), matched(patterns, f"{stem}.{end}")) for stem in stems for end in ("a", "b", "ab", "x")} <= found


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("ab*?-"), min_size=1, max_size=5), st.text(st.sampled_from("ab*?-"), min_size=1, max_size=5))
@example("a*", "*a")
@example("release/*", "*-hot")
@example("[ab]*", "a?")
def test_what_two_patterns_have_in_common_is_said_in_patterns(one: str, two: str):
    common = in_common(one, two)
    for text in [*SHORT, "release/x-hot", "release/-hot", "ab-ab", "aabb"]:
        assert any(glob(pattern, text) for pattern in common) == (glob(one, text) and glob(two, text)), text


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "ab", "a*", "*b", "!a", "!*b", "!a*", "*", "!*", "[ab]", "?b"]), min_size=1, max_size=3),
        min_size=2,
        max_size=3,
    ),
    st.data(),
)
def test_a_set_of_values_is_said_by_lists_that_take_it(lists: list[list[str]], data: st.DataObject):
    values = Values("app", [tuple(patterns) for patterns in lists])
    wanted = data.draw(st.integers(1, values.all))
    said = lists_of(values, wanted, ())
    for number, names in enumerate(values.names):
        assert any(passes(patterns, names) for patterns in said) == bool(wanted >> number & 1)


@given(st.text(st.sampled_from("ab*?[]!\\{"), min_size=1, max_size=6))
def test_an_escaped_text_matches_itself_alone(text: str):
    values = Values("app", [Only(text), ("*",)])
    assert passes([escaped(text)], (text,))
    assert not any(passes([escaped(text)], (other,)) for other in SHORT if other not in (text, escaped(text)))
    assert values.set_of(Only(text)) == values.set_of((escaped(text),))


@given(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=4))
def test_moments_are_said_in_words_of_on(on: list[str]):
    asked = moments(on)
    said = words(asked)
    assert moments(said.on) & ~moments(said.but_not) == asked
    for number, (event, transition) in enumerate(MOMENTS):
        assert bool(asked >> number & 1) == bool(
            {event, transition, *(["always"] if event not in ("trigger", "waiting") else [])} & set(on)
        )


def test_patterns_that_all_overlap_are_refused_in_time():
    with pytest.raises(TooManyError):
        texts([f"*{one}{two}*" for one, two in product("abcdefghijkl", repeat=2)])
