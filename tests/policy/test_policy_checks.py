"""Every kind of check has an id, a meaning and a case, and every problem has a place with an end."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from policies import CASES, found, found_in_case, ids

from tocsin.checks import Check
from tocsin.errors import Problem

POLICIES = sorted(CASES.glob("*/*.yml"))


def test_an_id_is_kebab_case_and_has_a_meaning_of_one_line():
    assert len({check.value for check in Check}) == len(list(Check))
    for check in Check:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", check.value)
        assert re.fullmatch(r"[A-Z][^\n]+\.", check.meaning)


def test_every_check_has_a_case():
    seen = {problem.check for path in POLICIES for problem in found_in_case(path)}
    alone = {Check.POLICY_FILE, Check.BASE_LOCK_FILE}  # of a file that is not there nobody finds more; the cases share one sound lock
    assert seen == set(Check) - alone


def test_every_problem_of_a_case_has_its_id():
    assert ids() == json.loads((CASES / "checks.json").read_text(encoding="utf-8"))  # `./dev golden` writes it


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_every_place_has_an_end_in_the_file(path: Path):
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    for problem in found_in_case(path):
        if problem.file != path.name:
            continue  # of a payload's file
        assert (problem.line, problem.column) <= (problem.end_line, problem.end_column)
        assert problem.end_line <= len(lines) + 1
        if problem.end_line <= len(lines):
            assert problem.end_column <= len(lines[problem.end_line - 1]) + 2


HOOK = "notifications: [{on: failure, send_to: hook}]\nchannels:\n  hook:\n    kind: webhook\n    url: https://example.com\n"


def marked(text: str, problem: Problem) -> str:
    """What a problem is about, as an editor would mark it."""
    lines = text.split("\n")
    chosen = lines[problem.line - 1 : problem.end_line]
    chosen[-1] = chosen[-1][: problem.end_column - 1]
    chosen[0] = chosen[0][problem.column - 1 :]
    return "\n".join(chosen)


@pytest.mark.parametrize(
    ("text", "check", "words"),
    [
        ("colour: red\n", Check.UNKNOWN_KEY, "colour"),
        ("notifications: [{on: 'sucess', send_to: x}]\n", Check.UNKNOWN_EVENT, "'sucess'"),
        ("channels:\n  a: {kind: slack, project: }\n", Check.EMPTY_VALUE, "project"),
        ("channels:\n  - a\n  - b # a comment\n\n# another\n\ncontext: {}\n", Check.WRONG_TYPE, "- a\n  - b # a comment"),
        ("channels: |\n  a\n  # b\n\ncontext: {}\n", Check.WRONG_TYPE, "|\n  a\n  # b"),
        ("environments: {p: {tier: !!str x}}\n", Check.INVALID_YAML, "!!str x"),
        ("context: {app: 'a {{ ap }} b'}\n", Check.INVALID_TEMPLATE, "ap"),
        ("context:\n  app: |\n    a\n    b {{#if}} c\n", Check.INVALID_TEMPLATE, "{{#if}}"),
        (HOOK + "    payload:\n      a: ['{{ app }} ${T} {{ ap }}']\n", Check.INVALID_TEMPLATE, "ap"),
        (HOOK + '    payload: |\n      {"a": "\\"${T} {{ ap }}", "b": 1}\n', Check.INVALID_TEMPLATE, "ap"),
        (HOOK + '    payload: |\n      {"a": "${{ x }} \\u00e9",\n       "b": 1}\n', Check.INVALID_REFERENCE, "${{ x }} \\u00e9"),
        (HOOK + '    payload: |\n      {"ab": 1, "ab": 2}\n', Check.DUPLICATE_KEY, '"ab"'),
        (HOOK + '    payload: |\n      {"${A}": [1,]}\n', Check.ODD_PAYLOAD, "${A}"),
        (HOOK + '    payload: |\n      {"a": [1,]}\n', Check.ODD_PAYLOAD, ","),
    ],
)  # fmt: skip
def test_what_an_editor_would_mark(text: str, check: Check, words: str):
    assert words in [marked(text, problem) for problem in found(text.encode()) if problem.check is check]


def test_a_problem_of_a_payload_s_file_has_its_end_there(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "body.json").write_text('{\n "a": "{{ ap }}"}')
    problem = found((HOOK + "    payload_file: body.json\n").encode(), tmp_path)[0]
    assert problem[:3] == ("body.json", 2, 11)
    assert (problem.end_line, problem.end_column, problem.check) == (2, 13, Check.INVALID_TEMPLATE)


def said(text: str) -> list[str]:
    return [problem.message for problem in found(text.encode())]


def test_a_rule_is_called_by_its_name_where_it_has_one():
    rules = "notifications: [{name: , on: x, send_to: a}, {name: '', on: x, send_to: a}, {name: b, on: x, send_to: a}]\n"
    events = [message for message in said(rules) if message.startswith("unknown event")]
    assert [message.partition(" (")[0] for message in events] == [f"unknown event 'x' in rule {name}" for name in ("#1", "''", "'b'")]


def test_a_key_that_no_context_has_is_one_problem():
    assert sum("ref_type" in message for message in said("context: {ref_type: x}\n")) == 1
