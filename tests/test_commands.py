"""The command line as a process: streams, signals, terminals, clumsy and hostile words, help and exit codes."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.request import urlopen

import pytest
from inprocess import Answer, process, raw, run, streams
from projects import Project
from servers import Answer as Served
from servers import ScriptedServer

from tocsin import commands
from tocsin.channels import KINDS
from tocsin.cli import main

OK = Served(200, b"ok")
ONE = 'channels: {team: {kind: slack, url: "${TEAM}"}}\nnotifications: [{on: [trigger, success, failure], send_to: team}]\n'
COMMANDS = ((), *((name,) for name in commands.COMMANDS), ("channels", "list"), ("channels", "test"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with a policy of one channel and one with a payload."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".tocsin.yml").write_text(
        'channels:\n  team: {kind: slack, url: "${TEAM}"}\n'
        '  hook: {kind: webhook, url: "https://hook.example.com", payload: {a: "{{ app }} {{ commit.message }} {{ title }}"}}\n'
        "notifications: [{name: n, on: [trigger, success, failure], send_to: [team, hook]}]\n"
    )
    return tmp_path


# Help, and what it says of words that are none.


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_is_on_standard_output_and_80_wide(tmp_path: Path, command: tuple[str, ...]):
    for env in ({}, {"COLUMNS": "200"}, {"COLUMNS": "20"}):
        answer = run(*command, "--help", env={**env, "NO_COLOR": "1"}, folder=tmp_path)
        assert (answer.code, answer.err) == (0, "")
        assert answer.out.startswith(f"usage: {' '.join(('tocsin', *command))}")
        assert max(len(line) for line in answer.out.splitlines()) <= 80


def test_the_first_help_names_every_command_and_every_exit_code(tmp_path: Path):
    out = run("--help", folder=tmp_path).out
    for word in commands.COMMANDS:
        assert re.search(rf"^    {word} +\w", out, re.MULTILINE)
    for code in ("0 done", "1 a delivery", "2 usage", "3 policy", "4 no context", "70 a defect", "130 and 143"):
        assert code in out


def test_the_version(tmp_path: Path):
    answer = run("--version", folder=tmp_path)
    assert answer.code == 0
    assert re.fullmatch(r"tocsin \d+\.\d+\.\d+\S*\n", answer.out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "-q",
            f"COMMAND is missing ({', '.join(commands.COMMANDS)}); see tocsin --help",
        ),
        ("chek", "do you mean check?); see tocsin --help"),
        ("validate", "do you mean check?"),
        ("''", "COMMAND: '' is unknown (known: init, send, check"),
        ("-x chek", "COMMAND: 'chek' is unknown (do you mean check?); see tocsin --help"),
        ("nothing-like-it", "known: init, send, check, context"),
        ("send", "HOOK is missing (trigger, completion); see tocsin send --help"),
        ("send completon", "do you mean completion?"),
        ("send failure", "do you mean completion?"),
        ("send ''", "HOOK: '' is unknown (known: trigger, completion); see tocsin send --help"),
        ("send trigger --statuz x", "'--statuz' is unknown here (do you mean --status?); see tocsin send --help"),
        ("send trigger --dryrun", "do you mean --dry-run?"),
        ("send trigger --stat=x", "do you mean --status?"),
        ("send trigger --env x", "do you mean --environment?"),
        ("send trigger --nothing-like-it", "'--nothing-like-it' is unknown here; see tocsin send --help"),
        ("send trigger again", "'again' is unknown here"),
        ("send trigger --app", "--app needs a value"),
        ("send trigger --app --strict", "--app=-VALUE"),
        ("send trigger --ci travis", "--ci: 'travis' is unknown (known: github, gitlab, circleci, jenkins, generic)"),
        ("explain trigger --kind cx", "--kind is 'cx': it must be one of ci, cd"),
        ("explain trigger --tier prod", "--tier is 'prod': it must be one of production"),
        ("check --format jsn", "do you mean json?"),
        ("channels", "ACTION is missing (list, add, modify, delete, test)"),
        ("channels lst", "do you mean list?"),
        ("channels --x lst", "ACTION: 'lst' is unknown (do you mean list?); see tocsin channels --help"),
        ("channels test", "NAME is missing (or --all); see tocsin channels test --help"),
        ("channels test team --all", "NAME and --all exclude each other; see tocsin channels test --help"),
        ("inbox --port x", "--port: 'x' is no port"),
        ("inbox --port 65536", "up to 65535"),
        ("demo --port -1", "--port"),
        ("schema --jsn", "do you mean --json?"),
        ("completion", "SHELL is missing (bash, zsh, fish)"),
        ("completion zhs", "do you mean zsh?"),
        ("complete", "do you mean completion?"),
        ("send trigger --quiet --verbose", "not allowed with"),
    ],
)
def test_a_wrong_word_is_one_line_that_says_what_was_meant(folder: Path, words: str, said: str):
    answer = run(*shlex.split(words), folder=folder)
    assert (answer.code, answer.out) == (2, "")
    [line] = answer.err.splitlines()
    assert line.startswith("tocsin: error: ")
    assert said in line


# Values that nobody expects.

HOSTILE = (
    "", " ", "x" * 100_000, "\udcff\udcfe", "a\nb\r\nc", "::error::x", "##[error]x", "\x1b[31mred\x07", "\u202eevil\u2028", "é😀漢字", "--strict", "${TEAM}",
    "{{ 7 * 7 }}", "%s%n", "\\", "'\"", "*", "[", "!", "../../etc/passwd", "]]>",
)  # fmt: skip
FLAGS = ("app", "project", "environment", "tier", "cluster", "kind", "pipeline", "image", "triggered-by", "policy", "status", "facts", "ci")
VARIABLES = (
    "APP", "PROJECT", "ENVIRONMENT", "TIER", "CLUSTER", "KIND", "PIPELINE", "BRANCH", "TAG", "COMMIT", "COMMIT_MESSAGE", "RUN_ID", "RUN_URL", "IMAGE",
    "TRIGGERED_BY", "STATUS", "POLICY", "DEFAULT_POLICY", "CI", "ALLOWED_HOSTS", "CA_FILE",
)  # fmt: skip
RUNS = (
    ("context", "trigger"),
    ("context", "completion", "--json"),
    ("explain", "completion"),
    ("send", "completion", "--dry-run", "--report=report.json"),
)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value[:12]))
def test_no_value_of_a_flag_breaks_anything(folder: Path, value: str):
    for number, flag in enumerate(FLAGS):
        for words in (RUNS[number % 4], RUNS[(number + 1) % 4]):
            status = () if flag == "status" else ("--status=failure",)
            answer = run(*words, *status, f"--{flag}={value}", folder=folder)
            assert_sound(answer, words, folder)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value[:12]))
def test_no_value_of_a_variable_breaks_anything(folder: Path, value: str):
    for number, name in enumerate(VARIABLES):
        for words in (RUNS[number % 4], RUNS[(number + 1) % 4]):
            status = () if name == "STATUS" else ("--status=failure",)
            answer = run(*words, *status, env={f"TOCSIN_{name}": value}, folder=folder)
            assert_sound(answer, words, folder)


def assert_sound(answer: Answer, words: tuple[str, ...], folder: Path) -> None:
    """Whatever came in, the streams are short, and JSON is JSON."""
    assert all(len(line) < 2100 for line in answer.err.splitlines())
    if "--json" in words and answer.code == 0:
        answer.json()
    report = folder / "report.json"
    if answer.code == 0 and report.exists():
        json.loads(report.read_text(encoding="utf-8"))
        report.unlink()


def test_an_empty_choice_is_none(folder: Path):
    assert run("context", "--ci=", "--json", folder=folder).json()["ci"] == "generic"
    assert run("check", "--format=", folder=folder).code == 0


@pytest.mark.parametrize("name", ["::error::x", "##[error]x", " ::error::x"])
def test_no_name_of_a_channel_is_a_log_command(tmp_path: Path, name: str):
    policy = json.dumps({"channels": {name: {"kind": "slack"}}, "notifications": [{"on": "trigger", "send_to": name}]})
    for words in (("channels", "list"), ("explain", "trigger"), ("send", "trigger", "--dry-run")):
        answer = run(*words, "--policy=-", folder=tmp_path, stdin=policy.encode())  # no line is a command: `run` asks for that
        assert answer.code == 0
        assert "error" in answer.out


def test_a_value_may_begin_with_a_dash(folder: Path):
    assert run("context", "--app=-x", "--json", folder=folder).json()["app"] == "-x"


@pytest.mark.parametrize(
    ("arrange", "said"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.symlink_to(path.name), "is a link that leads nowhere"),
        (lambda path: path.symlink_to("nowhere"), "is a link that leads nowhere"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "UTF-8"),
        (lambda path: path.write_bytes(b"#" * (4 * 1024 * 1024 + 1)), "4 MiB"),
        (lambda path: path.write_text("{" * 10_000), "level"),
    ],
    ids=["folder", "loop", "dangling", "binary", "huge", "deep"],
)
def test_a_policy_that_is_none_is_told(tmp_path: Path, arrange: Any, said: str):
    arrange(tmp_path / "policy.yml")
    for words in (("send", "trigger"), ("context",), ("explain", "trigger"), ("channels", "list"), ("channels", "test", "team")):
        answer = run(*words, "--policy", "policy.yml", folder=tmp_path)
        assert (answer.code, answer.out) == (3, "")
        assert said in answer.err
    assert run("send", "trigger", env={"TOCSIN_POLICY": "policy.yml"}, folder=tmp_path).code == 3
    assert run("send", "trigger", env={"TOCSIN_DEFAULT_POLICY": "policy.yml"}, folder=tmp_path).code == 3


@pytest.mark.parametrize("place", [".tocsin.yml", ".github/tocsin.yml"])
def test_a_policy_in_its_place_that_is_no_file_is_not_passed_over(tmp_path: Path, place: str):
    (tmp_path / ".github").mkdir()
    (tmp_path / place).symlink_to("nowhere")
    answer = run("send", "trigger", folder=tmp_path)
    assert answer.code == 3
    assert f"'{place}' is a link that leads nowhere" in answer.err


def test_the_problems_of_a_policy_are_told_once_each(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text("channels: {team: {kind: slak}}\nnotifications: [{on: failur, send_to: tim}]\n")
    lines = run("send", "trigger", folder=tmp_path).err.splitlines()
    assert lines[0].startswith("tocsin: error: .tocsin.yml:1:25: unknown kind 'slak'")
    assert lines[-1] == "tocsin: error: the policy .tocsin.yml is invalid: 3 errors"
    assert len(lines) == 4


# Streams, folders and Python's own switches, where only a process will do.


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def shell(folder: Path, script: str, env: Mapping[str, str] = {}) -> Ran:
    """Run a line of sh in which "$@" is the program."""
    variables = {"PATH": os.environ["PATH"], **env}
    words = ["sh", "-c", script, "sh", sys.executable, "-m", "tocsin"]
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, check=False)
    ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in ran.err
    assert "Exception ignored" not in ran.err
    assert "defect" not in ran.err
    return ran


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ('"$@" context >&-', 0, ""),
        ('"$@" context >&- 2>&- <&-', 0, ""),
        ('"$@" check - <&-', 3, "1 error"),
        ('"$@" explain trigger | head -0', 0, ""),
        ('"$@" --help | head -0', 0, ""),
        ('"$@" context --json >/dev/full', 2, "standard output cannot be written to: No space left on device"),
        ('"$@" context 2>/dev/full', 0, ""),
        ('"$@" send trigger --dry-run >/dev/full', 0, "No space left on device"),
        ('mkdir gone && cd gone && rmdir ../gone && "$@" context', 4, "the current folder is gone"),
        ('python=$1; shift 3; "$python" -I -m tocsin context "$@"', 0, ""),
        ('python=$1; shift 3; "$python" -OO -m tocsin context "$@"', 0, ""),
    ],
)
def test_streams_folders_and_switches(folder: Path, script: str, code: int, said: str):
    ran = shell(folder, script)
    assert ran.code == code, ran.err
    assert said in ran.err


def test_messages_go_out_though_nobody_reads_what_is_printed(project: Project):
    project.policy(ONE)
    with ScriptedServer(OK) as server:
        for redirection in (">&- 2>&-", ">/dev/full 2>/dev/full", "| head -0"):
            ran = shell(project.folder, f'"$@" send trigger --report report.json {redirection}', {"TEAM": server.url("/x")})
            assert ran.code == 0
            assert project.report()["totals"] == {"delivered": 1, "failed": 0, "skipped": 0}
        assert len(server.requests) == 3


def test_text_outside_of_the_locale_s_characters(folder: Path):
    env = {"PYTHONIOENCODING": "ascii", "TOCSIN_APP": "é😀"}
    assert json.loads(shell(folder, '"$@" context --json', env).out)["app"] == "é😀"
    assert r"\xe9\U0001f600" in shell(folder, '"$@" context', env).out
    for locale in ({"LANG": "C"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"LANG": "C.UTF-8"}):
        ran = shell(folder, '"$@" context --json', {**locale, "TOCSIN_COMMIT_MESSAGE": "é😀"})
        assert len(json.loads(ran.out)["commit"]["message"]) >= 1


def test_a_folder_that_cannot_be_written_to_costs_the_report_only(project: Project):
    project.policy(ONE)
    with ScriptedServer(OK) as server:
        for path in (".", "/proc/report.json", "no/such/folder.json"):
            ran = shell(project.folder, f'"$@" send trigger --report {path}', {"TEAM": server.url("/x")})
            assert ran.code == 0
            assert f"the report {path} cannot be written" in ran.err
        assert len(server.requests) == 3


# Signals.


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_inbox_serves_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals, code: int):
    words = [sys.executable, "-m", "tocsin", "inbox", "--port=0", "--smtp-port=0"]
    with subprocess.Popen(words, cwd=tmp_path, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        line = process.stdout.readline().decode()
        assert re.match(r"The inbox is at http://127\.0\.0\.1:\d+/ and takes mail at 127\.0\.0\.1:\d+", line)
        process.send_signal(number)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (code, b"", b"")


def test_a_port_that_is_taken_is_usage(tmp_path: Path):
    with ScriptedServer(OK) as server:
        answer = run("inbox", "--port", str(server.port), "--smtp-port=0", folder=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert str(server.port) in answer.err


def test_a_signal_while_a_policy_is_read_ends_at_once(tmp_path: Path):
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        fifo = tmp_path / f"policy-{number}.yml"
        os.mkfifo(fifo)
        words = [sys.executable, "-m", "tocsin", "check", fifo.name]
        # The pipe opens here when the program has opened it too.
        with subprocess.Popen(words, cwd=tmp_path, env={}, **pipes) as process, fifo.open("wb"):
            process.send_signal(number)
            _, err = process.communicate()
        assert process.returncode == code
        assert b"Traceback" not in err


class Signalling(io.StringIO):
    """Standard output at whose first line signals come, each handled before the next."""

    def __init__(self, *numbers: signal.Signals) -> None:
        super().__init__()
        self._numbers = list(numbers)

    def write(self, text: str) -> int:
        while self._numbers:
            signal.raise_signal(self._numbers.pop(0))
        return super().write(text)


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ((signal.SIGINT, signal.SIGTERM), 130),
        ((signal.SIGTERM, signal.SIGINT), 143),
        ((signal.SIGTERM, signal.SIGTERM, signal.SIGINT), 143),
    ],
)
def test_the_first_signal_decides_the_exit_code(folder: Path, numbers: tuple[signal.Signals, ...], code: int):
    err = io.StringIO()
    with process({}, folder), streams(io.StringIO(), Signalling(*numbers), err):
        assert main(["send", "trigger", "--dry-run"]) == code
    assert err.getvalue() == ""


# A terminal, and what is none.


class Terminal:
    """A process whose output is a terminal."""

    def __init__(self, folder: Path, words: tuple[str, ...], env: Mapping[str, str], *, out: Any = None) -> None:
        self._master, slave = pty.openpty()
        variables = {"PATH": os.environ["PATH"], "TERM": "xterm", **env}
        command = [sys.executable, "-m", "tocsin", *words]
        self.process = subprocess.Popen(command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=out or slave, stderr=slave)
        os.close(slave)
        self.text = ""

    def read_until(self, text: str) -> None:
        """Read until `text` has come."""
        while text not in self.text:
            self.text += os.read(self._master, 4096).decode()

    def end(self) -> str:
        """Read to the end, and give all that came."""
        while True:
            try:
                chunk = os.read(self._master, 4096)
            except OSError:  # how Linux tells that the other side is closed
                break
            if not chunk:
                break
            self.text += chunk.decode()
        os.close(self._master)
        self.process.wait()
        return self.text


@contextmanager
def held_server() -> Iterator[tuple[ScriptedServer, threading.Event]]:
    """A server that answers when it is let go."""
    hold = threading.Event()
    with ScriptedServer(Served(200, b"ok", hold=hold)) as server:
        yield server, hold


def test_a_terminal_shows_what_is_under_way_and_then_only_the_outcome(project: Project):
    project.policy(ONE)
    with held_server() as (server, hold):
        terminal = Terminal(project.folder, ("send", "trigger"), {"TEAM": server.url("/x")})
        terminal.read_until("sending, 1 to go …")
        hold.set()
        text = terminal.end()
    assert "\x1b[32mdelivered\x1b[0m" in text
    screen = [line.rpartition("\x1b[K")[2] for line in text.replace("\r\n", "\n").split("\n")]
    assert not any("to go" in line for line in screen)


@pytest.mark.parametrize(("env", "line"), [({"NO_COLOR": "1"}, True), ({"TERM": "dumb"}, False), ({"CI": "true", "NO_COLOR": "1"}, False)])
def test_a_terminal_that_wants_no_colours_or_can_do_nothing(project: Project, env: dict[str, str], line: bool):
    project.policy(ONE)
    with ScriptedServer(OK) as server:
        text = Terminal(project.folder, ("send", "trigger"), {"TEAM": server.url("/x"), **env}).end()
    assert "delivered  team  slack" in text
    assert "\x1b[3" not in text
    assert ("\x1b[K" in text) == line
    assert ("to go" in text) == line


def test_a_pipe_gets_plain_lines(project: Project):
    project.policy(ONE)
    with ScriptedServer(OK) as server:
        result = project.run("send", "trigger", env={"TEAM": server.url("/x")})
    assert re.fullmatch(r"delivered  team  slack  \d+\.\d\d s\n", result.out)
    assert result.err == ""


def test_an_answer_into_a_file_has_no_colours_though_the_talk_goes_to_a_terminal(folder: Path):
    with (folder / "out.txt").open("wb") as out:
        text = Terminal(folder, ("check", "missing.yml"), {}, out=out).end()
    assert "\x1b" not in text + (folder / "out.txt").read_text()


def test_outcomes_are_coloured_on_a_terminal(folder: Path):
    text = Terminal(folder, ("explain", "trigger"), {}).end()
    assert "\x1b[1mEvent\x1b[0m" in text
    assert "\x1b[32mwould send (TEAM is not set here)\x1b[0m  team" in text


def test_the_demo_on_a_terminal_serves_its_page_until_it_is_told_to_stop(tmp_path: Path):
    terminal = Terminal(tmp_path, ("demo",), {})
    terminal.read_until("(Ctrl-C ends)")
    assert "sending a sample pipeline's messages …" in terminal.text
    address = re.search(r"http://127\.0\.0\.1:\d+/", terminal.text)
    assert address
    with urlopen(address[0]) as page:
        assert page.status == 200
    terminal.process.send_signal(signal.SIGINT)
    terminal.end()
    assert terminal.process.returncode == 130


# The report.


def test_the_report_has_every_delivery_once_and_no_secret(project: Project):
    project.policy(
        'channels:\n  team: {kind: slack, url: "${TEAM}"}\n  hook: {kind: webhook, url: "${HOOK}"}\n  unset: {kind: slack, url: "${UNSET}"}\n'
        "  other: {kind: slack, url: '${TEAM}', project: other}\n"
        "notifications:\n  - {name: a, on: failure, send_to: [team, hook]}\n  - {on: failure, send_to: [unset, other, team]}\n"
    )
    with ScriptedServer(OK) as ok, ScriptedServer(Served(410, b"gone: /services/s3cr3t")) as gone:
        result = project.send("failure", env={"TEAM": ok.url("/services/s3cr3t"), "HOOK": gone.url("/services/s3cr3t")})
        event = project.run("context", "--status=failure", "--json").out
    report = result.report
    assert report
    assert list(report) == ["version", "event", "deliveries", "totals"]
    assert (report["version"], report["totals"]) == (1, {"delivered": 1, "failed": 1, "skipped": 2})
    assert set(report["event"]) == set(json.loads(event))
    keys = ["channel", "kind", "recipient", "rules", "outcome", "reason", "attempts", "seconds", "receipt"]
    assert [list(row) for row in report["deliveries"]] == [keys] * 4
    rows = [(row["recipient"], row["rules"], row["outcome"], row["attempts"]) for row in report["deliveries"]]
    assert rows == [
        ("team", ["a", "#2"], "delivered", 1),
        ("hook", ["a"], "failed", 1),
        ("unset", ["#2"], "skipped", 0),
        ("other", ["#2"], "skipped", 0),
    ]
    assert [row["reason"] is None for row in report["deliveries"]] == [True, False, False, False]
    assert all(isinstance(row["seconds"], float) and 0 <= row["seconds"] < 60 for row in report["deliveries"])
    assert "s3cr3t" not in json.dumps(report) + result.out + result.err


def test_under_strict_every_reason_for_the_exit_code_is_told(project: Project):
    project.policy(
        'channels: {team: {kind: slack, url: "${TEAM}"}, other: {kind: slack, url: "${TEAM}", project: other}}\n'
        "notifications: [{on: failure, send_to: [team, other]}]\n"
    )
    result = project.send("failure", "--strict")
    assert result.code == 1
    assert result.err == "tocsin: error: not delivered to team (slack): variable TEAM is not set\n"
    project.policy('channels: {other: {kind: slack, url: "${TEAM}", project: other}}\nnotifications: [{on: failure, send_to: other}]\n')
    assert project.send("failure", "--strict").code == 0


# Test messages and the demo.


def test_a_test_message_goes_through_the_real_thing(project: Project):
    project.policy(ONE)
    with ScriptedServer(OK, Served(404, b"no_service")) as server:
        env = {"TEAM": server.url("/services/T0/s3cr3t")}
        done = project.run("channels", "test", "team", env=env)
        failed = project.run("channels", "test", "team", env=env)
    assert done.code == 0
    assert re.fullmatch(r"delivered  team  slack  \d+\.\d\d s\n", done.out)
    assert "Test: payments → team" in server.requests[0].json()["text"]
    assert failed.code == 1
    assert failed.out.startswith("failed  team  slack  no_service: ")
    assert "s3cr3t" not in done.out + done.err + failed.out + failed.err


def test_a_test_mail_goes_to_the_address_that_is_named(project: Project):
    channel = f"{{kind: smtp, host: 127.0.0.1, port: {closed_port()}, security: none, from: ci@example.com}}"
    project.policy(f"channels: {{mail: {channel}}}\ndelivery: {{attempts: 1}}\n")
    result = project.run("channels", "test", "mail", "--to", "dev@example.com")
    assert result.code == 1
    assert result.out.startswith("failed  dev@example.com  smtp  ")


def closed_port() -> int:
    """A port on which nobody listens any more."""
    with ScriptedServer(OK) as server:
        return server.port


def test_two_test_messages_are_no_repetition_of_each_other_or_of_a_real_one(project: Project):
    project.policy('channels: {hook: {kind: webhook, url: "${TEAM}"}}\nnotifications: [{on: trigger, send_to: hook}]\n')
    with ScriptedServer(OK) as server:
        for words in (("channels", "test", "hook"), ("channels", "test", "hook"), ("send", "trigger")):
            assert project.run(*words, env={"TEAM": server.url("/x")}).code == 0
        assert len({request.headers["webhook-id"] for request in server.requests}) == 3


def test_the_demo_sends_to_every_kind_and_ends(tmp_path: Path):
    answer = run("demo", "--once", env={"HTTPS_PROXY": "http://127.0.0.1:1", "TOCSIN_ALLOWED_HOSTS": "nowhere"}, folder=tmp_path)
    rows = [line.split() for line in answer.out.splitlines()]
    assert (answer.code, answer.err) == (0, "")
    assert rows[0] == ["OUTCOME", "KIND", "TO", "WHAT", "ARRIVED"]
    assert sorted(row[:2] for row in rows[1:]) == sorted(
        ["delivered", kind] for kind, row in KINDS.items() if not row.bridge for _ in range(2)
    )
    assert all("payments" in row for row in rows[1:])


def test_a_demo_without_a_folder_to_write_to_is_told(tmp_path: Path):
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path / "missing")
    try:
        answer = run("demo", "--once", folder=tmp_path)
    finally:
        tempfile.tempdir = before
    assert answer.code == 2
    assert "TMPDIR" in answer.err


def test_an_untrusted_run_says_why_in_every_command(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(ONE)
    env = {
        "GITLAB_CI": "true",
        "CI_MERGE_REQUEST_IID": "1",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2",
        "CI_MERGE_REQUEST_PROJECT_ID": "1",
        "CI_PROJECT_ID": "1",
    }
    for words in (("send", "trigger"), ("context",), ("explain", "trigger")):
        answer = run(*words, env=env, folder=tmp_path)
        assert answer.code == 0
        assert "nothing is sent: this merge request comes from a fork" in answer.err
    assert run("channels", "list", env=env, folder=tmp_path).code == 3
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "tocsin.yml").write_text("what a head adds breaks nothing")
    assert run("send", "trigger", env=env, folder=tmp_path).code == 0
    (tmp_path / ".github" / "tocsin.yml").unlink()
    (tmp_path / ".tocsin.yml").unlink()  # nor does a head choose the variables' policy by taking the repository's away
    answer = run(
        "explain", "completion", "--status=failure", "--json", env={**env, "SLACK_WEBHOOK_URL": "https://x.example.com"}, folder=tmp_path
    )
    assert answer.json()["deliveries"] == []
    (tmp_path / ".tocsin.yml").write_text(ONE)
    assert run("channels", "list", "--policy", "-", env=env, folder=tmp_path, stdin=ONE.encode()).code == 0


def test_a_defect_is_told_with_its_place_and_without_values(tmp_path: Path):
    answer = raw(cast("str", b"s3cr3t"), folder=tmp_path)  # no user can: words are text
    assert answer.code == 70
    assert re.fullmatch(r"tocsin: error: a defect of tocsin, please report it: TypeError at commands/\w+\.py:\d+\n", answer.err)


def test_raw_output_is_what_run_judges(tmp_path: Path):
    assert raw("--version", folder=tmp_path) == run("--version", folder=tmp_path)
