"""The shim under real node: it finds a Python, keeps what shapes the process, passes signals and the end on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from act import REAL, ROOT
from runners import require
from servers import Answer
from step import POLICY, RUN, Step, values

SHIM = ROOT / "plugins" / "github"


@pytest.fixture
def step(tmp_path, cache, slack, quick_python) -> Step:
    """A step with the usual policy and its secret, run by node."""
    step = Step(tmp_path, cache / "tool_cache", quick_python)
    step.policy()
    step.env["SLACK_WEBHOOK_URL"] = slack.url("/services/T0/B0/s3cr3t")
    return step


def told(slack) -> list[str]:
    return [request.json()["text"].splitlines()[0] for request in slack.requests]


def program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_shim_is_valid_for_node():
    for path in SHIM.glob("*.js"):
        assert subprocess.run([require("node"), "--check", str(path)], check=False).returncode == 0
    assert sum(len(path.read_text().splitlines()) for path in SHIM.glob("*.js")) < 220


def python(path: Path, version: str = "3.12", script: str = "", real: Path = REAL / "python3") -> Path:
    """A Python that says it is of that version and stands at `path`; it runs `script` and then the real one."""
    return program(path, f'case "$*" in *sys.executable*) echo {version} "$0"; exit;; esac\n{script}\nexec {real} "$@"')


def test_both_parts_and_a_workspace_that_a_later_step_sabotages(step, slack, tmp_path):
    step.python = REAL
    begun = step.main()
    assert (begun.code, begun.annotations) == (0, [])
    trap = program(tmp_path / "trap" / "python3", f"echo trapped > {tmp_path}/trapped")
    sabotage(step.workspace, tmp_path / "trapped")
    step.policy("channels: {evil: {kind: webhook, url: 'https://evil.invalid/'}}\nnotifications: [{on: failure, send_to: evil}]\n")
    ended = step.post(status="failure", env={"PATH": str(trap.parent), "PYTHONPATH": str(step.workspace), "PYTHONHOME": str(tmp_path)})
    assert (ended.code, ended.annotations) == (0, [])
    assert ["Started" in told(slack)[0], "Failed" in told(slack)[1]] == [True, True]
    assert not (tmp_path / "trapped").exists()


def sabotage(folder: Path, trapped: Path) -> None:
    """Modules that would take the place of the program's own, and tell that they did."""
    for name in ("json.py", "tocsin.py", "pydantic.py", "sitecustomize.py"):
        (folder / name).write_text(f"open({str(trapped)!r}, 'w')\nraise SystemExit(1)\n")


def test_the_modules_of_the_workspace_are_never_imported(step, tmp_path):
    step.python = REAL
    sabotage(step.workspace, tmp_path / "trapped")
    env = {"PYTHONPATH": str(step.workspace), "PYTHONSTARTUP": str(step.workspace / "json.py")}
    assert step.main(env=env).outputs["delivered"] == "1"
    assert not (tmp_path / "trapped").exists()


def test_what_shapes_the_process_is_as_it_was_at_main(step, tmp_path):
    seen = tmp_path / "seen"
    wrapper = python(tmp_path / "wrapper", script=f"env > {seen}")
    home = {"HOME": "/home/ada", "NO_PROXY": "corp.invalid"}
    step.main(python=str(wrapper), env=home)
    before = dict(line.split("=", 1) for line in seen.read_text().splitlines() if "=" in line)
    names = "PATH HOME LD_PRELOAD_X SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE OPENSSL_CONF REQUESTS_CA_BUNDLE HTTPS_PROXY https_proxy NO_PROXY ALL_PROXY"
    ours = "TOCSIN_CA_FILE TOCSIN_ALLOWED_HOSTS TOCSIN_POLICY TOCSIN_DEFAULT_POLICY TOCSIN_CI LANG TMPDIR XDG_CONFIG_HOME"
    step.post(python="/nowhere", env=dict.fromkeys(f"{names} {ours}".split(), "/sabotage"))
    after = dict(line.split("=", 1) for line in seen.read_text().splitlines() if "=" in line)
    assert after["INPUT_PYTHON"] == "/nowhere"
    assert {name: after.get(name) for name in f"{names} {ours}".split()} == {name: before.get(name) for name in f"{names} {ours}".split()}
    assert (after["HOME"], after["NO_PROXY"]) == ("/home/ada", "corp.invalid")


