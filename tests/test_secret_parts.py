"""What of a secret is one by itself: an address's keys, its login, its path; and the forms that a CI's log hides."""

from __future__ import annotations

import pytest

from tocsin.secrets.parts import Parts, forms, keys, long_paths, parts, password

SIXTEEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (f"https://a-host-of-a-long-name.example/{SIXTEEN}", [SIXTEEN]),
        (f"https://h/T0/{SIXTEEN[1:]}/{SIXTEEN}1?sig={SIXTEEN}2&n=1#{SIXTEEN}3", [f"{SIXTEEN}1", f"{SIXTEEN}2", f"{SIXTEEN}3"]),
        (f"/T0/{SIXTEEN}?n={SIXTEEN[1:]}", [SIXTEEN]),
        (SIXTEEN, [SIXTEEN]),
        ("https://a-host-of-a-long-name.example", []),
    ],
)
def test_the_parts_of_an_address_that_are_long_enough_to_be_keys(text: str, found: list[str]):
    assert keys(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (f"/no/address/{SIXTEEN}", []),
        ("https://a-host-of-a-long-name.example/short", []),
        (f"https://h/a/{SIXTEEN[3:]}", [f"/a/{SIXTEEN[3:]}"]),
        (f"https://h/a/{SIXTEEN[4:]}", []),
        (f"https://h/a/{SIXTEEN}#b#c", [f"/a/{SIXTEEN}"]),
        (f"https://h/a/{SIXTEEN}?b?c=/d", [f"/a/{SIXTEEN}?b?c=/d", f"/a/{SIXTEEN}"]),
        (f"https://h/a?b={SIXTEEN}", [f"/a?b={SIXTEEN}"]),
    ],
)
def test_what_stands_behind_the_host_where_it_is_long(text: str, found: list[str]):
    assert long_paths(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://ada:pa55@h.example/", "pa55"),
        ("https://ada@h.example/", ""),
        ("ada:pa55@h.example", ""),
        ("https://ada:pa55@[h", ""),
        ("", ""),
    ],
)
def test_the_password_of_a_url(text: str, found: str):
    assert password(text) == found


def test_values_are_known_plain_and_percent_encoded_where_that_is_long_enough():
    assert forms(["a b/c=", "abc", "abcd", "é"]) == {"a b/c=", "a%20b%2Fc%3D", "a%20b%2fc%3d", "a b\\/c=", "abcd", "%C3%A9", "%c3%a9"}


def test_an_encoded_value_is_not_encoded_twice_only():
    assert "a%20b%2Fc%3D" in forms(["a%20b%2fc%3d"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no address", ()),
        ("https://[broken", ()),
        (f"https://h/services/T0/B0/{SIXTEEN}", (SIXTEEN,)),
        ("https://h/hook/k3yk3yk3", ("k3yk3yk3",)),
        ("https://h/k3yk3yk3/hook", ()),
        ("https://h/in?sig=k3y4&api-version=2016-06-01&n=1", ("k3y4",)),
        ("https://ada:pa55@h/x", ("pa55",)),
        ("https://t0ken@h/x", ("t0ken",)),
        ("ada:pa55@proxy.example:3128", ("pa55",)),
    ],
)
def test_the_keys_of_an_address_are_secrets_by_themselves(text: str, found: tuple[str, ...]):
    assert (parts(text) or Parts((), ())).keys == found


def test_what_stands_behind_a_host_is_a_secret_as_a_whole():
    known = parts("https://h.example/hook/ab?n=1")
    assert known
    assert set(known.wholes) == {"https://h.example/hook/ab?n=1", "/hook/ab", "/hook/ab?n=1"}
