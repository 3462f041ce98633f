"""`tocsin test` at its edges: where its files are found, what fails, what is written."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from inprocess import CASES, Answer, raw, run

RECORD = str(CASES / "policy_tests" / "run" / "report.json")
FOLDER = CASES / "policy_tests" / "run"
POLICY = (
    "channels: {team: {kind: slack}, ops: {kind: discord, url: '${OPS}'}}\nnotifications:\n  - {name: builds, on: failure, send_to: team}\n"
)
TESTS = "cases:\n  - {name: a, event: failure, told: team}\n"


def place(folder: Path, policy: str | None = ".tocsin.yml", tests: str | None = "tocsin.test.yml", text: str = TESTS) -> Path:
    """A repository with a policy and a test file."""
    (folder / ".git").mkdir(exist_ok=True)
    for name, content in ((policy, POLICY), (tests, text)):
        if name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
    return folder


def says(answer: Answer, code: int, *words: str) -> None:
    assert answer.code == code, answer
    for word in words:
        assert word in answer.out + answer.err


@pytest.mark.parametrize(
    ("policy", "tests"),
    [
        (".tocsin.yml", "tocsin.test.yml"),
        (".github/tocsin.yml", ".github/tocsin.test.yml"),
        (".gitlab/tocsin.yml", ".gitlab/tocsin.test.yml"),
        (".github/tocsin.yml", "tocsin.test.yml"),
    ],
)
@pytest.mark.parametrize("below", [".", "src/deep"])
def test_the_file_is_found_beside_the_policy(policy: str, tests: str, below: str, tmp_path: Path):
    place(tmp_path, policy, tests)
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    says(run("test", folder=tmp_path / below), 0, "1 of 1 case passed, 1 of 1 rule touched (100 %)")


def test_a_file_finds_its_policy_upward_from_its_own_folder(tmp_path: Path):
    place(tmp_path, ".tocsin.yml", "policies/more.test.yml")
    (tmp_path / "elsewhere").mkdir()
    says(run("test", "../policies/more.test.yml", folder=tmp_path / "elsewhere"), 0)


def test_a_file_names_its_policy_from_its_own_folder(tmp_path: Path):
    place(tmp_path, "a/team.yml", "a/b/x.test.yml", f"policy: ../team.yml\n{TESTS}")
    says(run("test", "a/b/x.test.yml", folder=tmp_path), 0)
    says(run("test", "a/b/x.test.yml", folder=tmp_path, env={"TOCSIN_POLICY": "gone.yml"}), 0)


def test_a_policy_that_is_named_goes_before_the_files(tmp_path: Path):
    place(tmp_path, "other.yml", "x.test.yml", f"policy: gone.yml\n{TESTS}")
    says(run("test", "x.test.yml", "--policy", "other.yml", folder=tmp_path), 0)
    says(run("test", "x.test.yml", "--policy", "-", folder=tmp_path, stdin=POLICY.encode()), 0)
    (tmp_path / "y.test.yml").write_text(TESTS, encoding="utf-8")
    says(run("test", "y.test.yml", folder=tmp_path, env={"TOCSIN_POLICY": "other.yml"}), 0)


def test_a_file_on_standard_input(tmp_path: Path):
    place(tmp_path, tests=None)
    says(run("test", "-", folder=tmp_path, stdin=TESTS.encode()), 0, "1 of 1 case")
    says(run("test", "-", "--policy", "-", folder=tmp_path, stdin=b""), 2, "standard input")
    says(run("test", "--policy", "-", folder=tmp_path, stdin=b""), 2, "standard input")


def test_several_files_of_one_policy_and_of_two(tmp_path: Path):
    place(tmp_path)
    place(tmp_path, "b/team.yml", "b/b.test.yml", "policy: team.yml\ncases:\n  - {name: b, event: success, told: []}\n")
    place(tmp_path, None, "c.test.yml", "policy: .tocsin.yml\ncases:\n  - {name: c, event: success, told: []}\n")
    says(run("test", "tocsin.test.yml", "c.test.yml", "c.test.yml", folder=tmp_path), 0, "2 of 2 cases passed, 1 of 1 rule touched")
    answer = run("test", "tocsin.test.yml", "c.test.yml", "b/b.test.yml", "--json", folder=tmp_path)
    assert answer.json()["coverage"]["rules"] == 2
    assert answer.json()["coverage"]["places"] == [{"name": "builds", "file": "b/team.yml", "line": 3}]


@pytest.mark.parametrize(
    ("policy", "tests", "words", "told"),
    [
        (".tocsin.yml", None, (), "there is no tocsin.test.yml beside .tocsin.yml"),
        (None, None, (), "there is no tocsin.test.yml here"),
        (None, "tocsin.test.yml", (), "there is no policy for tocsin.test.yml: looked for .tocsin.yml"),
        (".tocsin.yml", "tocsin.test.yaml", (), "tocsin.test.yaml is not read: rename it to tocsin.test.yml"),
        (".tocsin.yml", None, ("gone.test.yml",), "'gone.test.yml' cannot be read: No such file or directory"),
        (".tocsin.yml", None, (".",), "'.' is a folder"),
    ],
)  # fmt: skip
def test_what_is_not_there(policy: str | None, tests: str | None, words: tuple[str, ...], told: str, tmp_path: Path):
    place(tmp_path, policy, tests)
    says(run("test", *words, folder=tmp_path), 3, told)


@pytest.mark.parametrize("name", ["9" * 400, "a\\0b", ".", "gone/x.yml", ""])
def test_a_policy_that_no_file_can_be(name: str, tmp_path: Path):
    place(tmp_path, text=f'policy: "{name}"\n{TESTS}')
    says(run("test", folder=tmp_path), 3, "tocsin.test.yml:1:9: ")
    for words in ((f"--policy={name}",), ("x" * 400,), ("--record", RECORD, "--output", "x" * 400)):
        if "\\" not in words[0]:
            assert run("test", *words, folder=tmp_path).code in (2, 3)


def test_two_policies_and_an_invalid_one(tmp_path: Path):
    place(tmp_path, text="cases:\n  - {name: a, event: failur, told: [anybody]}\n")
    (tmp_path / ".tocsin.yml").write_text("channels: {team: {kind: slak}}\n", encoding="utf-8")
    says(run("test", folder=tmp_path), 3, "unknown kind 'slak'", "unknown event 'failur'", "the policy .tocsin.yml is invalid: 1 error")
    place(tmp_path, ".github/tocsin.yml")
    says(run("test", folder=tmp_path), 3, "there are 2 policies here")


def test_a_file_that_is_too_large_or_no_text(tmp_path: Path):
    place(tmp_path)
    for data, words in (
        (b"\xff\xfec", "UTF-16"),
        (b"a: \xff", "not UTF-8"),
        (b" " * (4 * 1024 * 1024 + 1), "has more than"),
        (b"a\0", "NUL"),
    ):
        (tmp_path / "tocsin.test.yml").write_bytes(data)
        says(run("test", folder=tmp_path), 3, words, "the test file")
    (tmp_path / "tocsin.test.yml").write_text("cases: " + "[" * 60 + "]" * 60, encoding="utf-8")
    says(run("test", folder=tmp_path), 3, "nested deeper")


def test_of_very_many_problems_the_first_are_told(tmp_path: Path):
    rows = "".join(f"  - {{name: c{number}, event: failure, told: [nobody{number}]}}\n" for number in range(1500))
    says(run("test", folder=place(tmp_path, text=f"cases:\n{rows}")), 3, "unknown channel 'nobody0'", "problems from here on are not shown")


def test_a_secret_that_was_pasted_is_not_shown(tmp_path: Path):
    url = "https://hooks.slack.com/services/T0000/B0000/HUNTER2HUNTER2HUNTER2"
    answer = run("test", folder=place(tmp_path, text=f'cases:\n  - {{name: a, event: failure, told: ["{url}"]}}\n'))
    assert answer.code == 3
    assert "HUNTER2" not in answer.out + answer.err


TEMPLATE = "context: {kind: '{{ app }}'}\n" + POLICY


def test_a_run_that_cannot_be_worked_out_fails_its_case_alone(tmp_path: Path):
    place(
        tmp_path,
        text="cases:\n  - {name: a, event: {event: failure, app: x}, told: []}\n  - {name: b, event: {event: failure, app: cd}, told: team}\n",
    )
    (tmp_path / ".tocsin.yml").write_text(TEMPLATE, encoding="utf-8")
    answer = run("test", folder=tmp_path)
    says(answer, 1, "the run cannot be worked out: policy .tocsin.yml:1", "1 of 2 cases passed")


# Coverage.

TWO = POLICY + "  - {name: others, on: success, send_to: ops}\n  - {on: cancelled, send_to: ops}\n"


@pytest.mark.parametrize(("least", "code"), [("0", 0), ("33", 0), ("33.3", 0), ("33.4", 1), ("100", 1), ("100%", 1)])
def test_the_least_coverage(least: str, code: int, tmp_path: Path):
    place(tmp_path)
    (tmp_path / ".tocsin.yml").write_text(TWO, encoding="utf-8")
    answer = run("test", "--min-coverage", least, folder=tmp_path)
    says(answer, code, "others  .tocsin.yml:4\n#3      .tocsin.yml:5\n", "1 of 3 rules touched (33.3 %)")
    assert ("less than" in answer.err) is bool(code)


@pytest.mark.parametrize("least", ["101", "-1", "nan", "inf", "most", ""])
def test_what_is_no_percentage(least: str, tmp_path: Path):
    says(run("test", f"--min-coverage={least}", folder=place(tmp_path)), 2, "--min-coverage")


def test_a_policy_without_rules_is_covered(tmp_path: Path):
    place(tmp_path, text="cases:\n  - {name: a, event: failure, told: []}\n")
    (tmp_path / ".tocsin.yml").write_text("channels: {team: {kind: slack}}\n", encoding="utf-8")
    says(run("test", "--min-coverage=100", folder=tmp_path), 0, "0 of 0 rules touched (100 %)")


def test_verbose_lists_what_passed(tmp_path: Path):
    says(run("test", "--verbose", folder=place(tmp_path)), 0, "tocsin.test.yml:2:5: passed: a")
    assert "passed: a" not in run("test", folder=tmp_path).out


# JUnit.


def test_junit_is_xml_whatever_a_case_is_called(tmp_path: Path):
    report = tmp_path / "junit.xml"
    answer = run("test", str(FOLDER / "differences.test.yml"), "--junit", str(report), folder=tmp_path)
    assert answer.code == 1
    root = ET.fromstring(report.read_text(encoding="utf-8"))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == ("testsuites", "8", "7", "0")
    (suite,) = root.findall("testsuite")
    found = {case.get("name"): case for case in suite.findall("testcase")}
    assert len(found) == 8
    assert found["passes"].find("failure") is None
    failure = found["nobody names it"].find("failure")
    assert failure is not None
    assert failure.get("message") == "missing: boss@example.com"
    assert "no rule sends to it" in (failure.text or "")
    assert found["nobody names it"].get("line") == "5"
    assert any("]]> name" in str(name) for name in found)


def test_junit_that_cannot_be_written(tmp_path: Path):
    says(run("test", "--junit", "gone/junit.xml", folder=place(tmp_path)), 2, "--junit: 'gone/junit.xml' cannot be written")


# Records.


def test_a_record_becomes_a_case(tmp_path: Path):
    answer = run("test", "--record", "report.json", folder=FOLDER)
    assert answer.out == (
        "  - name: failure of checkout on main\n    event:\n      hook: completion\n      status: failure\n"
        "      app: checkout\n      branch: main\n    told: [team, Dev@example.com]\n"
    )
    assert "old is no channel of the policy any more" in answer.err
    for personal in ("ada", "secret", "example.com/"):
        assert personal not in answer.out.lower()


def test_what_the_policy_said_is_left_to_the_policy():
    """The environment of the record is the policy's word, so the case asks the policy for it; an event alone is told by this policy."""
    out = run("test", "--record", "event.json", "--name", 'it\'s 7: a "name"', folder=FOLDER).out
    assert "environment" not in out
    assert out.startswith('  - name: "it\'s 7: a \\"name\\""\n')
    assert out.endswith("      project: shop\n      pipeline: deploy\n      branch: main\n    told: [team, ops]\n")


