"""Every part of a message filled with hostile text: reasons, lines of a log, tests, the history, links. It stays text, and it fits."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from events import CROWDED, crowded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinds import TEXT_KINDS, render
from payload_checks import CHECKS, nodes

TEXT = st.one_of(st.text(st.sampled_from("\\*_~`|<>[]()@#!:/.-+ \n1a&{}\"'$\u202e\ud800😀h"), max_size=60), st.text(max_size=400))
URL = st.sampled_from(
    ["https://ci.example/1", "http://jenkins:8080/1", "https://x.example/?" + "&" * 2000, "https://x.example/" + "a(" * 900]
)


@pytest.mark.parametrize("name", CROWDED)
@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_whatever_is_known_the_payload_is_sound(kind: str, name: str) -> None:
    payload = render(kind, CROWDED[name])
    CHECKS[kind](payload)
    assert "❌ Broken: " in json.dumps(payload, ensure_ascii=False)
    for text in texts(payload):
        assert not {letter for letter in text if unicodedata.category(letter) in ("Cs", "Zl", "Zp")}
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff\x1b\x00")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXT, url=URL)
def test_no_text_breaks_out_of_a_part(text: str, url: str) -> None:
    happening = crowded(text, url)
    for kind in TEXT_KINDS:
        CHECKS[kind](render(kind, happening))


def texts(payload: Any) -> list[str]:
    return [value for node in nodes(payload) for value in node.values() if isinstance(value, str)]
