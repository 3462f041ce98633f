"""Untrusted text on one line, cut to its length, and links that are links."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.text import UNSAFE, URL_MAX_CHARS, VALUE_MAX_CHARS, clean, clip, safe_url


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        ("plain", "plain"),
        ("  a \t b\r\n c ", "a b c"),
        ("a\x00b\x1bc\x7fd\x85e", "a b c d e"),
        ("a\u200b\u200eb\u2028c\u202ed\u2066e\ufefff", "a b c d e f"),
        ("a\xadb\ud800c\ufff9d\u061ce\u180ef", "a b c d e f"),
        ("\u200b\x00", ""),
        ("é ü 漢 😀 \u200d", "é ü 漢 😀 \u200d"),  # the joiner of emoji stays
        (7, "7"),
        (None, "None"),
    ],
)
def test_a_text_comes_on_one_line(text: object, cleaned: str):
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "maximum", "clipped"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("a   b", 4, "a…"),
        ("", 0, ""),
        ("ab", 1, "…"),
        (" a", 2, " a"),
    ],
)
def test_a_cut_is_marked(text: str, maximum: int, clipped: str):
    assert clip(text, maximum) == clipped


def test_a_value_has_300_characters():
    assert VALUE_MAX_CHARS == 300
    assert clean("x" * 300) == "x" * 300
    assert clean("x" * 301) == "x" * 299 + "…"
    assert clean("x" * 9, 4) == "xxx…"


def test_of_a_long_text_what_is_unsafe_does_not_take_the_place_of_the_rest():
    """Four times the length is looked at: what comes later is cut off unseen."""
    assert clean("\n" * 36 + "abcd", 10) == "abcd"
    assert clean("\n" * 36 + "abcdef", 10) == "abcd"


@pytest.mark.parametrize(
    "url",
    [
        "http://ci.example",
        "https://ci.example/a/b?c=d&e=%20#f",
        "https://ci.example:8443/(x)",
        "http://[::1]:8080/",
        "https://ci.example/é",
        "HTTPS://CI.EXAMPLE/@a",
        "https://ci.example/" + "x" * (2048 - 19),
    ],
)
def test_an_address_can_stand_in_a_link(url: str):
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "ci.example",
        "ftp://ci.example/",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://[::1",
        "https://ada:pa55@ci.example/",
        "https://@ci.example/",
        "https://ci.example/a b",
        "https://ci.example/\u202e",
        "https://ci.example/\ud800",
        *(f"https://ci.example/{sign}" for sign in "<>\"'`|\\^{}\n\x00\x7f\x85\xa0"),
        "https://ci.example/" + "x" * (2049 - 19),
    ],
)
def test_what_is_no_plain_address_is_no_link(url: str | None):
    assert safe_url(url) is None


def test_a_link_has_2048_characters():
    assert URL_MAX_CHARS == 2048


@given(st.text(), st.integers(1, 40))
def test_what_is_clean_is_short_on_one_line_and_stays_so(text: str, maximum: int):
    once = clean(text, maximum)
    assert len(once) <= maximum
    assert not UNSAFE.search(once)
    assert not any(unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Cs") for sign in once)
    assert once == " ".join(once.split())
    assert clean(once, maximum) == once


def test_nothing_that_is_printed_is_unsafe():
    assert not UNSAFE.search("".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1)))))
