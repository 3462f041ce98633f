"""plugins/launch.py as a runner starts it: a real pip, and the wheels of the offline bundle instead of an index."""

from __future__ import annotations

import ast
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import tree
import trustme
from scripts import ROOT
from servers import Answer, ScriptedServer

LAUNCHER = ROOT / "plugins" / "launch.py"
sys.path.insert(0, str(LAUNCHER.parent))

import launch  # noqa: E402

OLD = tree.find_pythons(versions=("2.7", "3.6", "3.7", "3.8", "3.9"))
POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs the signals and scripts of POSIX")
SEND = ("send", "completion", "--status", "failure", "--strict", "--app", "payments", "--policy", "-")


def start(words: tuple[str, ...], env: Mapping[str, str], *options: str, **more) -> subprocess.Popen[str]:
    """The launcher in an environment of nothing but this: no tocsin is on PATH."""
    command = [sys.executable, "-I", "-X", "utf8", *options, str(LAUNCHER), *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env={"PATH": "/usr/bin:/bin", "PIP_RETRIES": "0", **env}, text=True, **pipes, **more)


def launched(words: tuple[str, ...], env: Mapping[str, str], *options: str, **more) -> tuple[int, str, str]:
    """Its exit code, and what it printed."""
    with start(words, env, *options, **more) as process:
        out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode, out, err


@pytest.fixture
def hostile(tmp_path) -> Path:
    """A repository that would like to be run."""
    folder = tmp_path / "repository"
    (folder / "bin").mkdir(parents=True)
    for name in ("tocsin.py", "pip.py", "zipfile.py", "sitecustomize.py"):
        (folder / name).write_text("raise SystemExit('the code of the repository runs')\n")
    program(folder / "bin" / "tocsin", "echo the code of the repository runs; exit 9")
    return folder


