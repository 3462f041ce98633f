"""What a person expects of any command line: help without words, `-V`, `--quiet`, `--verbose`, `--json`, completion."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from inprocess import Answer, run
from runners import require
from servers import Answer as Served
from servers import ScriptedServer
from wheelhouse import stamp

from tocsin import __version__, commands

ROOT = Path(__file__).resolve().parent.parent

TWO = """\
channels: {team: {kind: slack, url: "${TEAM}"}, ops: {kind: slack, url: "${OPS}"}}
notifications:
  - {name: all, on: [trigger, failure], send_to: [team, ops]}
  - {name: late, on: success, send_to: team}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with two channels, of which one has no secret in most tests."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".tocsin.yml").write_text(TWO)
    return tmp_path


def test_no_words_at_all_print_the_help(tmp_path: Path):
    assert run(folder=tmp_path) == run("--help", folder=tmp_path)
    assert run(folder=tmp_path).code == 0


def test_the_short_word_for_the_version(tmp_path: Path):
    assert run("-V", folder=tmp_path) == Answer(0, f"tocsin {__version__}\n", "")


# How much is said.


@pytest.mark.parametrize("words", [("send", "trigger", "--quiet"), ("-q", "send", "trigger"), ("send", "-q", "trigger")], ids=" ".join)
def test_quiet_prints_nothing_where_nothing_failed(folder: Path, words: tuple[str, ...]):
    with ScriptedServer(Served(200, b"ok")) as server:
        assert run(*words, env={"TEAM": server.url("/x")}, folder=folder) == Answer(0, "", "")
        assert len(server.requests) == 1


def test_quiet_still_prints_what_failed(folder: Path):
    with ScriptedServer(Served(404, b"no_team")) as server:
        answer = run("send", "trigger", "--quiet", "--strict", env={"TEAM": server.url("/x"), "OPS": server.url("/y")}, folder=folder)
    assert answer.code == 1
    assert sorted(line.split()[:2] for line in answer.out.splitlines()) == [["failed", "ops"], ["failed", "team"]]
    assert all(line.startswith("tocsin: error: not delivered to ") for line in answer.err.splitlines())


def test_quiet_leaves_the_answer_and_the_errors(folder: Path):
    assert "all is valid" not in run("check", "-q", folder=folder).err
    assert run("check", "-q", folder=folder) == Answer(0, "", "")
    assert run("channels", "list", "--quiet", folder=folder).out == run("channels", "list", folder=folder).out
    (folder / ".tocsin.yml").write_text("nothing")
    answer = run("check", "-q", folder=folder)
    assert (answer.code, len(answer.out.splitlines())) == (3, 1)
    assert answer.err == "tocsin: error: 1 error found\n"


@pytest.mark.parametrize(
    "words",
    [
        ("context",),
        ("explain", "trigger"),
        ("channels", "list"),
        ("send", "completion", "--status=success", "--dry-run"),
        ("channels", "test", "team"),
    ],
    ids=" ".join,
)
def test_verbose_names_the_ci_the_policy_and_the_look_ups(folder: Path, words: tuple[str, ...]):
    plain, verbose = (run(*words, *flags, folder=folder) for flags in ((), ("--verbose",)))
    assert "debug" not in plain.err
    lines = [line.removeprefix("tocsin: debug: ") for line in verbose.err.splitlines() if line.startswith("tocsin: debug: ")]
    assert lines[:3] == ["the CI is generic", "the policy is .tocsin.yml", "no look-up: there is no token for the CI's API"]
    assert verbose.out == plain.out


def test_verbose_says_what_became_of_each_rule(folder: Path):
    answer = run("send", "completion", "--status=success", "--dry-run", "-v", env={"TEAM": "https://hooks.slack.com/x"}, folder=folder)
    assert "tocsin: debug: rule all: does not match: event is success, wanted trigger, failure\n" in answer.err
    assert "tocsin: debug: rule late: matches\n" in answer.err
    assert "tocsin: debug: team (slack) by late\n" in answer.err


def test_verbose_names_the_nearest_rule_where_none_matches(folder: Path):
    words = ("send", "completion", "--status=cancelled")
    assert "nearest" not in run(*words, folder=folder).err
    assert (
        "tocsin: debug: no rule matches, so nothing is sent: the nearest is 'all' (line 3), but the event is cancelled"
        in run(*words, "-v", folder=folder).err
    )


def test_every_command_takes_both_words():
    for name in commands.COMMANDS:
        command = commands.parser().commands[name]
        for below in command.commands.values() or [command]:
            assert {"-q", "--quiet", "-v", "--verbose"} <= {option for argument in below.arguments for option in argument.option_strings}


# JSON wherever there is an answer.


