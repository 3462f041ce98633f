"""Folders of the checkout on PATH, before there is a Python to ask: the scripts of GitLab's template and of Jenkins's library."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from runners import require

PLUGINS = Path(__file__).parents[2] / "plugins"
TEMPLATE = (PLUGINS / "gitlab" / "templates" / "notify.yml").read_text(encoding="utf-8").split("\n---\n")[1]
LIBRARY = (PLUGINS / "jenkins" / "src" / "io" / "tocsin" / "Program.groovy").read_text(encoding="utf-8")
SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash", "--posix"]}
THEIRS = "the code of the repository runs"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs scripts of POSIX")


def of_gitlab() -> str:
    """The template's script, as every shell of a runner may start it."""
    jobs = yaml.safe_load(re.sub(r"\$\[\[\s*inputs\.[a-z-]+\s*\]\]", "x", TEMPLATE))
    [script] = jobs[".x-job"]["after_script"]
    return f"set -eu\n{script}"


def of_jenkins() -> str:
    """The library's script, with its one constant put in."""
    [script] = re.findall(r"UNIX = '''(.*?)\n'''\n", LIBRARY, re.DOTALL)
    return script.replace("''' + MISSING + '''", "neither tocsin nor Python")


SCRIPTS = {"gitlab": of_gitlab(), "jenkins": of_jenkins()}
ENTRIES = ["", ".", "bin", "./bin", "{checkout}/bin", "{checkout}", "{checkout}/../payments/bin", "{link}", "/nowhere:bin", ":", "bin:::"]


def run(plugin: str, shell: str, folder: Path, path: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The script in the checkout, where each program of the repository's says that it runs."""
    checkout = folder / "payments"
    for place in (checkout, checkout / "bin"):
        place.mkdir(exist_ok=True)
        for name in ("tocsin", "python3", "python", "cd", "pwd", "[", "env"):
            (place / name).write_text(f"#!/bin/sh\necho {THEIRS}\n")
            (place / name).chmod(0o755)
    (folder / "launch.py").write_text("raise SystemExit(70)\n")
    ours = folder / "ours"
    ours.mkdir(exist_ok=True)
    (ours / "tocsin").write_text('#!/bin/sh\necho "ours, by $PATH"\n')
    (ours / "tocsin").chmod(0o755)
    given = {
        "PATH": path,
        "CI_PROJECT_DIR": str(checkout),
        "WORKSPACE": str(checkout),
        "TOCSIN_STEP": str(folder),
        "TOCSIN_STEP_WORDS": "trigger",
    }
    given |= {"TOCSIN_STEP_FOLDER": str(checkout), "TOCSIN_HOOK": "trigger", **env}
    command = [require(SHELLS[shell][0]), *SHELLS[shell][1:], "-c", SCRIPTS[plugin]]
    return subprocess.run(command, cwd=checkout, env=given, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("plugin", SCRIPTS)
@pytest.mark.parametrize("shell", SHELLS)
def test_no_program_of_the_checkout_is_run(tmp_path, plugin, shell):
    (tmp_path / "link").symlink_to(tmp_path / "payments" / "bin")
    for entry in ENTRIES:
        named = entry.format(checkout=tmp_path / "payments", link=tmp_path / "link")
        done = run(plugin, shell, tmp_path, f"{named}:{tmp_path}/ours:/usr/bin:/bin")
        assert (done.returncode, done.stdout) == (0, f"ours, by {tmp_path}/ours:/usr/bin:/bin\n"), (entry, done.stderr)


@pytest.mark.parametrize("plugin", SCRIPTS)
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("path", ["bin", "", "{checkout}/bin"])
def test_where_path_has_nothing_else_nothing_of_the_checkout_is_run(tmp_path, plugin, shell, path):
    done = run(plugin, shell, tmp_path, path.format(checkout=tmp_path / "payments"), TOCSIN_VERSION="unreleased")
    assert (done.returncode, THEIRS in done.stdout + done.stderr) == (70, False), done.stdout


@pytest.mark.parametrize("plugin", SCRIPTS)
@pytest.mark.parametrize("shell", SHELLS)
def test_folders_beside_the_checkout_and_with_any_name_are_kept(tmp_path, plugin, shell):
    odd = [tmp_path / name for name in ("payments-tools", "a b", "*", "$(x)", "-P", "é")]
    for folder in odd:
        folder.mkdir()
    path = ":".join([*map(str, odd), str(tmp_path / "ours"), "/usr/bin"])
    assert run(plugin, shell, tmp_path, path).stdout == f"ours, by {path}\n"


@pytest.mark.parametrize("plugin", SCRIPTS)
def test_a_checkout_at_the_root_of_everything_is_none(tmp_path, plugin):
    done = run(plugin, "dash", tmp_path, f"{tmp_path}/ours:/usr/bin", CI_PROJECT_DIR="/", WORKSPACE="/")
    assert done.stdout == f"ours, by {tmp_path}/ours:/usr/bin\n"


def test_on_windows_programs_are_looked_for_from_the_steps_own_folder():
    """Read, since there is no cmd here: each program is taken by the path that was found there."""
    [script] = re.findall(r"WINDOWS = '''(.*?)\n'''\n", LIBRARY, re.DOTALL)
    before, _, after = script.partition('cd /d "%TOCSIN_STEP_FOLDER%"')
    assert before.index('cd /d "%TOCSIN_STEP%"') < before.index("$PATH:")
    assert "$PATH:" not in after
    started = re.findall(r"set TOCSIN_RUN=(\S+)", after)
    assert started[:3] == ['"%TOCSIN_PYTHON%"', '"%TOCSIN_PY%"', '"%TOCSIN_PROGRAM%"']
    assert set(started[3:]) == {"%TOCSIN_RUN%"}, "the rest adds words"
