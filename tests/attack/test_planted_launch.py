"""What a checkout may plant for the launcher: a cache with a program in it, programs on PATH, pip's configuration, a wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from runners import git
from servers import Answer, ScriptedServer

ROOT = Path(__file__).parents[2]
LAUNCHER = ROOT / "plugins" / "launch.py"
sys.path.insert(0, str(LAUNCHER.parent))

import launch  # noqa: E402

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs links, and scripts of POSIX")
VERSION = f"1.2.3@sha256:{'0' * 64}"
OURS, THEIRS = "the program of before", "the code of the repository runs"


class Job:
    """A job whose checkout is a stranger's, and the folders of the machine around it."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.home, self.temp = folder / "builds" / "payments", folder / "home", folder / "temp"
        for made in (self.checkout, self.home, self.temp):
            made.mkdir(parents=True)
        git(self.checkout, "init", "-q")
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "TMPDIR": str(self.temp), "PIP_NO_INDEX": "1"}

    def run(self, env: Mapping[str, str], at: str = ".", *options: str) -> tuple[int, str, str]:
        """The launcher in a folder of the checkout: its exit code, and what it printed."""
        command = [sys.executable, "-I", "-X", "utf8", *options, str(LAUNCHER), "--version"]
        given = {"TOCSIN_VERSION": VERSION, **self.env, **env}
        done = subprocess.run(
            command, cwd=self.checkout / at, env=given, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout.strip(), done.stderr


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def filled(cache: Path, text: str) -> None:
    """A cache in which the program is installed already, and says `text`."""
    package = cache / launch.key(launch.required(VERSION)) / "tocsin"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(f"def entry(): print({text!r})\n")


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {text}\n")
    path.chmod(0o755)
    return path


WAYS = {
    "named": ({"TOCSIN_CACHE": "{checkout}/cache"}, "cache"),
    "named from here": ({"TOCSIN_CACHE": "cache"}, "cache"),
    "named by a way round": ({"TOCSIN_CACHE": "{home}/../builds/payments/cache"}, "cache"),
    "the user's": ({"XDG_CACHE_HOME": "{checkout}/.cache"}, ".cache/tocsin"),
    "at home": ({"HOME": "{checkout}"}, ".cache/tocsin"),
    "among the temporary files": ({"HOME": "/nowhere", "TMPDIR": "{checkout}/tmp"}, f"tmp/tocsin-{os.geteuid() if hasattr(os, 'geteuid') else ''}"),
    "by a link into it": ({"TOCSIN_CACHE": "{home}/link"}, "cache"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("told", ["by .git", "CI_PROJECT_DIR", "WORKSPACE", "GITHUB_WORKSPACE"])
def test_a_cache_in_the_checkout_is_never_run(job, way, told):
    env, planted = WAYS[way]
    filled(job.checkout / planted, THEIRS)
    filled(job.home / ".cache" / "tocsin", OURS)
    (job.home / "link").symlink_to(job.checkout / "cache")
    at = job.checkout / "services" / "ledger"
    (at / ".git").mkdir(parents=True)  # an artifact may bring one
    place = {name: value.format(checkout=job.checkout, home=job.home) for name, value in env.items()}
    if told != "by .git":
        place[told] = str(job.checkout)
        (job.checkout / ".git").rename(job.home / "git")
    inner = "services/ledger" if not place.get("TOCSIN_CACHE", "/").startswith("c") else "."
    code, out, err = job.run(place, inner)
    assert THEIRS not in out, err
    if "HOME" not in place:
        assert (code, out) == (0, OURS)
        assert f"lies in the checkout, where the repository could bring its own program: {job.home}/.cache/tocsin keeps" in err
    else:  # nothing is there yet, and the version cannot be had here
        assert (code, "tocsin: notice: installing 1.2.3 once, into /" in err) == (70, True)
        assert f"once, into {job.checkout}" not in err


def test_a_link_of_the_checkout_s_leads_nowhere(job, tmp_path):
    """Its end is no part of the checkout, but the repository chose it."""
    filled(tmp_path / "builds" / "other" / "cache", THEIRS)
    filled(job.home / ".cache" / "tocsin", OURS)
    (job.checkout / "cache").symlink_to("../other/cache")
    assert job.run({"TOCSIN_CACHE": str(job.checkout / "cache")})[:2] == (0, OURS)


def test_the_same_checkout_by_another_name_is_the_checkout(job, tmp_path):
    filled(job.checkout / ".cache" / "tocsin", THEIRS)
    filled(job.home / ".cache" / "tocsin", OURS)
    (tmp_path / "alias").symlink_to(job.checkout)
    assert job.run({"XDG_CACHE_HOME": str(job.checkout / ".cache"), "CI_PROJECT_DIR": str(tmp_path / "alias")})[:2] == (0, OURS)
    assert job.run({"XDG_CACHE_HOME": str(tmp_path / "alias" / ".cache")})[:2] == (0, OURS)


@pytest.mark.parametrize("name", ["cache", "payments-cache", "payments.tmp"])
def test_a_cache_beside_the_checkout_is_used(job, name):
    filled(job.checkout.parent / name, OURS)
    assert job.run({"TOCSIN_CACHE": str(job.checkout.parent / name), "CI_PROJECT_DIR": str(job.checkout)}) == (0, OURS, "")


def test_a_checkout_at_the_root_of_everything_is_none(job):
    filled(job.home / ".cache" / "tocsin", OURS)
    assert job.run({"WORKSPACE": "/"}) == (0, OURS, "")


@pytest.mark.parametrize("path", ["bin", "./bin", "", ".", "{checkout}/bin", "{checkout}/../payments/bin", "{link}"])
def test_a_program_of_the_checkout_is_never_run(job, path):
    program(job.checkout / "bin" / "tocsin", THEIRS)
    program(job.checkout / "tocsin", THEIRS)
    filled(job.home / ".cache" / "tocsin", OURS)
    (job.home / "link").symlink_to(job.checkout / "bin")
    entry = path.format(checkout=job.checkout, link=job.home / "link")
    assert job.run({"PATH": os.pathsep.join([entry, "/usr/bin", "/bin"])}) == (0, OURS, "")


def test_a_link_on_path_that_leads_into_the_checkout_is_not_followed(job):
    program(job.checkout / "tocsin", THEIRS)
    filled(job.home / ".cache" / "tocsin", OURS)
    (job.home / "tocsin").symlink_to(job.checkout / "tocsin")
    assert job.run({"PATH": f"{job.home}:/usr/bin:/bin"}) == (0, OURS, "")


def test_the_program_gets_no_path_into_the_checkout(job):
    program(job.home / "bin" / "tocsin", '"$PATH"')
    assert job.run({"PATH": f"bin::{job.checkout}/bin:{job.home}/bin:/usr/bin:/bin"})[1] == f"{job.home}/bin:/usr/bin:/bin"


def wheel(folder: Path) -> Path:
    """A wheel by the name that is wanted, which runs the repository's code."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tocsin-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("tocsin/__init__.py", "")
        made.writestr("tocsin/__main__.py", f"def entry(): print({THEIRS!r})\n")
        made.writestr(launch.LOCK, "")
        made.writestr("tocsin-1.2.3.dist-info/METADATA", "Metadata-Version: 2.1\nName: tocsin\nVersion: 1.2.3\n")
        made.writestr("tocsin-1.2.3.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr("tocsin-1.2.3.dist-info/RECORD", "")
    return path


CONFIGURATIONS = {
    "PIP_CONFIG_FILE": ("pip.conf", {"PIP_CONFIG_FILE": "{checkout}/pip.conf"}),
    "from here": ("pip.conf", {"PIP_CONFIG_FILE": "pip.conf"}),
    "at home": (".config/pip/pip.conf", {"HOME": "{checkout}", "TOCSIN_CACHE": "{home}/cache"}),
    "at home, as of old": (".pip/pip.conf", {"HOME": "{checkout}", "TOCSIN_CACHE": "{home}/cache"}),
    "the user's": ("pip/pip.conf", {"XDG_CONFIG_HOME": "{checkout}"}),
    "the machine's": ("pip/pip.conf", {"XDG_CONFIG_DIRS": "/nowhere:{checkout}"}),
    "PIP_FIND_LINKS": ("pip.conf", {"PIP_FIND_LINKS": "/nowhere {checkout}/wheels"}),
    "PIP_FIND_LINKS from here": ("pip.conf", {"PIP_FIND_LINKS": "wheels"}),
    "PIP_INDEX_URL": ("pip.conf", {"PIP_FIND_LINKS": "file://{checkout}/wheels"}),
}


@pytest.mark.parametrize("way", CONFIGURATIONS)
def test_pip_takes_nothing_without_a_hash_from_the_checkout(job, way):
    """With its lock empty, the planted wheel would be installed and run."""
    name, env = CONFIGURATIONS[way]
    wheel(job.checkout / "wheels")
    (job.checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (job.checkout / name).write_text(f"[global]\nfind-links = {job.checkout}/wheels\nno-index = true\n")
    place = {key: value.format(checkout=job.checkout, home=job.home) for key, value in env.items()}
    code, out, err = job.run({"TOCSIN_VERSION": "1.2.3", **place})
    assert (code, out) == (70, ""), err
    assert "pip could not install tocsin" in err


@pytest.mark.parametrize("named", ["./{wheel}", "{checkout}/{wheel}", "file://{checkout}/{wheel}"])
def test_a_wheel_of_the_checkout_needs_its_hash(job, named):
    found = wheel(job.checkout / "wheels").relative_to(job.checkout)
    code, out, err = job.run({"TOCSIN_VERSION": named.format(checkout=job.checkout, wheel=found)})
    assert (code, out) == (70, "")
    assert "a wheel that lies in the checkout needs its hash: end TOCSIN_VERSION in #sha256=HASH" in err


def test_a_python_that_pip_s_settings_name_is_not_run(job):
    program(job.checkout / "python", THEIRS)
    code, out, err = job.run({"TOCSIN_VERSION": "1.2.3", "PIP_PYTHON": str(job.checkout / "python")})
    assert (code, out, THEIRS in err) == (70, "", False)


@pytest.mark.parametrize("name", ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"])
def test_an_index_of_the_administrator_s_is_asked(job, name):
    """It is an address: no part of it is a place in the checkout."""
    with ScriptedServer(Answer(404)) as index:
        env = {
            "TOCSIN_VERSION": "1.2.3",
            "PIP_NO_INDEX": "",
            "PIP_INDEX_URL": "http://127.0.0.1:9/",
            "PIP_RETRIES": "0",
            name: index.url("/0/simple"),
        }
        code, _, err = job.run(env)
    assert (code, "names a place" in err, bool(index.requests)) == (70, False, True), err
