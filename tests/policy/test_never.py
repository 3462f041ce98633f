"""What can never work, where a table of cases says less than a rule: escapes, sources, regions, and ten thousand rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import found

from tocsin.channels.ses_options import REGIONS
from tocsin.checks import Check
from tocsin.ci.github.events import EVENTS
from tocsin.policy.foreign import foreign
from tocsin.policy.glob import glob, passes
from tocsin.policy.sources import SOURCES

HEAD = "channels: {a: {kind: slack}}\nnotifications:\n"


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        (r"deploystacks: \[aws, monitoring\]", "deploystacks: [aws, monitoring]", True),
        (r"deploystacks: \[aws, monitoring\]", "deploystacks: a", False),
        (r"deploystacks: \[aws, *\]", "deploystacks: [aws, monitoring]", True),
        (r"\*", "*", True),
        (r"\*", "a", False),
        (r"a\?", "a?", True),
        (r"a\?", "ab", False),
        (r"\!a", "!a", True),
        (r"\!a", "a", False),
        (r"a\\b", r"a\b", True),
        (r"a\b*", r"a\bc", True),
        (r"[\*x]", "*", True),
        ("[*]", "*", True),
    ],
)
def test_a_backslash_makes_a_sign_plain(pattern: str, text: str, wanted: bool):
    assert glob(pattern, text) is wanted
    assert passes([pattern], [text]) is wanted


SIGNS = st.text(alphabet="ab*?[]!\\-, ", min_size=1, max_size=10)


@given(SIGNS)
def test_a_value_matches_itself_letter_for_letter(name: str):
    assert glob(name, name)
    assert passes([name], [name]) or name.startswith("!")
    assert passes(["other", name], [name]) or glob(name[1:], name)


@given(SIGNS)
def test_an_escaped_name_matches_itself_alone(name: str):
    escaped = "".join(f"\\{sign}" if sign in "*?[]!\\" else sign for sign in name)
    assert passes([escaped], [name])
    assert not passes([escaped], [f"{name}x"])
    assert not passes([escaped], [f"x{name}"])


@pytest.mark.parametrize("key", ["branch", "tag", "source_branch", "target_branch"])
@given(name=st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_/-]{0,20}[A-Za-z0-9_])?", fullmatch=True))
def test_a_plain_name_of_a_ref_is_none_of_another_tool_s(key: str, name: str):
    assert foreign(key, name) is None or "//" in name or name.startswith("origin/")


def test_every_event_of_github_is_a_source():
    assert set(EVENTS) <= set(SOURCES)


def test_every_region_of_ses_is_known():
    session = pytest.importorskip("botocore.session").get_session()
    partitions = session.get_available_partitions()
    assert {region for partition in partitions for region in session.get_available_regions("sesv2", partition)} <= set(REGIONS)


@pytest.mark.parametrize(
    "rule",
    [
        "{{on: failure, pipelines: {{branch: 'x{0}-*'}}, send_to: a}}",
        "{{on: failure, pipelines: {{app: '*x{0}'}}, send_to: a}}",
        "{{on: failure, pipelines: {{app: '!x{0}'}}, send_to: a}}",
        "{{on: failure, pipelines: {{project: p{0}, cluster: c{0}}}, send_to: a}}",
    ],
)
def test_many_rules_that_differ_are_held_against_few(rule: str, monkeypatch: pytest.MonkeyPatch):
    compared = 0

    def counted(*_: object) -> bool:
        nonlocal compared
        compared += 1
        return False

    monkeypatch.setattr("tocsin.policy.useless._covers", counted)
    assert found((HEAD + "".join(f"  - {rule.format(number)}\n" for number in range(1500))).encode()) == []
    assert compared <= 100_000


def test_a_rule_among_thousands_is_found():
    rules = [f"  - {{on: failure, pipelines: {{app: app-{number}, branch: main}}, send_to: a}}\n" for number in range(2000)]
    text = HEAD + "".join(rules) + "  - {on: failure, pipelines: {app: app-1234, branch: main, kind: ci}, send_to: a}\n"
    assert [(problem.line, problem.check) for problem in found(text.encode())] == [(2003, Check.USELESS_RULE)]


@pytest.mark.parametrize(
    "rule", ["{on: failure, pipelines: [], send_to: a}", "{on: [], send_to: a}", "{on: failure, send_to: []}", "x", "[]"]
)
def test_a_rule_that_is_broken_is_held_against_none(rule: str):
    checks = {problem.check for problem in found(f"{HEAD}  - {{on: success, send_to: a}}\n  - {rule}\n".encode())}
    assert checks
    assert not checks & {Check.USELESS_RULE, Check.RULES_ALIKE}


@given(st.sampled_from(["branch", "tag", "job", "app"]), st.text(alphabet="av1 !^$/|()[]{},.*+?\\:=~'\"%", min_size=1, max_size=12))
def test_what_was_meant_is_a_value(key: str, pattern: str):
    finding = foreign(key, pattern)
    for meant in finding.meant if finding else ():
        assert meant.removeprefix("!").strip()
        assert meant != pattern


@pytest.mark.parametrize("part", ["{a,b}", "(a|b)", "[^a]+", "[a, ", "^", "\\d{1,", ".*", "a, "])
def test_a_pattern_of_many_parts_is_judged_at_once(part: str):
    finding = foreign("branch", part * (200 // len(part)))
    assert finding is not None
    assert len(finding.suggestion) < 500
