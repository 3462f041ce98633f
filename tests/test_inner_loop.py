"""What `./dev tests FILE` does not do: install what is there, ask an index, bring runners that the file does not use, write into HOME."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from runners import untested

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("install_runners", ROOT / ".ci" / "runners.py")
install_runners = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(install_runners)
STAND_IN = f"#!{sys.executable}\nimport json, os, sys\nprint(json.dumps([sys.argv[1:], dict(os.environ)]))\n"


@pytest.mark.parametrize(
    ("names", "used"),
    [
        (["tests/test_text.py"], []),
        (["tests/policy", "tests/test_send.py::test_x"], []),
        (["tests/github/test_action_shim.py"], []),
        (["tests/github/test_act_one_job.py"], []),  # act is a package of the tests
        (["tests/init/test_init.py"], ["actionlint"]),
        (["tests/github/test_three_runners.py"], ["gitlab", "jenkins"]),
        (["tests/gitlab"], ["gitlab"]),
        (["tests/jenkins/test_jenkins_library.py::test_x"], ["jenkins"]),
        (["tests/test_language_server.py"], ["yaml"]),
        (["tests/channels/test_sdk_types.py"], ["typescript"]),
        (["tests"], ["actionlint", "gitlab", "yaml", "typescript", "jenkins"]),
    ],
    ids=str,
)
def test_a_file_brings_the_runners_that_it_uses(names: list[str], used: list[str]):
    names = [str(ROOT / name) for name in names if (ROOT / name.partition("::")[0]).exists()]
    assert [name.partition("-")[0] for name in install_runners.used_by(names)] == used


def test_dev_that_is_ready_installs_nothing_and_keeps_downloads_below_itself(tmp_path: Path):
    (tmp_path / "release").mkdir()
    for name in ("dev", "release/nox.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    home = tmp_path / ".dev"
    python = home / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(STAND_IN)
    python.chmod(0o755)
    (home / "ready").write_text(hashlib.sha256((tmp_path / "release" / "nox.lock").read_bytes()).hexdigest())
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "GOPATH": "/my/go"}
    words = [sys.executable, str(tmp_path / "dev"), "tests", "tests/test_text.py", "-k", "x"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    [line] = done.stdout.splitlines()  # nox was started, and nothing else
    given, variables = json.loads(line)
    assert given[:2] == ["-m", "nox"]
    assert given[-4:] == ["--", "tests/test_text.py", "-k", "x"]
    assert variables["GOPATH"] == "/my/go"  # a place that somebody chose stays
    for name in ("PIP_CACHE_DIR", "UV_CACHE_DIR", "npm_config_cache", "GOCACHE", "VIRTUALENV_OVERRIDE_APP_DATA"):
        assert Path(variables[name]).is_relative_to(home), name
    assert str(home) in variables["MAVEN_OPTS"]


def test_the_last_line_says_what_was_not_tested():
    assert untested([]) == "Not tested: nothing was skipped"
    reasons = ["Skipped: node is not installed", "Skipped: act is not installed", "Skipped: node is not installed"]
    assert untested(reasons) == "Not tested: 2 because node is not installed; 1 because act is not installed"
