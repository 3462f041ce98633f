"""What was probably meant by an unknown word."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tocsin.channels import KINDS
from tocsin.policy.model import SELECTOR_KEYS
from tocsin.policy.words import COMPARED_MAX, Suggestions
from tocsin.suggest import closest, do_you_mean

KNOWN = ("environment", "app", "send_to", "tier", "--dry-run")
SYNONYMS = {"app": ("service", "application"), "send_to": ("to",), "gone": ("lost",)}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("enviroment", "environment"), ("ENVIRONMENT", "environment"), ("send-to", "send_to"), ("--dry_run", "--dry-run"),
        ("Service", "app"), ("to", "send_to"), ("teir", "tier"),
        ("env", None), ("lost", None), ("xyz", None), ("", None),
    ],
)  # fmt: skip
def test_the_word_that_was_meant(word: str, meant: str | None):
    assert closest(word, KNOWN, SYNONYMS) == meant


def test_a_synonym_counts_more_than_a_beginning_and_that_more_than_likeness():
    known, synonyms = ("--ci", "--policy", "--policies"), {"--policy": ("--config",)}
    assert closest("--config", known) == "--ci"
    assert closest("--config", known, synonyms) == "--policy"
    assert closest("env", ("nev", "environment")) == "nev"
    assert closest("env", ("nev", "environment"), prefixes=True) == "environment"
    assert closest("e", ("environment",), prefixes=True) is None
    assert closest("--", ("--environment",), prefixes=True) is None


def test_how_like_a_word_must_be():
    assert closest("devtronApp", ("devtronAppName",), cutoff=0.9) is None
    assert closest("devtronApp", ("devtronAppName",), cutoff=0.3) == "devtronAppName"


def test_the_words_of_a_message():
    assert do_you_mean("ap", KNOWN) == " (do you mean app?)"
    assert do_you_mean("ap", KNOWN, quote=repr) == " (do you mean 'app'?)"
    assert do_you_mean("nothing like it", KNOWN) == ""


@pytest.mark.parametrize(("kind", "word"), [(name, word) for name, kind in KINDS.items() for word in kind.words])
def test_what_people_call_a_kind_is_in_its_row(kind: str, word: str):
    assert Suggestions()(word, KINDS) == f" (do you mean '{kind}'?)"


@pytest.mark.parametrize(("word", "key"), [("service", "app"), ("application_name", "app"), ("env", "environment"), ("type", "kind")])
def test_what_people_call_a_key_counts_more_than_a_key_that_looks_like_it(word: str, key: str):
    assert Suggestions()(word, SELECTOR_KEYS) == f" (do you mean '{key}'?)"


def test_a_policy_may_hold_only_so_many_characters_against_each_other():
    known = [f"channel-{number}" for number in range(COMPARED_MAX // 200)]
    suggest = Suggestions()
    assert [suggest("chanel-7", known) for _ in range(2)] == [" (do you mean 'channel-7'?)", ""]
    assert suggest("chanel-7", known[:20]) == " (do you mean 'channel-7'?)"
    assert Suggestions()("x" * 61, ["x" * 61 + "y"], listed="known") == f" (known: {'x' * 59}…)"


def test_nothing_is_loaded_before_a_word_is_unknown():
    code = "import sys, tocsin.policy.words, tocsin.commands.arguments; assert 'difflib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
