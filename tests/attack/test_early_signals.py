"""A signal while the program is being loaded: no traceback, no defect, and not the exit code of another class."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
# Sends a signal to itself where a module is about to be loaded, from the place that the interpreter looks for it.
AT = """
import os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r} and not done:
            done.append(name)
            os.kill(os.getpid(), {number})
            {broken}
        return None

done = []
sys.meta_path.insert(0, Finder())
sys.argv[1:] = {words!r}
"""
CONSOLE = AT + "from tocsin.__main__ import entry\nentry()\n"
MODULES = ["tocsin.cli", "tocsin.clock", "tocsin.console", "tocsin.errors", "tocsin.commands", "argparse", "tocsin.deliver"]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_early_signal_ends_the_program_with_its_code(module, number):
    done = run(CONSOLE.format(module=module, number=int(number), broken="pass", words=["check", "/nowhere"]))
    assert (done.returncode, done.stdout) == (128 + number, ""), done.stderr
    assert done.stderr == "tocsin: warning: interrupted before anything was sent\n"


def test_an_early_signal_that_comes_out_as_another_error_is_no_defect():
    """As where C code turns the interrupt into an error of its own."""
    code = CONSOLE.format(module="tocsin.policy.load", number=2, broken="", words=["check", "/dev/null"])
    code = code.replace("os.kill(os.getpid(), 2)", "raising()")
    code = (
        "def raising():\n    try:\n        os.kill(os.getpid(), 2)\n        [0 for _ in range(10)]\n    except KeyboardInterrupt:\n        raise SystemError('out of place')\n"
        + code
    )
    done = run(code)
    assert (done.returncode, done.stdout) == (130, ""), done.stderr
    assert done.stderr == "tocsin: warning: interrupted before anything was sent\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_action_ends_with_the_signal_s_code(number, tmp_path):
    """Before its packages are there; the shim tells of it."""
    start = ROOT / "plugins" / "github" / "start.py"
    code = AT.format(module="pathlib", number=int(number), broken="pass", words=["main"])
    code = f"import sys\nsys.modules.pop('pathlib', None)\n{code}\nimport runpy\nrunpy.run_path({str(start)!r}, run_name='__main__')\n"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "")