def test_send_prints_its_report(folder: Path):
    answer = run("send", "trigger", "--json", "--report=report.json", folder=folder)
    assert answer.out == (folder / "report.json").read_text(encoding="utf-8")
    assert [row["recipient"] for row in answer.json()["deliveries"]] == ["team", "ops"]


def test_a_test_of_the_channels_prints_its_outcomes(folder: Path):
    with ScriptedServer(Served(200, b"ok")) as server:
        answer = run("channels", "test", "--all", "--json", env={"TEAM": server.url("/x")}, folder=folder)
    assert [(row["channel"], row["outcome"], row["reason"]) for row in answer.json()] == [
        ("team", "delivered", None), ("ops", "skipped", "variable OPS is not set"),
    ]  # fmt: skip


def test_check_and_schema_take_the_same_word(folder: Path):
    (folder / ".tocsin.yml").write_text("nothing")
    assert run("check", "--json", folder=folder) == run("check", "--format=json", folder=folder)
    assert run("schema", "--json", folder=folder) == run("schema", folder=folder)


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_json_is_there_wherever_there_is_an_answer(name: str):
    command = commands.parser().commands[name]
    for below in command.commands.values() or [command]:
        assert any("--json" in argument.option_strings for argument in below.arguments) == (name != "completion")


# The policy as a file and as a flag.


def test_a_policy_is_named_in_both_ways(folder: Path):
    (folder / "other.yml").write_text("channels: {room: {kind: teams}}\nnotifications: [{on: failure, send_to: room}]\n")
    assert run("check", "--policy", "other.yml", folder=folder) == run("check", "other.yml", folder=folder)
    for words in (("other.yml", "--policy=.tocsin.yml"), ("--policy=other.yml", "--policy=.tocsin.yml"), ("other.yml", ".tocsin.yml")):
        assert len(run("check", *words, folder=folder).err.splitlines()) == 2
    assert run("channels", "list", "other.yml", folder=folder) == run("channels", "list", "--policy=other.yml", folder=folder)
    answer = run("channels", "list", "other.yml", "--policy=other.yml", folder=folder)
    assert (answer.code, answer.err) == (2, "tocsin: error: FILE and --policy both name the policy: keep one of them\n")


# The demo without the packages of SES.


def test_the_demo_without_boto3_skips_ses_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    answer = run("demo", "--json", folder=tmp_path)
    assert answer.code == 0
    rows: list[dict[str, Any]] = answer.json()
    reason = "boto3 is not installed, which SES needs: pip install boto3"
    assert {row["arrived"] for row in rows if row["kind"] == "ses"} == {reason}
    assert {row["outcome"] for row in rows if row["kind"] == "ses"} == {"skipped"}
    assert {row["outcome"] for row in rows if row["kind"] != "ses"} == {"delivered"}


# Completion.

BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_shtab_tocsin
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("che",), "check"),
        (("send", ""), "completion trigger"),
        (("send", "trigger", "--st"), "--status --strict"),
        (("send", "trigger", "--ci", "gi"), "github gitlab"),
        (("channels", ""), "add delete list modify test"),
        (("completion", ""), "bash fish zsh"),
    ],
    ids=" ".join,
)
def test_bash_completes(tmp_path: Path, words: tuple[str, ...], offered: str):
    script = tmp_path / "tocsin.bash"
    script.write_text(run("completion", "bash", folder=tmp_path).out)
    done = subprocess.run([require("bash"), "-c", BASH, "bash", script, "tocsin", *words], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == offered.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script_that_it_can_read(tmp_path: Path, shell: str):
    answer = run("completion", shell, folder=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    for word in (*commands.COMMANDS, "--status" if shell != "fish" else "-l status"):
        assert word in answer.out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=answer.out, text=True, check=True)


# The man page, which the docs' generator writes and holds current.


def test_the_man_page_reads_without_a_warning_and_names_every_command():
    page = ROOT / "docs" / "man" / "tocsin.1"
    done = subprocess.run(
        [require("man"), "--warnings", "-l", str(page)], capture_output=True, text=True, check=True, env={**os.environ, "MANWIDTH": "80"}
    )
    assert done.stderr == ""
    for word in (
        *(f"tocsin {name}" for name in commands.COMMANDS if name not in ("channels", "import")),
        "tocsin channels test",
        "tocsin import devtron",
        "EXIT STATUS",
        "--dry-run",
    ):
        assert word in " ".join(done.stdout.split())


def test_the_wheel_puts_the_man_page_where_man_looks(tmp_path: Path):
    wheel = stamp.build_wheel(ROOT, tmp_path)
    [page] = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("/share/man/man1/tocsin.1")]
    assert ".data/data/" in page  # by the wheel's format, below the folder that has bin/