def program(path: Path, text: str) -> Path:
    """A shell script that can be run."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_two_jobs_at_once_install_it_once_and_both_send(wheelhouse, slack, hostile, tmp_path):
    """By a version with its hash, into a cache that a link leads to, in a container that masks no permissions."""
    cache = tmp_path / "disk" / "of" / "caches"
    (tmp_path / "cache").symlink_to(tmp_path / "disk")
    (cache / ".new-killed" / "packages").mkdir(parents=True)
    os.utime(cache / ".new-killed", (0, 0))
    (cache / ".new-at-work").mkdir()
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("pydantic==1.0\n")
    version = wheelhouse.wheel.name.split("-")[1]
    env = {
        **wheelhouse.env(),
        "TOCSIN_VERSION": f"{version}@sha256:{tree.digest(wheelhouse.wheel)}",
        "TOCSIN_CACHE": str(tmp_path / "cache" / "of" / "caches"),
        "PIP_FIND_LINKS": f"{wheelhouse.folder} {wheelhouse.wheel.parent}",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_USER": "1",
        "PIP_CONSTRAINT": str(constraints),
        "PYTHONPATH": str(hostile),
        "PATH": f"bin{os.pathsep}/usr/bin{os.pathsep}/bin{os.pathsep}",
        "SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t"),
        "TOCSIN_CI": "generic",
    }
    with start(SEND, env, cwd=hostile, umask=0) as one, start(SEND, env, cwd=hostile, umask=0) as other:
        ended = [(*job.communicate(POLICY, timeout=60), job.returncode) for job in (one, other)]
    assert [code for _, _, code in ended] == [0, 0], ended
    assert ["Failed: payments" in request.json()["text"] for request in slack.requests] == [True, True]
    assert all(f"tocsin: notice: installing {version} once" in err and "pip" not in err for _, err, _ in ended), ended
    [_, folder] = sorted(cache.iterdir())
    assert {path.name for path in cache.iterdir()} == {".new-at-work", folder.name}, "what was killed is tidied up"
    assert (folder.stat().st_mode & 0o777, (folder / "tocsin").stat().st_mode & 0o777) == (0o755, 0o755)
    assert not (folder / "bin").exists()

    # The lock is all that it needs: nothing is looked for anywhere else, and nothing is installed again.
    later = {**env, "PIP_FIND_LINKS": "/nowhere"}
    assert launched(("--version",), later, "-S", cwd=hostile) == (0, f"tocsin {wheelhouse.wheel.name.split('-')[1]}\n", "")
    code, _, err = launched(("send", "nothing"), later, "-S", cwd=hostile)
    assert (code, "installing" in err) == (2, False)
    every = "import sys; sys.path.insert(0, sys.argv[1]); import boto3, jinja2, pydantic, truststore, urllib3, yaml; boto3.Session()"
    subprocess.run([sys.executable, "-I", "-S", "-c", every, str(folder)], check=True)


INSTALL = "import sys; sys.path.insert(0, sys.argv[1]); import install; print(install.installed())"


def test_the_action_fills_the_runner_s_tool_cache_in_the_same_way(wheelhouse, tmp_path):
    """Where its release has no compiled part for a Python."""
    command = [sys.executable, "-I", "-X", "utf8", "-c", INSTALL, str(LAUNCHER.parent / "github")]
    env = {"PATH": "/usr/bin:/bin", "RUNNER_TOOL_CACHE": str(tmp_path), **wheelhouse.env()}
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True, umask=0)
    *said, folder = done.stdout.splitlines()
    assert (said, done.stderr) == (["::group::installing tocsin once", "::endgroup::"], "")
    assert list((tmp_path / "tocsin").iterdir()) == [Path(folder)]
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "tocsin", Path(folder))] == [0o755, 0o755]
    assert (Path(folder) / "pydantic_core").is_dir()
    nothing = {**env, "RUNNER_TOOL_CACHE": str(tmp_path / "another"), "PIP_FIND_LINKS": "/nowhere"}
    failed = subprocess.run(command, env=nothing, check=False, capture_output=True, text=True)
    assert failed.stdout.endswith("::endgroup::\n")
    assert "RuntimeError: its packages could not be installed: pip could not install tocsin, see its lines above." in failed.stderr
    assert list((tmp_path / "another" / "tocsin").iterdir()) == []


def test_a_hash_that_does_not_fit_installs_nothing(wheelhouse, tmp_path):
    forged = {**wheelhouse.env(tmp_path / "cache"), "TOCSIN_VERSION": f"{wheelhouse.wheel}#sha256={'0' * 64}"}
    code, out, err = launched(("--version",), forged)
    assert (code, out) == (70, "")
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in err
    assert err.splitlines()[-1].startswith("tocsin: error: nothing is sent: pip could not install tocsin, see its lines above.")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_wheel_is_fetched_from_behind_a_private_authority(wheelhouse, tmp_path):
    """It is one without a lock, so that is where it ends."""
    authority, wheel = trustme.CA(), tmp_path / wheelhouse.wheel.name
    with zipfile.ZipFile(wheelhouse.wheel) as whole, zipfile.ZipFile(wheel, "w") as less:
        for name in set(whole.namelist()) - {launch.LOCK}:
            less.writestr(name, whole.read(name))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with ScriptedServer(Answer(200, wheel.read_bytes()), tls=context) as server:
        env = {"TOCSIN_VERSION": f"https://localhost:{server.port}/{wheel.name}", "TOCSIN_CACHE": str(tmp_path / "cache")}
        unknown = launched(("--version",), env)
        known = launched(("--version",), {**env, "TOCSIN_CA_FILE": str(tmp_path / "ca.pem")})
        (tmp_path / "pip.conf").write_text(f"[global]\ncert = {tmp_path / 'ca.pem'}\n")
        trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
        settings = {"TOCSIN_CA_FILE": str(tmp_path / "another.pem"), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
        set_up = launched(("--version",), {**env, **settings})
        missing = launched(("--version",), {**env, "TOCSIN_CA_FILE": str(tmp_path / "none.pem")})
    assert [ended[0] for ended in (unknown, known, set_up, missing)] == [70, 70, 70, 70]
    assert "certificate" in unknown[2].lower()
    assert (
        known[2].splitlines()[-1]
        == set_up[2].splitlines()[-1]
        == (f"tocsin: error: nothing is sent: {wheel.name} carries no lock of its packages: take the wheel of a release")
    )
    assert "TOCSIN_CA_FILE cannot be put beside" in missing[2]
    assert "none.pem" in missing[2]
    assert len(server.requests) == 2


@POSIX
def test_a_job_that_is_ended_while_it_installs_leaves_nothing(tmp_path):
    cache = tmp_path / "cache"
    with ScriptedServer(Answer(hold=threading.Event())) as index:
        env = {"TOCSIN_VERSION": "1.2.3", "TOCSIN_CACHE": str(cache), "PIP_INDEX_URL": index.url("/simple")}
        with start(("--version",), env) as process:
            assert index.arrived.acquire(timeout=30)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 143
    assert list(cache.iterdir()) == []


PATIENCE = "import sys; sys.path.insert(0, sys.argv.pop(1)); import launch; launch.SECONDS_OF_PIP = 1; launch.main()"


@POSIX
def test_an_index_that_does_not_answer_is_not_waited_for(tmp_path):
    with ScriptedServer(Answer(hold=threading.Event())) as index:
        env = {"PATH": "", "TOCSIN_VERSION": "1.2.3", "TOCSIN_CACHE": str(tmp_path / "cache"), "PIP_INDEX_URL": index.url("/simple")}
        command = [sys.executable, "-I", "-c", PATIENCE, str(LAUNCHER.parent), "--version"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 70
    assert done.stderr.splitlines()[-1] == (
        "tocsin: error: nothing is sent: pip took more than 1 s: is the package index, or its proxy, within reach?"
    )


@POSIX
def test_a_python_without_pip_is_told_of(tmp_path):
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    env = {"PATH": "", "TOCSIN_VERSION": "1.2.3", "TOCSIN_CACHE": str(tmp_path / "cache"), "TOCSIN_CA_FILE": str(LAUNCHER)}
    done = subprocess.run([python, "-I", str(LAUNCHER), "--version"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert done.stderr.splitlines()[1:] == [
        f"tocsin: error: nothing is sent: {python} has no pip to install tocsin with: install pip (Debian: python3-pip), or tocsin itself"
    ]


@POSIX
def test_old_pythons_say_that_they_are_too_old(tmp_path):
    ast.parse(LAUNCHER.read_text(encoding="utf-8"), feature_version=(3, 4))
    if not OLD:
        pytest.skip("no Python 2.7 or 3.6 to 3.9 is on PATH or in TOCSIN_PYTHONS: the grammar alone was checked")
    for version, python in OLD.items():
        done = subprocess.run([python, str(LAUNCHER), "--version"], env={"PATH": ""}, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (70, "")
        assert done.stderr.startswith(f"tocsin: error: nothing is sent: Python 3.10 or later is needed, and {python} is {version}.")
        assert done.stderr.count("\n") == 1
        program(tmp_path / "tocsin", 'echo "$@"; exit 3')
        done = subprocess.run([python, str(LAUNCHER), "send"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (3, "send\n"), "one on PATH needs no Python that is new enough"


@POSIX
def test_the_one_on_path_is_used_and_ends_as_it_ends(hostile, tmp_path):
    program(tmp_path / "tocsin", 'printf "%s|" "$@"; cat; exit 4')
    path = os.pathsep.join(["bin", "", str(tmp_path), "/usr/bin", "/bin"])
    with start(("send", "--app= a 'b\" $c"), {"PATH": path}, cwd=hostile) as process:
        out, err = process.communicate("the policy")
    assert (process.returncode, out, err) == (4, "send|--app= a 'b\" $c|the policy", "")
    (tmp_path / "tocsin").write_bytes(b"\0no program\0")
    code, _, err = launched(("--version",), {"PATH": str(tmp_path)})
    assert (code, err) == (70, f"tocsin: error: nothing is sent: {tmp_path}/tocsin, which is on PATH, cannot be run: Exec format error\n")


def test_a_cache_that_cannot_be_had_is_told_of(wheelhouse, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = launched(("--version",), wheelhouse.env(tmp_path / "file" / "cache"))
    assert code == 70
    assert err.splitlines()[-1] == (
        f"tocsin: error: nothing is sent: {tmp_path}/file/cache cannot be filled: "
        f"[Errno 20] Not a directory: '{tmp_path}/file/cache': name another folder by TOCSIN_CACHE"
    )


def test_a_cache_that_others_could_write_to_is_refused(wheelhouse, tmp_path):
    """Each holds a program that would be loaded."""
    requirement = launch.required(wheelhouse.version)
    caches = {name: tmp_path / name / "cache" for name in ("planted", "open", "inner", "theirs")}
    folders = {name: cache / launch.key(requirement) for name, cache in caches.items()}
    for folder in folders.values():
        (folder / "tocsin").mkdir(parents=True)
        (folder / "tocsin" / "__init__.py").write_text("raise SystemExit('foreign code runs')")
    folders["planted"].rename(tmp_path / "elsewhere")
    folders["planted"].symlink_to(tmp_path / "elsewhere")
    caches["open"].chmod(0o777)
    folders["inner"].chmod(0o777)
    if os.geteuid() == 0:
        os.chown(folders["theirs"], 65534, 65534)
    else:
        del folders["theirs"]  # only root can give a folder away
    for folder in folders.values():
        code, out, err = launched(("--version",), wheelhouse.env(folder.parent))
        assert (code, out) == (70, ""), folder
        assert "is another user's, or all can write to it: delete it, or name another folder by TOCSIN_CACHE" in err


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("", "TOCSIN_VERSION is not set: write 1.2.3"),
        ("v1", "TOCSIN_VERSION is 'v1', which is no version"),
        ("unreleased", "this copy of the plug-in is of no release, so it does not know which tocsin to install"),
        ("1.2.3@sha256:beef", "TOCSIN_VERSION is '1.2.3', which is no version"),
        ("1.2.3 --index-url=https://e.example", "which is no version"),
        ("1.2.3\n--index-url=https://e.example", "which is no version"),
        ("https://git.example.com/tocsin-1.2.3-py3-none-any.whl ; x", "which is no version"),
        ("https://git.example.com/a b/tocsin-1.2.3-py3-none-any.whl", "which is no version"),
        ("https://git.example.com/tocsin-1\n--index-url=https:e-none-any.whl", "which is no version"),
        ("https://git.example.com/other-1.2.3-py3-none-any.whl", "TOCSIN_VERSION is 'other-1.2.3-py3-none-any.whl', which is no version"),
        ("http://git.example.com/tocsin-1.2.3-py3-none-any.whl", "a wheel that comes without TLS needs its hash"),
        ("/nowhere/tocsin-1.2.3-py3-none-any.whl", "TOCSIN_VERSION names a wheel that cannot be read: [Errno 2]"),
    ],
)
def test_a_version_that_is_none_is_told_of(wanted, said):
    with pytest.raises(RuntimeError) as told:
        launch.required(wanted)
    assert said in str(told.value)


def test_a_secret_in_an_address_is_not_shown():
    address = "http://ada:s3cr3t@git.example.com/tocsin-1.2.3-py3-none-any.whl?token=s3cr3t#sha256=" + "0" * 64
    assert launch.shown(address) == "tocsin-1.2.3-py3-none-any.whl"
    assert launch.required(address) == f"tocsin @ {address}"


PLACE = """
import sys
from pip._internal.cache import SimpleWheelCache
from pip._internal.models.link import Link
try:
    cache = SimpleWheelCache(sys.argv[1])
