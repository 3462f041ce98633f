"""The command by which the README and the guide of CircleCI install the program."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from guide import ROOT, leads

import tocsin

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a home folder of POSIX")
COMMAND = re.compile(r"^.*?(pip install .*tocsin @.*)$", re.MULTILINE)


def test_it_installs_this_very_version(clone, tmp_path):
    """Without its packages, and with the build tools that are here: what the index has is not what is tried."""
    found = {name: COMMAND.search((ROOT / name).read_text(encoding="utf-8")) for name in ("README.md", "examples/circleci/config.yml")}
    commands = {shown[1] for shown in found.values() if shown}
    assert len(commands) == 1, commands
    leads(tmp_path, clone)
    # pip takes the value of PIP_NO_BUILD_ISOLATION for the opposite of its name: https://github.com/pypa/pip/issues/5735
    settings = {"PIP_TARGET": str(tmp_path / "target"), "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1"}
    here = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(commands.pop())],
        env={**here, **settings},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"tocsin-{tocsin.__version__}.dist-info" in [path.name for path in (tmp_path / "target").iterdir()]
