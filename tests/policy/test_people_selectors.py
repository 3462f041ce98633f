"""The selectors `triggered_by` and `author`: any of a person's names counts, and bots can be left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from policies import CHANNELS, read, run

from tocsin.event import Actor, Commit, Event, Person
from tocsin.policy.glob import glob, passes
from tocsin.policy.match import match
from tocsin.policy_tests.candidates import Candidates

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "people_selectors.yml").read_text())


def event_of(words: dict[str, str]) -> Event:
    actor = Actor(words.get("login"), words.get("name"), words.get("email"))
    return run(triggered_by=actor, commit=Commit(author=Person(words.get("name"), words.get("email"))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['pipelines']} {case['person']}")
def test_a_person_by_any_name(case: dict[str, dict[str, str]]):
    policy = read(
        f"{CHANNELS}notifications: [{{on: failure, pipelines: {yaml.safe_dump(case['pipelines'], default_flow_style=True)}, send_to: team}}]"
    ).policy
    event = event_of(case["person"])
    assert match(policy, event)[0].matches is case["matches"]
    assert bool(Candidates(policy).matching(event)) is case["matches"]


@given(st.text(min_size=1, max_size=20))
def test_only_bots_are_left_out_as_bots(login: str):
    assert passes(["!*[bot]"], [login]) is not login.endswith("[bot]")
    assert passes(["!*[bot]"], [f"{login}[bot]"]) is False


@given(st.text(max_size=8), st.text(max_size=8))
def test_the_end_of_a_bots_login_is_no_class(head: str, tail: str):
    assert glob(f"{glob_free(head)}*[bot]{glob_free(tail)}", f"{glob_free(head)}x[bot]{glob_free(tail)}")
    assert not glob(f"{glob_free(head)}[bot]*", f"{glob_free(head)}t-")


def glob_free(text: str) -> str:
    return "".join(char for char in text if char not in "*?[]!\\")
