"""`--tests GLOB`: what the JUnit XML reports of the workspace say, at the command line, and what bad ones get.

cases/test_reports/read/NAME.xml is a report, NAME.json what it comes to; those in refused/ are left out, for the reason in `REFUSED`.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import CASES, Answer, run
from projects import Project
from servers import ScriptedServer

from tocsin.junit import UnreadableReportError, read_report
from tocsin.test_reports import FILE_MAX_BYTES, FILES_MAX, split_globs
from tocsin.text import UNSAFE
from tocsin.workspace_files import find_files

REPORTS = CASES / "test_reports"
GOOD = '<testsuite><testcase name="good"/><testcase name="bad"><failure message="why"/></testcase></testsuite>'
DECLARES = "it declares a document type or an entity, as no report needs to"
REFUSED = {
    "binary": "it is no well-formed XML (line 1)",
    "bomb": DECLARES,
    "broken": "it is no well-formed XML (line 2)",
    "coverage": "it is no JUnit report: it does not begin with testsuites or testsuite",
    "document-type": DECLARES,
    "empty": "it is no well-formed XML (line 1)",
    "external-entity": DECLARES,
    "html": "it is no JUnit report: it does not begin with testsuites or testsuite",
    "no-tests": "there is no test in it",
    "not-utf-8": "it is no well-formed XML (line 1)",
    "parameter-entity": DECLARES,
    "two-roots": "it is no well-formed XML (line 1)",
    "unknown-encoding": "its encoding is unknown",
    "unknown-entity": "it is no well-formed XML (line 1)",
    "wide-encoding": "its encoding is unknown",
}


def context(folder: Path, *globs: str, env: dict[str, str] | None = None, status: str = "failure", facts: str = "{}") -> Answer:
    """The event of a run that has ended, with these globs."""
    words = [word for glob in globs for word in ("--tests", glob)]
    return run(
        "context", "completion", "--status", status, "--json", "--facts", "-", *words, env=env or {}, folder=folder, stdin=facts.encode()
    )


def results_of(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["tests"]
    return found


def left_out(answer: Answer) -> list[str]:
    return [found for line in answer.err.splitlines() if (found := line.partition("no test results from ")[2])]


def write(path: Path, text: str = GOOD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


NOTHING = {"total": None, "failed": None, "skipped": None, "failures": []}
BOTH = {"total": 2, "failed": 1, "skipped": 0, "failures": [{"name": "bad", "message": "why"}]}


@pytest.mark.parametrize("name", sorted(path.stem for path in (REPORTS / "read").glob("*.xml")))
def test_a_report_of_each_tool(name: str):
    answer = context(REPORTS / "read", f"{name}.xml")
    assert results_of(answer) == json.loads((REPORTS / "read" / f"{name}.json").read_text("utf-8"))
    assert not left_out(answer)


def test_every_refused_report_has_its_reason():
    assert {path.stem for path in (REPORTS / "refused").glob("*.xml")} == set(REFUSED)


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_report_is_left_out_and_the_others_count(name: str, tmp_path: Path):
    write(tmp_path / "b.xml")
    (tmp_path / "a.xml").write_bytes((REPORTS / "refused" / f"{name}.xml").read_bytes())
    answer = context(tmp_path, "*.xml")
    assert results_of(answer) == BOTH
    assert left_out(answer) == [f"'a.xml': {REFUSED[name]}"]


def test_the_source_says_who_asked(tmp_path: Path):
    write(tmp_path / "a.xml")
    assert context(tmp_path, "a.xml").json()["sources"]["tests.total"] == "flag --tests"
    assert context(tmp_path, env={"TOCSIN_TESTS": "a.xml"}).json()["sources"]["tests.failures"] == "env TOCSIN_TESTS"


def test_the_flag_counts_more_than_the_variable_and_the_facts_more_than_both(tmp_path: Path):
    write(tmp_path / "a.xml")
    assert results_of(context(tmp_path, "a.xml", env={"TOCSIN_TESTS": "b.xml"})) == BOTH
    assert results_of(context(tmp_path, "a.xml", facts='{"tests": {"total": 7}}'))["total"] == 7


@pytest.mark.parametrize(
    ("texts", "globs"),
    [
        (["a.xml"], ["a.xml"]),
        (["a.xml, b.xml", "c.xml"], ["a.xml", "b.xml", "c.xml"]),
        (["\n a.xml \n\nb c.xml\r\n"], ["a.xml", "b c.xml"]),
    ],
)
def test_globs_stand_on_lines_or_between_commas(texts: list[str], globs: list[str]):
    assert split_globs(texts) == globs


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("a.xml", ["a.xml"]),
        ("./a.xml", ["a.xml"]),
        ("*.xml", ["a.xml"]),
        ("?.xml", ["a.xml"]),
        ("[ab].xml", ["a.xml"]),
        ("*", ["a.xml"]),
        ("**/*.xml", ["a.xml", "one/b.xml", "one/two/c.xml"]),
        ("**", ["a.xml", "one/b.xml", "one/two/c.xml"]),
        ("**/**/**/two/**/*.xml", ["one/two/c.xml"]),
        ("one/*/*.xml", ["one/loop/a.xml", "one/two/c.xml"]),
        (".hidden/*.xml", [".hidden/d.xml"]),
        ("one", []),
        ("a.xml/b", []),
        ("", []),
        ("\ud800", []),
        ("x" * 5000, []),
    ],
)
def test_what_a_glob_finds(glob: str, found: list[str], tmp_path: Path):
    for name in ("a.xml", "one/b.xml", "one/two/c.xml", ".hidden/d.xml"):
        write(tmp_path / name)
    (tmp_path / "one" / "loop").symlink_to(tmp_path)
    files = find_files(tmp_path, glob, lambda: True)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in files) == found


def test_a_glob_may_begin_with_the_folders_own_path(tmp_path: Path):
    write(tmp_path / "a.xml")
    assert results_of(context(tmp_path, f"{tmp_path}/*.xml")) == BOTH


@pytest.mark.parametrize("glob", ["../*.xml", "one/../../a.xml", "/etc/*.xml", "/", "a/.."])
def test_a_glob_that_leaves_the_folder_is_refused(glob: str, tmp_path: Path):
    answer = context(tmp_path, glob)
    assert left_out(answer) == [f"'{glob}': it must be a path from the current folder on, without .."]
    assert results_of(answer) == NOTHING


def test_a_link_out_of_the_workspace_is_refused(tmp_path: Path):
    write(tmp_path / "out" / "a.xml")
    work = tmp_path / "work"
    write(work / "real.xml")
    (work / "a.xml").symlink_to(tmp_path / "out" / "a.xml")
    (work / "b.xml").symlink_to(work / "real.xml")
    (work / "folder").symlink_to(tmp_path / "out")
    answer = context(work, "[ab].xml", "folder/a.xml")
    assert results_of(answer) == BOTH
    assert left_out(answer) == ["'a.xml': it leads out of the workspace", "'folder/a.xml': it leads out of the workspace"]


def test_a_report_with_two_names_counts_once(tmp_path: Path):
    write(tmp_path / "a.xml")
    (tmp_path / "b.xml").symlink_to("a.xml")
    assert results_of(context(tmp_path, "*.xml", "**", "a.xml")) == BOTH


def test_in_a_subfolder_the_workspace_is_the_whole_repository(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    write(tmp_path / "one" / "a.xml")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.xml").symlink_to(tmp_path / "one" / "a.xml")
    assert results_of(context(tmp_path / "two", "a.xml")) == BOTH


def test_no_file_is_a_notice(tmp_path: Path):
    (tmp_path / "folder.xml").mkdir()
    os.mkfifo(tmp_path / "pipe.xml")
    answer = context(tmp_path, "*.xml", status="success")
    assert left_out(answer) == ["'*.xml': there is no such file"]
    assert "tests" not in " ".join(answer.json()["sources"])


def test_a_file_that_is_too_large_is_left_out(tmp_path: Path):
    with (tmp_path / "a.xml").open("wb") as file:
        file.truncate(FILE_MAX_BYTES + 1)
    [text] = left_out(context(tmp_path, "a.xml"))
    assert text == f"'a.xml': it has more than {FILE_MAX_BYTES:,} bytes"


def test_of_many_files_the_first_are_read_and_of_many_broken_ones_a_few_are_named(tmp_path: Path):
    for number in range(FILES_MAX + 2):
        write(tmp_path / f"{number:03}.xml", "<testsuite>" if number < 9 else '<testsuite><testcase name="a"/></testsuite>')
    answer = context(tmp_path, "*.xml")
    assert results_of(answer)["total"] == FILES_MAX - 9
    assert left_out(answer)[0] == f"2 files: only the first {FILES_MAX} are read"
    assert left_out(answer)[-1] == "5 more"
    assert len(left_out(answer)) == 6


def test_a_report_that_is_older_than_the_run_is_another_runs(tmp_path: Path):
    facts = '{"run": {"started_at": "2026-01-02T03:00:00Z"}}'
    started = 1767322800
    os.utime(write(tmp_path / "old.xml", '<testsuite><testcase name="a"/></testsuite>'), (started - 61, started - 61))
    os.utime(write(tmp_path / "new.xml"), (started - 59, started - 59))
    answer = context(tmp_path, "*.xml", facts=facts)
    assert results_of(answer) == BOTH
    assert left_out(answer) == ["'old.xml': it is older than this run"]
    assert results_of(context(tmp_path, "*.xml"))["total"] == 3


def test_a_start_reads_no_report(tmp_path: Path):
    write(tmp_path / "a.xml")
    answer = run("context", "trigger", "--json", "--tests", "a.xml", folder=tmp_path)
    assert results_of(answer) == NOTHING


def test_where_the_time_is_used_up_the_report_is_left_out():
    with pytest.raises(UnreadableReportError, match="the time for look-ups is used up"):
        read_report(GOOD.encode(), lambda: False)
    with pytest.raises(TimeoutError):
        list(find_files(REPORTS, "**/*.xml", lambda: False))


def test_a_deep_or_long_report_takes_no_stack():
    deep = "<testsuite>" * 50_000 + GOOD + "</testsuite>" * 50_000
    assert read_report(deep.encode(), lambda: True).total == 2
    wide = f"<testsuite>{GOOD * 2000}<testcase name='{'x' * 3_000_000}'><failure>{'y' * 3_000_000}</failure></testcase></testsuite>"
    assert read_report(wide.encode(), lambda: True).failed == 2001


XML = st.recursive(
    st.text(max_size=12).map(lambda text: "".join(char for char in text if char.isprintable() and char not in "<&")),
    lambda inner: st.tuples(
        st.sampled_from(["testsuite", "testcase", "failure", "error", "skipped", "system-out"]),
        st.sampled_from(["", ' name="a"', ' message="&#x202e;m"', ' classname="c"', ' status="notrun"']),
        st.lists(inner, max_size=3),
    ).map(lambda parts: f"<{parts[0]}{parts[1]}>{''.join(parts[2])}</{parts[0]}>"),
    max_leaves=12,
)


@settings(max_examples=60)
@given(XML)
def test_whatever_a_report_holds_its_numbers_fit(text: str):
    report = read_report(f"<testsuites>{text}</testsuites>".encode(), lambda: True)
    assert report.failed + report.skipped <= report.total
    assert len(report.failures) == min(report.failed, 5)
    assert not any(UNSAFE.search(said or "") for failure in report.failures for said in failure)


@settings(max_examples=60)
@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda data: b"<testsuite><testcase name='" + data))
def test_whatever_bytes_a_file_holds_it_is_read_or_refused(data: bytes):
    with suppress(UnreadableReportError):
        read_report(data, lambda: True)


POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: always, send_to: team}]\n"


def test_secrets_known_to_the_run_are_masked_in_what_is_quoted(project: Project, slack: ScriptedServer):
    """In the message, in the report and in the log: a test's message or a log may repeat the environment."""
    address = slack.url("/services/T0000/B0000/s3cr3t-of-the-channel")
    project.policy(POLICY.replace("slack}", "slack, url: '${HOOK}'}"))
    write(project.folder / "a.xml", f'<testsuite><testcase name="a"><failure message="sent to {address}"/></testcase></testsuite>')
    facts = json.dumps(
        {
            "failures": [{"job": "a", "reason": f"POST {address} failed", "excerpt": "curl\nT0000/B0000/s3cr3t-of-the-channel"}],
            "reason": address,
        }
    )
    result = project.send("failure", "--tests", "a.xml", "--facts", "-", env={"HOOK": address}, stdin=facts.encode())
    assert result.rows() == {"team": ("delivered", None)}, result.err
    assert result.report
    event = result.report["event"]
    assert event["tests"]["failures"][0]["name"] == "a"
    assert "***" in event["tests"]["failures"][0]["message"]
    assert "***" in event["failures"][0]["excerpt"]
    told = json.dumps(result.report) + result.out + result.err + slack.requests[0].body.decode()
    assert "s3cr3t-of" not in told
