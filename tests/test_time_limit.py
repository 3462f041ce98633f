"""A test that hangs fails, and says where it hung."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HANGS = """
import threading

def test_that_hangs():
    threading.Event().wait()
"""


def test_each_test_has_a_time_limit(pytestconfig: pytest.Config):
    assert float(pytestconfig.getini("timeout")) == 120


def test_one_that_hangs_fails_and_shows_where(tmp_path: Path):
    (tmp_path / "test_hangs.py").write_text(textwrap.dedent(HANGS))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "timeout=1", "test_hangs.py"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Timeout" in done.stdout
    assert "threading.Event().wait()" in done.stdout