@pytest.mark.parametrize(
    "before",
    [
        TESTS,
        TESTS.rstrip("\n"),
        TESTS.replace("\n", "\r\n"),
        "\ufeff# a comment\ncases:   # more\n-   name: a\n    event: failure\n    told: team\n\n# the end\n",
        "x-a: &a [team]\npolicy: .tocsin.yml\ncases:\n    - {name: a, event: failure, told: *a}\n",
        "",
        "\n",
    ],
)
def test_a_record_is_added_and_all_bytes_stay(before: str, tmp_path: Path):
    place(tmp_path, tests=None)
    (tmp_path / "tocsin.test.yml").write_bytes(before.encode())
    (tmp_path / "tocsin.test.yml").chmod(0o640)
    answer = run("test", "--record", RECORD, "--output", "tocsin.test.yml", folder=tmp_path)
    after = (tmp_path / "tocsin.test.yml").read_bytes().decode()
    assert answer.code == 0, answer.err
    assert after.startswith(before)
    assert os.name == "nt" or (tmp_path / "tocsin.test.yml").stat().st_mode & 0o777 == 0o640
    if "\r\n" in before:
        assert "\n" not in after.replace("\r\n", "")
    count = 2 if before.strip() else 1
    assert len(run("test", "--json", folder=tmp_path).json()["cases"]) == count
    says(run("test", "--record", RECORD, "--output", "tocsin.test.yml", folder=tmp_path), 2, "has such a case already")
    assert (tmp_path / "tocsin.test.yml").read_bytes().decode() == after


