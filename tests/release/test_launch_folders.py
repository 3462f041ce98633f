"""Whose folders packages are taken from: the launcher's, and the action's, which asks the same question."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from scripts import ROOT

PLUGINS = ROOT / "plugins"
sys.path.insert(0, str(PLUGINS))

import launch  # noqa: E402

pytestmark = pytest.mark.skipif(os.name == "nt", reason="folders have no such owner and mode there")
OTHERS = "{} is another user's, or all can write to it: delete it, or name another folder by {}"
AS_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
NOBODY = 65534


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o775, 0o1777])
def test_a_folder_that_others_cannot_write_to_is_used(tmp_path: Path, mode: int):
    tmp_path.chmod(mode)
    launch.refuse_others(str(tmp_path))


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o702])
def test_a_folder_that_all_can_write_to_is_refused(tmp_path: Path, mode: int):
    tmp_path.chmod(mode)
    with pytest.raises(RuntimeError) as raised:
        launch.refuse_others(str(tmp_path))
    assert str(raised.value) == OTHERS.format(tmp_path, "TOCSIN_CACHE")


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_no_folder_itself_is_refused(tmp_path: Path, kind: str):
    path = tmp_path / "cache"
    path.symlink_to(tmp_path) if kind == "link" else path.write_text("")
    with pytest.raises(RuntimeError, match="another user's"):
        launch.refuse_others(str(path))


@AS_ROOT
@pytest.mark.parametrize("mode", [0o700, 0o755, 0o777, 0o1777])
def test_another_user_s_folder_is_refused(tmp_path: Path, mode: int):
    os.chown(tmp_path, NOBODY, NOBODY)
    tmp_path.chmod(mode)
    with pytest.raises(RuntimeError, match="another user's"):
        launch.refuse_others(str(tmp_path))


@pytest.mark.parametrize(
    ("outer", "inner", "given_away"),
    [
        (0o777, 0o755, None),
        (0o755, 0o777, None),
        pytest.param(0o755, 0o755, "outer", marks=AS_ROOT),
        pytest.param(0o755, 0o755, "inner", marks=AS_ROOT),
        pytest.param(0o777, 0o777, "inner", marks=AS_ROOT),
    ],
)
def test_the_action_loads_nothing_from_another_user_s_folder(tmp_path: Path, outer: int, inner: int, given_away: str | None):
    """The folder for these packages is there, filled by somebody else: the step ends with 70, and none of it runs."""
    folder = action_s_folder(tmp_path)
    (folder / "pydantic").mkdir(parents=True)
    (folder / "pydantic" / "__init__.py").write_text("print('foreign code runs')\n")
    for path, mode, name in ((folder, inner, "inner"), (folder.parent, outer, "outer")):
        path.chmod(mode)
        if name == given_away:
            os.chown(path, NOBODY, NOBODY)
    done = action(tmp_path, str(PLUGINS / "github" / "start.py"), "main")
    refused = folder.parent if outer == 0o777 or given_away == "outer" else folder
    assert done.returncode == 70, done.stderr
    assert done.stdout.splitlines() == [
        f"tocsin: error: the program cannot be loaded: {OTHERS.format(refused, 'RUNNER_TOOL_CACHE')}",
    ]


def action_s_folder(cache: Path) -> Path:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import install; print(install.place())"
    return Path(action(cache, "-c", code, str(PLUGINS / "github")).stdout.strip())


def action(cache: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "RUNNER_TOOL_CACHE": str(cache)}
    return subprocess.run([sys.executable, "-I", "-X", "utf8", *words], env=env, check=False, capture_output=True, text=True)