def test_what_a_later_step_may_say_of_the_run_reaches_post(step):
    step.main()
    assert step.post(env={"TOCSIN_IMAGE": "web:1.2"}).report["event"]["image"]["tag"] == "1.2"


def test_a_workspace_that_is_gone_stops_nothing(step, slack):
    step.main()
    for path in sorted(step.workspace.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    step.workspace.rmdir()
    assert step.post().outputs["delivered"] == "1"


def test_the_proxies_of_main_hold_at_post(step, slack):
    """A proxy that refuses, set at main and unset by a later step, is still asked."""
    step.policy(f"{POLICY}delivery: {{attempts: 1}}\n")
    step.main(env={"http_proxy": "http://127.0.0.1:9"})
    ended = step.post(env={"http_proxy": "", "no_proxy": "*"})
    assert "the proxy for 127.0.0.1" in ended.annotations[0]
    assert slack.requests == []


def test_the_state_holds_no_secret(step):
    state = json.dumps(step.main(env={"AWS_SECRET_ACCESS_KEY": "very secret", "GITHUB_TOKEN": "ghs_x"}, token="ghs_token").state)
    assert not any(secret in state for secret in ("s3cr3t", "very secret", "ghs_"))


def test_a_forged_state_has_no_effect(step, slack):
    step.main(hook="trigger")
    assert step.left["tocsin"] == "nothing"
    assert step.post(env={"STATE_post": "yes"}).log == ""


def test_post_does_not_look_for_a_python_where_nothing_is_left(step):
    step.left = {"tocsin": "nothing"}
    assert step.post(env={"PATH": ""}).log == ""


def test_a_state_that_lost_its_half_is_told(step):
    begun = step.main()
    step.left = {"tocsin": begun.state["tocsin"]}
    part = step.post()
    assert (part.code, len(part.annotations)) == (0, 1)
    assert step.post(strict="true").code == 70


@pytest.fixture
def bare(step, tmp_path, monkeypatch) -> Step:
    """As `step`, on a machine whose PATH has no Python."""
    node = tmp_path / "bin" / "node"
    node.parent.mkdir()
    node.symlink_to(require("node"))
    monkeypatch.setenv("PATH", str(node.parent))
    step.env["PATH"] = str(node.parent)
    return step


def test_without_python_there_is_one_warning_with_the_next_step(bare, slack):
    part = bare.main()
    [warning] = part.annotations
    assert "no Python 3.10 or later" in warning
    assert "the input python" in warning
    assert (part.code, bare.post().log, slack.requests) == (0, "", [])


def test_without_python_a_strict_step_fails(bare):
    part = bare.main(strict="true")
    assert part.code == 70
    assert "::error" in part.log


def test_the_input_python_comes_first(bare, slack):
    assert bare.main(python=sys.executable).outputs["delivered"] == "1"
    assert json.loads(bare.left["shim"])["python"] == sys.executable
    assert bare.post().outputs["delivered"] == "1"


def test_an_old_python_a_broken_one_and_a_store_stub_are_no_pythons(bare, tmp_path):
    python(tmp_path / "bin" / "python3", "3.9")
    program(
        tmp_path / "bin" / "python", "echo 'Python was not found; run without arguments to install from the Microsoft Store' >&2; exit 49"
    )
    assert "no Python 3.10" in bare.main().annotations[0]
    python(tmp_path / "bin" / "python")
    assert bare.main().outputs["delivered"] == "1"


def test_an_input_python_that_is_none_is_told_and_another_is_used(step, slack):
    part = step.main(python="/nowhere/python9")
    [warning] = part.annotations
    assert "/nowhere/python9" in warning
    assert part.outputs["delivered"] == "1"


def test_the_tool_cache_is_asked_last_and_its_newest_first(bare, tmp_path, cache):
    arch = subprocess.run([require("node"), "-p", "process.arch"], capture_output=True, text=True, check=True).stdout.strip()
    tools = tmp_path / "tools"
    shutil.copytree(cache / "tool_cache" / "tocsin", tools / "tocsin", symlinks=True)
    for version in ("3.9.20", "3.10.2", "3.13.2", "3.13.10", "3.12.30", "3.14.x"):
        python(tools / "Python" / version / arch / "bin" / "python3", version.rpartition(".")[0])
    assert bare.main(env={"RUNNER_TOOL_CACHE": str(tools)}).outputs["delivered"] == "1"
    assert json.loads(bare.left["shim"])["python"] == str(tools / "Python" / "3.13.10" / arch / "bin" / "python3")


@pytest.mark.parametrize(("strict", "code"), [("", 0), ("true", 3)])
def test_the_program_s_end_is_the_step_s_only_under_strict(step, strict, code):
    step.policy("channels: {team: {kind: slak}}\n")
    assert step.main(strict=strict).code == code


def test_a_strict_policy_makes_the_step_fail(step, slack):
    slack.script(Answer(404, b"no_service"))
    step.policy(f"{POLICY}delivery: {{strict: true}}\n")
    assert step.main().code == 1


@pytest.mark.parametrize(
    "words", ["raise ImportError('no such thing')", "import sys; sys.exit(70)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
)
def test_a_program_that_breaks_is_told_and_leaves_the_job_as_it_is(step, tmp_path, words):
    """A copy of the action whose program does not load."""
    action = tmp_path / "action"
    for name in ("main.js", "shim.js", "environment.js", "start.py", "install.py"):
        (action / "plugins" / "github").mkdir(parents=True, exist_ok=True)
        (action / "plugins" / "github" / name).write_text((SHIM / name).read_text())
    (action / "src" / "tocsin").mkdir(parents=True)
    (action / "src" / "tocsin" / "__init__.py").write_text("")
    (action / "src" / "tocsin" / "cli.py").write_text(f"{words}\n")
    (action / "vendor").mkdir()
    done = {}
    for strict in ("", "true"):
        env = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "INPUT_STRICT": strict,
            "GITHUB_STATE": str(tmp_path / "state"),
        }
        done[strict] = subprocess.run(
            [require("node"), str(action / "plugins/github/main.js")], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert (done[""].returncode, done["true"].returncode) == (0, 70)
    assert "::warning title=tocsin::tocsin ended early" in done[""].stdout
    assert "::error title=tocsin::tocsin ended early" in done["true"].stdout
    assert "Traceback" not in done[""].stdout + done[""].stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_job_interrupts_the_sending_and_keeps_the_state(step, slack, number):
    step.python = REAL
    hold = threading.Event()
    slack.script(Answer(200, b"ok", hold=hold), Answer(200, b"ok"))
    files = {name: step.files / name for name in ("GITHUB_STATE", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    variables = {
        "GITHUB_WORKSPACE": str(step.workspace),
        "RUNNER_TEMP": str(step.temp),
        **{name: str(path) for name, path in files.items()},
    }
    with step.start("main", {**RUN, **step.env, **variables}) as process:
        assert slack.arrived.acquire(timeout=30)
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    hold.set()
    assert process.returncode == 0
    assert f"interrupted by {number.name}" in out
    assert "failed" in files["GITHUB_STEP_SUMMARY"].read_text()
    step.left = values(files["GITHUB_STATE"])
    ended = step.post(status="cancelled")
    assert ended.outputs.get("delivered") == "1", ended
