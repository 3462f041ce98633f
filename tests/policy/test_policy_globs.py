"""Shell globs, at their edges: what the pattern has before and after its stars may not share a character of the text."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.policy.glob import glob, is_glob, passes


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("ab*ba", "aba", False),
        ("ab*ba", "abba", True),
        ("ab*ba", "ab-ba", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*ab*ab*", "ab", False),
        ("*ab*ab*", "abab", True),
        ("*ab*ab*", "aab", False),
        ("*aa*", "a", False),
        ("x*ab*y", "xaby", True),
        ("x*ab*y", "xay", False),
        ("x*ya*y", "xyay", True),
        ("x*ay*y", "xay", False),
        ("x*a*b*y", "xbay", False),
        ("x*a*b*y", "xaby", True),
        ("x*a*a*y", "xay", False),
        ("x*ab*bc*y", "xabcy", False),
        ("**", "", True),
        ("a**b", "ab", True),
        ("***a", "ba", True),
        ("a*", "", False),
        ("*a", "", False),
        ("", "", True),
        ("", "a", False),
        ("a*?", "a", False),
        ("a*?", "ab", True),
        ("a?b?c", "axbyc", True),
        ("a[[x]b", "axb", True),
        ("[*]", "*", True),
        ("[*]", "a", False),
        ("*[", "a[", True),
        ("a", "a\n", False),
        ("*", "a\nb", True),
    ],
)
def test_a_glob_at_its_edges(pattern: str, text: str, wanted: bool):
    assert glob(pattern, text) is wanted
    assert fnmatchcase(text, pattern) is wanted


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("deploy: [aws, monitoring]", "deploy: [aws, monitoring]", True),
        ("deploy: [aws, *]", "deploy: [aws, monitoring]", True),
        ("*: [aws, m?nitoring]", "deploy: [aws, monitoring]", True),
        ("deploy: [aws, monitoring]", "deploy: [gcp, monitoring]", False),
        ("deploy: [aws, monitoring]", "deploy: a", True),
        ("release-[0-9]", "release-7", True),
        ("release-[0-9]", "release-x", False),
    ],
)
def test_brackets_stand_for_themselves_too(pattern: str, text: str, wanted: bool):
    assert glob(pattern, text) is wanted
    assert passes([f"!{pattern}"], [text]) is not wanted


# Patterns with stars and texts made from the pattern itself: drawn apart they hardly ever meet.
PIECE = st.text(alphabet="ab/", max_size=3)
PIECES = st.lists(PIECE, min_size=2, max_size=4)


@st.composite
def close(draw: st.DrawFn) -> tuple[str, str]:
    """A pattern, and a text that its pieces are in: all of them, or with some that overlap."""
    pieces = draw(PIECES)
    text = pieces[0]
    for piece in pieces[1:]:
        shared = draw(st.integers(0, min(len(piece), len(text))))
        text += draw(PIECE) + piece if not shared or not text.endswith(piece[:shared]) else piece[shared:]
    return "*".join(pieces), text


@given(close())
@example(("ab*ba", "aba"))
def test_a_glob_is_what_the_shell_has_where_the_text_comes_from_the_pattern(pair: tuple[str, str]):
    pattern, text = pair
    assert glob(pattern, text) is fnmatchcase(text, pattern)
    assert glob(pattern, text[1:]) is fnmatchcase(text[1:], pattern)
    assert glob(pattern, text[:-1]) is fnmatchcase(text[:-1], pattern)


@given(close(), st.sampled_from("?[]!-"), st.integers(0, 12))
def test_a_glob_with_other_signs_too(pair: tuple[str, str], sign: str, at: int):
    pattern, text = pair
    pattern = pattern[:at] + sign + pattern[at + 1 :]
    assert glob(pattern, text) is fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    ("pattern", "is_one"), [("", False), ("a", False), ("!a", False), ("a]", False), ("*", True), ("a?", True), ("[a", True)]
)
def test_what_could_match_more_than_itself(pattern: str, is_one: bool):
    assert is_glob(pattern) is is_one


@pytest.mark.parametrize(
    ("patterns", "names", "wanted"),
    [
        (["b"], ["a", "b"], True),
        (["!b"], ["a", "b"], False),
        (["a", "!b"], ["a", "b"], False),
        (["c"], ["a", "b"], False),
        ([], ["a"], True),
        ([], [], True),
    ],
)
def test_what_has_two_names_matches_by_each(patterns: list[str], names: list[str], wanted: bool):
    """A pipeline has its name and its file's stem."""
    assert passes(patterns, names) is wanted


@pytest.mark.parametrize(
    ("patterns", "name", "wanted"),
    [
        (["main"], "main", True),
        (["main"], "Main", False),
        (["main"], "main2", False),
        (["release/*"], "release/1/2", True),
        (["*"], "", True),
        (["*"], "anything/at/all", True),
        (["a?c"], "abc", True),
        (["a?c"], "ac", False),
        (["[ab]*"], "bcd", True),
        (["[!ab]*"], "bcd", False),
        (["[!ab]*"], "cd", True),
        (["!main"], "main", False),
        (["!main"], "other", True),
        (["!main"], None, True),
        (["!*"], None, True),
        (["!*"], "x", False),
        (["*"], None, False),
        (["main"], None, False),
        (["main", "!other"], None, False),
        (["!other", "main"], "main", True),
        (["*", "!dependabot/*"], "feature/x", True),
        (["*", "!dependabot/*"], "dependabot/npm", False),
        (["!dependabot/*", "*"], "dependabot/npm", False),
        (["!a", "!b"], "c", True),
        (["!a", "!b"], "b", False),
        (["a", "b"], "b", True),
        (["!!x"], "!x", False),
        (["!!x"], "x", True),
    ],
)
def test_the_values_of_a_key(patterns: list[str], name: str | None, wanted: bool):
    assert passes(patterns, [name] if name is not None else []) is wanted


TEXT = st.text(alphabet="ab/[]!*?-", max_size=8)


@given(st.lists(TEXT.filter(bool), min_size=1, max_size=4), st.none() | TEXT)
def test_the_order_of_values_does_not_matter(patterns: list[str], name: str | None):
    names = [name] if name is not None else []
    assert passes(patterns, names) is passes(patterns[::-1], names)


@given(st.lists(TEXT.filter(bool), min_size=1, max_size=4), TEXT)
def test_excluding_all_leaves_only_what_is_not_there(patterns: list[str], name: str):
    assert not passes([*patterns, "!*"], [name])
    assert passes(["!*"], [])
