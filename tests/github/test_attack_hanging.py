"""A program that does not end: the shim watches the time, by what the program says that it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from act import ROOT
from projects import GITHUB
from runners import require

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs signals")
SHIM = ROOT / "plugins" / "github"
GRACE = "GRACE_SECONDS = {}"  # so that the tests do not wait
START = "START_SECONDS = {}"
FOR_EVER = "threading.Event().wait()"  # Python's handlers run in between; what ignores a signal is ended by force
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN)"
TOLD = "tocsin did not end in the time that it may take, and was ended: see the lines above"


def run(folder: Path, *program: str, strict: str = "", start: float = 30) -> subprocess.CompletedProcess[str]:
    """Main, with a program that does these."""
    place = folder / "plugins" / "github"
    place.mkdir(parents=True)
    for name in ("main.js", "shim.js", "environment.js"):
        text = (SHIM / name).read_text(encoding="utf-8")
        text = text.replace(GRACE.format(5), GRACE.format(0.2)).replace(START.format(180), START.format(start))
        (place / name).write_text(text, encoding="utf-8")
    assert {START.format(start), GRACE.format(0.2)} <= {
        line.partition(";")[0].removeprefix("const ") for line in (place / "shim.js").read_text().splitlines()
    }
    lines = ["import os, signal, sys, threading", "say = lambda text: os.write(int(os.environ['TOCSIN_WATCH']), text)", *program]
    (place / "start.py").write_text("\n".join(lines))
    state = folder / "state"
    state.write_text("")
    env = {"PATH": os.environ["PATH"], "INPUT_PYTHON": sys.executable, "INPUT_STRICT": strict, "GITHUB_STATE": str(state)}
    return subprocess.run([require("node"), str(place / "main.js")], env=env, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "program",
    [
        [FOR_EVER],
        [DEAF, FOR_EVER],
        [DEAF, r"say(b'0.1\n')", FOR_EVER],
        [DEAF, r"say(b'900\n0.0\n')", FOR_EVER],
        [DEAF, "os.close(int(os.environ['TOCSIN_WATCH']))", FOR_EVER],
        ["signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))", FOR_EVER],
        ["say(b'nonsense')", FOR_EVER],
    ],
    ids=["at the start", "deaf", "over its time", "its last word counts", "silent", "ends at SIGTERM", "says nonsense"],
)
@pytest.mark.parametrize(("strict", "code", "level"), [("", 0, "warning"), ("true", 70, "error")])
def test_a_program_that_hangs_is_ended_and_told_of_once(tmp_path, program, strict, code, level):
    done = run(tmp_path, *program, strict=strict, start=0.5)
    assert (done.returncode, done.stdout, done.stderr) == (code, f"::{level} title=tocsin::{TOLD}\n", "")


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 1), (3, 3), (4, 0)])
def test_a_program_that_takes_the_time_that_it_says_is_left_alone(tmp_path, code, expected):
    """Its last word counts: it is longer at work than the first would let it."""
    done = run(tmp_path, r"say(b'0.0\n60\n')", "threading.Event().wait(0.5)", f"sys.exit({code})")
    assert (done.returncode, done.stdout) == (expected, "")


def test_the_program_says_how_long_it_may_take(tmp_path, cache, slack):
    """A minute until it knows the policy; then the rest of the hook's budget, and some seconds to end."""
    folder = tmp_path / "payments"
    (folder / ".git").mkdir(parents=True)
    policy = "channels: {team: {kind: slack}}\nnotifications: [{on: trigger, send_to: team}]\ndelivery: {budget: {trigger: 900, completion: 100}}\n"
    (folder / ".tocsin.yml").write_text(policy)
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")}
    out, into = os.pipe()
    env = {**GITHUB, **files, "PATH": os.environ["PATH"], "RUNNER_TOOL_CACHE": str(cache / "tool_cache"), "RUNNER_TEMP": str(tmp_path)}
    env |= {"GITHUB_WORKSPACE": str(folder), "INPUT_HOOK": "trigger", "INPUT_STATUS": "success", "TOCSIN_WATCH": str(into)}
    env["SLACK_WEBHOOK_URL"] = slack.url("/services/T0/B0/s3cr3t")
    command = [sys.executable, "-I", "-X", "utf8", str(SHIM / "start.py"), "main"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False, pass_fds=[into])
    os.close(into)
    with os.fdopen(out) as said:
        first, second = map(float, said.read().split())
    assert (done.returncode, len(slack.requests)) == (0, 1), done.stdout
    assert first == 60
    assert 800 < second <= 905  # seconds: what loading took is gone


def test_a_signal_still_ends_the_program_and_not_the_watch(tmp_path):
    done = run(
        tmp_path,
        r"say(b'60\n')",
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))",
        "os.kill(os.getppid(), signal.SIGTERM)",
        FOR_EVER,
    )
    assert (done.returncode, done.stdout) == (0, "")