except TypeError:  # pip 23.0 and before
    from pip._internal.models.format_control import FormatControl
    cache = SimpleWheelCache(sys.argv[1], FormatControl())
print(cache.get_path_for_link(Link(sys.argv[2])))
"""


def test_what_others_put_into_pip_s_cache_is_not_installed(wheelhouse, tmp_path):
    """pip takes a wheel of its cache for the one whose hash is demanded, where the note beside it says so."""
    [real] = wheelhouse.folder.glob("jinja2-*.whl")
    link, kept = real.as_uri(), tmp_path / "pip"
    place = Path(
        subprocess.run([sys.executable, "-I", "-c", PLACE, str(kept), link], check=True, capture_output=True, text=True).stdout.strip()
    )
    place.mkdir(parents=True)
    with zipfile.ZipFile(real) as good, zipfile.ZipFile(place / real.name, "w") as poisoned:
        for name in good.namelist():
            poisoned.writestr(name, good.read(name) + (b"\nraise SystemExit('poisoned')\n" if name == "jinja2/__init__.py" else b""))
    note = {"url": link, "archive_info": {"hashes": {"sha256": tree.digest(real)}, "hash": f"sha256={tree.digest(real)}"}}
    (place / "origin.json").write_text(json.dumps(note))
    code, _, err = launched(("--version",), {**wheelhouse.env(tmp_path / "cache"), "PIP_CACHE_DIR": str(kept)})
    assert code == 0, err
    [installed] = (tmp_path / "cache").glob("*/jinja2/__init__.py")
    assert "poisoned" not in installed.read_text()


def test_of_an_error_of_pip_s_own_the_last_line_is_shown():
    said = """\
ERROR: Exception:
Traceback (most recent call last):
  File "pip/_internal/cli.py", line 105, in run
    status = run()
             ^^^^^

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "pip/_vendor/adapters.py", line 517, in send
    raise SSLError(e)
SSLError: certificate verify failed

ERROR: THESE PACKAGES DO NOT MATCH THE HASHES
    tocsin from https://packages.example.com/tocsin.whl:
        Expected sha256 1c51fa4b
"""
    assert launch.without_traces(said).splitlines() == [
        "ERROR: Exception:",
        "SSLError: certificate verify failed",
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES",
        "    tocsin from https://packages.example.com/tocsin.whl:",
        "        Expected sha256 1c51fa4b",
    ]
