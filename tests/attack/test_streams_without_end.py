"""Whatever is at the other end of a file or a stream, or nobody: the program comes to its end, and says what was wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from projects import Project
from quick_starts import running
from servers import ScriptedServer

from tocsin import world

INPUT_SECONDS = 0.2  # instead of what the program has for its files and streams
PROGRAM = f"from tocsin import cli, world; world.INPUT_MAX_SECONDS = {INPUT_SECONDS}; cli.entry()"
SECONDS = 40  # the process's own limit: without an end it is killed, and the test fails
POLICY = """
channels: {team: {kind: slack}}
notifications: [{on: failure, send_to: team}]
delivery: {budget: 4}
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes with a name")


@pytest.fixture
def fifo(tmp_path: Path) -> str:
    """A pipe with a name that nobody ever opens."""
    os.mkfifo(tmp_path / "fifo")
    return str(tmp_path / "fifo")


@pytest.fixture
def held_fifo(fifo: str) -> Iterator[str]:
    """One that somebody holds open and never writes to."""
    held = os.open(fifo, os.O_RDWR)
    yield fifo
    os.close(held)


def run(project: Project, *words: str, env: Mapping[str, str] = {}, **streams: int) -> subprocess.CompletedProcess[str]:
    """Run the program; standard input is empty unless it is given."""
    program = project.folder.parent / f"{project.folder.name}.py"
    program.write_text(PROGRAM, encoding="utf-8")
    return subprocess.run(
        [*running(project.starts, program), *words],
        cwd=project.folder,
        env=project.environment({"SLACK_WEBHOOK_URL": "http://127.0.0.1:9/services/x", **env}),
        text=True,
        check=False,
        timeout=SECONDS,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},  # type: ignore[call-overload]
    )


def test_the_time_for_an_input_ends_before_a_job_s_does():
    assert world.INPUT_MAX_SECONDS == 5.0


@pytest.mark.parametrize("path", ["fifo", "/dev/zero", "."])
@pytest.mark.parametrize(
    "words", [("check", "{}"), ("explain", "trigger", "--policy", "{}"), ("send", "completion", "--status", "failure", "--policy", "{}")]
)
def test_a_policy_that_never_ends(project: Project, fifo: str, path: str, words: tuple[str, ...]):
    done = run(project, *(word.format(path) for word in words))
    assert done.returncode == 3, done
    said = {"fifo": ("does not end",), "/dev/zero": ("4,194,304 bytes",), ".": ("Is a directory", "is a folder")}[path]
    assert any(words in done.stdout + done.stderr for words in said)


def test_a_pipe_that_is_held_open(project: Project, held_fifo: str):
    assert "does not end" in run(project, "check", held_fifo).stdout


@pytest.mark.parametrize("path", ["fifo", "/dev/zero"])
def test_facts_that_never_end(project: Project, fifo: str, path: str):
    project.policy(POLICY)
    done = run(project, "context", "--facts", path)
    assert done.returncode == 4
    assert "does not end" in done.stderr or "more than" in done.stderr


@pytest.mark.parametrize("path", ["fifo", "/dev/zero", "/dev/null"])
def test_an_event_file_that_is_none(project: Project, fifo: str, path: str):
    project.policy(POLICY)
    done = run(project, "context", "--json", env={"GITHUB_EVENT_PATH": path})
    assert done.returncode == 0
    assert json.loads(done.stdout)["commit"]["sha"]
    assert "is no file but a pipe or a device" in done.stderr


def test_an_event_file_beyond_all_that_github_sends(project: Project):
    project.policy(POLICY)
    with (project.folder / "event.json").open("wb") as file:
        file.truncate(3_000_000_000)
    done = run(project, "context", "--json", env={"GITHUB_EVENT_PATH": "event.json"})
    assert done.returncode == 0
    assert "it has more than 33,554,432 bytes" in done.stderr


@pytest.mark.parametrize("words", [("check", "-"), ("context", "--facts", "-"), ("send", "trigger", "--policy", "-")])
def test_a_standard_input_that_nobody_closes(project: Project, words: tuple[str, ...]):
    ours, theirs = os.pipe()
    try:
        done = run(project, *words, stdin=ours)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert "standard input cannot be read: it does not end" in done.stderr


def test_a_standard_input_without_end(project: Project):
    with open("/dev/zero", "rb") as zero:  # noqa: PTH123  a device
        assert "more than 4,194,304 bytes" in run(project, "check", "-", stdin=zero.fileno()).stdout


def test_a_policy_comes_through_a_pipe_that_is_written_to(project: Project, fifo: str):
    def write() -> None:
        Path(fifo).write_text(POLICY + "#" * 300_000, encoding="utf-8")

    threading.Thread(target=write, daemon=True).start()
    assert run(project, "check", fifo).returncode == 0
    done = subprocess.run(
        [
            "bash",
            "-c",
            'cat p | "$0" -m tocsin check /dev/stdin && "$0" -m tocsin check <(cat p) && "$0" -m tocsin explain trigger --policy <(cat p)',
            sys.executable,
        ],
        cwd=project.policy(POLICY, "p").parent,
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_pipe_that_nobody_reads(project: Project, slack: ScriptedServer, stream: str):
    """The messages go out, the report is written, and the process ends as ever."""
    project.policy(
        "channels:\n" + "".join(f"  c{n}: {{kind: slack}}\n" for n in range(3)) + POLICY.split("\n", 2)[2].replace("team", "[c0, c1, c2]")
    )
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    try:
        while True:
            os.write(theirs, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(theirs, True)
    try:
        env = {"SLACK_WEBHOOK_URL": slack.url()}
        done = run(project, "send", "completion", "--status", "failure", "--report", "r.json", env=env, **{stream: theirs})
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0, done
    assert json.loads((project.folder / "r.json").read_text())["totals"]["delivered"] == 3


def test_a_report_into_a_pipe_that_nobody_reads(project: Project, slack: ScriptedServer, fifo: str):
    project.policy(POLICY)
    done = run(project, "send", "completion", "--status", "failure", "--report", fifo, env={"SLACK_WEBHOOK_URL": slack.url()})
    assert done.returncode == 0
    assert "the report" in done.stderr
    assert "cannot be written" in done.stderr
    assert "delivered" in done.stdout


def test_a_report_into_a_pipe_that_somebody_holds_and_does_not_read(project: Project, slack: ScriptedServer, held_fifo: str):
    project.policy("channels: {}\nnotifications: []\ndelivery: {budget: 2}\n")
    facts = json.dumps({"changes": [{"title": "x" * 1000}] * 200})
    (project.folder / "facts.json").write_text(facts)
    done = run(project, "send", "completion", "--status", "failure", "--report", held_fifo, "--facts", "facts.json")
    assert done.returncode == 0
    assert "nobody reads it" in done.stderr