@pytest.mark.parametrize("before", ["cases: [{name: a, event: failure, told: team}]\n", TESTS + "policy: .tocsin.yml\n", TESTS + "...\n"])
def test_where_adding_lines_cannot_do_it_the_file_stays(before: str, tmp_path: Path):
    place(tmp_path, text=before)
    says(run("test", "--record", RECORD, "--output", "tocsin.test.yml", folder=tmp_path), 2, "paste what is printed")
    assert (tmp_path / "tocsin.test.yml").read_text(encoding="utf-8") == before


def test_a_new_file(tmp_path: Path):
    place(tmp_path, tests=None)
    says(run("test", "--record", RECORD, "--output", "tocsin.test.yml", "--name", "new", folder=tmp_path), 0, "added a case")
    assert (tmp_path / "tocsin.test.yml").read_text(encoding="utf-8").startswith("cases:\n  - name: new\n")


@pytest.mark.parametrize(
    "words", [("--name", "x"), ("--output", "x"), ("--record", RECORD, "--json"), ("--record", RECORD, "tocsin.test.yml")]
)
def test_flags_that_do_not_go_together(words: tuple[str, ...], tmp_path: Path):
    says(run("test", *words, folder=place(tmp_path)), 2, "--record")


@pytest.mark.parametrize(
    ("record", "code"),
    [("gone.json", 4), ("[]", 4), ('{"event": {"hook": "trigger", "event": null, "app": "x"}}', 4), ('{"event": {"colour": 1}}', 4)],
)
def test_what_is_no_record(record: str, code: int, tmp_path: Path):
    place(tmp_path)
    (tmp_path / "r.json").write_text(record, encoding="utf-8")
    says(run("test", "--record", record if record.endswith(".json") else "r.json", folder=tmp_path), code, "--record")


def test_a_record_without_a_policy(tmp_path: Path):
    says(run("test", "--record", RECORD, folder=place(tmp_path, None, None)), 3, "there is no policy")


def test_a_hostile_record_stays_in_its_quotes(tmp_path: Path):
    place(tmp_path)
    names = [
        "::error::x",
        "##[error]y",
        "a\\u001b[31m\\nb: c",
        "null",
        "~",
        "no",
        "1.10",
        "- x",
        "#",
        "{a}",
        "*a",
        "!x",
        "'\\\"",
        "\\u2028",
        "\\ufffe",
        "🎉",
    ]
    for name in names:
        record = f'{{"event": {{"status": "failure", "app": "{name}", "ref": {{"branch": "{name}"}}}}}}'
        (tmp_path / "r.json").write_text(record, encoding="utf-8")
        printed = run("test", "--record", "r.json", folder=tmp_path)
        assert printed.code == 0, printed.err
        (tmp_path / "r.test.yml").write_text(f"cases:\n{printed.out}", encoding="utf-8")
        says(run("test", "r.test.yml", folder=tmp_path), 0)
        assert raw("test", "--record", "r.json", "--output", "tocsin.test.yml", "--name", name, folder=tmp_path).code == 0
