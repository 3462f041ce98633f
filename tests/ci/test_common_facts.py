"""The facts that all CI systems make alike: addresses, instants, authors, and values read without trust."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.ci.common import document, first_line, split_author, utc, variables, web_url
from tocsin.event import Fact


@pytest.mark.parametrize(
    ("address", "web"),
    [
        ("https://github.com/acme/payments.git", "https://github.com/acme/payments"),
        ("https://github.com/acme/payments/", "https://github.com/acme/payments"),
        ("https://bot:hunter2@github.com/acme/payments.git", "https://github.com/acme/payments"),
        ("https://gitlab-ci-token:glcbt-64_x@gitlab.com/acme/backend/payments.git", "https://gitlab.com/acme/backend/payments"),
        ("http://git.acme.example:8888/acme/payments", "http://git.acme.example:8888/acme/payments"),
        ("git@github.com:acme/payments.git", "https://github.com/acme/payments"),
        ("github.com:acme/payments.git", "https://github.com/acme/payments"),
        ("git@github.com:/acme/payments.git", "https://github.com/acme/payments"),
        ("ssh://git@git.acme.example:7999/pay/payments.git", "https://git.acme.example/pay/payments"),
        ("git+ssh://git@github.com/acme/payments.git", "https://github.com/acme/payments"),
        ("git://git.acme.example/payments.git", "https://git.acme.example/payments"),
        ("https://[2001:db8::1]:8443/acme/payments.git", "https://[2001:db8::1]:8443/acme/payments"),
        ("https://github.com/acme/payments.git?token=hunter2#x", "https://github.com/acme/payments"),
        ("https://github.com/", None),
        ("https://github.com/.git", None),
        ("/srv/git/payments.git", None),
        ("../payments.git", None),
        (r"C:\git\payments", None),
        ("file:///srv/git/payments.git", None),
        ("javascript://github.com/%0aalert(1)", None),
        ("https://[github.com/acme/payments", None),
        ("https://github.com:port/acme/payments", None),
        ("nonsense", None),
    ],
)
def test_a_repository_has_one_web_address(address: str, web: str | None):
    assert web_url(address) == web


@given(
    st.from_regex(r"(https?|ssh)://[a-z]{1,9}(:[A-Za-z0-9]{1,9})?@[a-z]{2,9}\.example(:[0-9]{1,4})?/[a-z/]{1,9}(\.git)?", fullmatch=True)
)
@settings(deadline=None, max_examples=50)
def test_no_web_address_has_credentials(address: str):
    assert "@" not in (web_url(address) or "")


@given(st.text())
@settings(deadline=None, max_examples=50)
def test_any_text_is_a_web_address_or_none(text: str):
    found = web_url(text)
    assert found is None or found.startswith(("https://", "http://"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T15:44:00+01:00", "2026-11-23T14:44:00Z"),
        ("2026-11-23T15:44:00Z", "2026-11-23T15:44:00Z"),
        ("2026-11-23T15:44:00z", "2026-11-23T15:44:00Z"),
        ("2026-11-23T15:44:00.123Z", "2026-11-23T15:44:00Z"),
        ("2026-11-23 15:44:00-08:30", "2026-11-24T00:14:00Z"),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("2026-11-23T15:44:00", None),  # whose clock?
        ("2026-13-01T00:00:00Z", None),
        ("1763911440", None),
        ("yesterday", None),
    ],
)
def test_an_instant_is_in_utc(text: str, expected: str | None):
    assert utc(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovelace <ada@example.com>", ("Ada Lovelace", "ada@example.com")),
        ("Ada <ada@example.com> ", ("Ada", "ada@example.com")),
        ("<ada@example.com>", (None, "ada@example.com")),
        ("Ada Lovelace", ("Ada Lovelace", None)),
        ("Ada <>", ("Ada", None)),
        ("a < b <c@example.com>", ("a < b <c@example.com>", None)),
        ("", (None, None)),
    ],
)
def test_an_author_is_a_name_and_an_address(text: str, expected: tuple[str | None, str | None]):
    assert split_author(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("a\nb", "a"), ("\n \r\n b \nc", "b"), ("", None), (" \n", None)])
def test_a_title_is_the_first_line_that_says_something(text: str, expected: str | None):
    assert first_line(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7", 7), ("0", 0), ("007", 7), ("-1", None), ("1e3", None), ("٣", None), ("", None), ("9" * 19, None), ("1.0", None)],
)
def test_a_number_is_whole_or_absent(text: str, expected: int | None):
    assert variables({"N": text}).number("N") == (None if expected is None else Fact(expected, "N"))


def test_an_empty_or_blank_variable_is_absent():
    v = variables({"A": "", "B": " \n", "C": "c"})
    assert v.text("A", "B", "C", "D") == Fact("c", "C")
    assert v.text("A", "B", "D") is None


def test_a_document_is_read_by_dotted_keys_without_trust():
    e = document({"a": {"b": [{"c": "x"}, 5]}, "n": 7, "yes": True, "half": "\ud800"})
    assert e.text("a.b.0.c") == Fact("x", "event file: a.b.0.c")
    assert [e.text(path) for path in ("a", "a.b", "a.b.1", "a.b.2.c", "a.b.x", "a.b.-1", "n", "n.n", "")] == [None] * 9
    assert e.id("n") == Fact("7", "event file: n")
    assert [e.id("yes"), e.number("yes")] == [None, None]
    assert e.text("half") == Fact("?", "event file: half")
