"""One copy of the action and one tool cache for all workflows of a test session."""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from act import ROOT, Repository
from conversing import services  # noqa: F401  a fixture
from quick_starts import pythons
from runners import require

CARRIED = (
    "action.yml",
    "plugins/github",
    "plugins/launch.py",
    "src",
    "release/requirements.lock",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
PLACE = "import sys; sys.path.insert(0, sys.argv[1]); import install; print(install.place())"


@pytest.fixture(scope="session")
def action(tmp_path_factory) -> Path:
    """What GitHub would download of this checkout, with bytecode, as a release has it."""
    folder = tmp_path_factory.mktemp("action")
    for name in CARRIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    compileall.compile_dir(folder / "src", quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory, action) -> Path:
    """Where act keeps what it needs. Its tool cache has the packages already: those that these tests run with."""
    folder = tmp_path_factory.mktemp("act")
    environment = {**os.environ, "RUNNER_TOOL_CACHE": str(folder / "tool_cache")}
    ask = [sys.executable, "-I", "-c", PLACE, str(action / "plugins" / "github")]
    place = Path(subprocess.run(ask, env=environment, check=True, capture_output=True, text=True).stdout.strip())
    place.mkdir(parents=True)
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        (place / package.name).symlink_to(package)
    return folder


@pytest.fixture(scope="session")
def quick_python(tmp_path_factory, quick) -> Path:
    """The folder of a Python that starts the action quickly: `REAL` is one that starts it as it is."""
    return pythons(tmp_path_factory.mktemp("python"), quick)


@pytest.fixture
def repository(tmp_path, action, cache, quick_python) -> Repository:
    """acme/payments, where every rule tells the team."""
    require("act")
    return Repository(tmp_path, action, cache, quick_python)


@pytest.fixture
def secrets(slack) -> dict[str, str]:
    """The secret that the examples name."""
    return {"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")}
