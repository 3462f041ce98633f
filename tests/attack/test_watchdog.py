"""A step that never lets go of the interpreter: neither a deadline nor a signal is seen, and the process ends all the same."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from projects import Project

from tocsin.clock import Clock
from tocsin.watchdog import Watchdog

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system's timer")

STUCK = """
import ctypes, sys
from tocsin import cli, watchdog
from tocsin import {module}
cli.LOADING_SECONDS, watchdog.GRACE_SECONDS = {loading}, 0.5
def stuck(*_, **__):
    print("stuck", flush=True)
    ctypes.PyDLL(None).sleep(1000)  # as a step that computes: it holds the interpreter, but not a core of the tests' machine
{module}.{function} = stuck
sys.argv = ["tocsin", *{words!r}]
cli.entry()
"""
POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\ndelivery: {budget: 1}\n"
SEND = ["send", "completion", "--status", "failure", "--dry-run"]


@pytest.mark.parametrize(
    ("words", "module", "function", "loading"),
    [
        (SEND, "pipeline", "load", 1),  # nothing is known of the budget yet
        (SEND, "pipeline", "match", 1000),  # the policy has named it
        (["explain", "trigger"], "explanation.explain", "match", 1000),
        (["context"], "pipeline", "derive", 1000),
        (["check"], "policy.load", "load", 1),
        (["schema"], "policy.schema", "schema", 1),
    ],
)
@pytest.mark.parametrize("ignored", [False, True])
def test_what_holds_the_interpreter_is_ended(project: Project, words: list[str], module: str, function: str, loading: float, ignored: bool):
    project.policy(POLICY)
    text = STUCK.format(words=words, module=module, function=function, loading=loading)
    if module != "pipeline":
        package = module.partition(".")[0]
        text = text.replace(f"from tocsin import {package}", f"import tocsin.{package}").replace(f"\n{module}.", f"\ntocsin.{module}.")
    ignore = "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
    command = [sys.executable, "-c", (ignore if ignored else "") + text]
    done = subprocess.run(
        command, cwd=project.folder, env=project.environment({}), stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
    )
    assert b"stuck" in done.stdout, done
    assert done.returncode == -signal.SIGALRM


def test_a_deadline_without_an_armed_watchdog_ends_nothing():
    kept = Watchdog(Clock())
    kept.hold(0.0)
    assert kept.remaining() == 0.0


def test_a_service_is_released():
    kept = Watchdog(Clock())
    handler = signal.getsignal(signal.SIGALRM)
    before = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        kept.arm(Clock().monotonic() + 1000)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 1000
        kept.release()
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
        kept.hold(0.0)
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    finally:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *before)
