"""What a commit holds, asked of real repositories, hostile ones among them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, ClassVar

import pytest
from clocks import VirtualClock

from tocsin import git
from tocsin.clock import Clock
from tocsin.git_objects import FILE_MAX_BYTES

PATH = {"PATH": os.environ["PATH"]}
IDENTITY = {f"GIT_{who}_{what}": "x@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Repository:
    """A repository in a folder, with one commit."""

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        self.folder = folder
        self.git("init", "-q")
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        self.git("add", "-A")
        self.git("commit", "-q", "--no-verify", "-m", "x")
        self.commit = self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        env = {**PATH, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(["git", *words], cwd=self.folder, env=env, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "replace").strip()

    def committed(self, *paths: str, seconds: float = 60.0, env: dict[str, str] = PATH) -> dict[str, bytes] | None:
        return git.committed(self.folder, env, self.commit, paths, seconds, Clock())


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that tells that it ran."""
    path = tmp_path / "trap"
    path.write_text(f"#!/bin/sh\necho ran >> {tmp_path / 'ran'}\nexit 1\n")
    path.chmod(0o755)
    return path


def ran(trap: Path) -> bool:
    return (trap.parent / "ran").exists()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "repository").mkdir()
    return tmp_path / "repository"


def test_all_files_come_byte_for_byte_and_what_is_none_does_not(folder: Path) -> None:
    files = {
        "a.yml": b"a: 1\n",
        "b/c d.yml": b"\x00\xff\nblob 7\n",
        "empty": b"",
        "ü.yml": b"u",
        "no-end": b"x" * 100_000,
        "a missing": b"m",
    }
    repository = Repository(folder, files)
    asked = ["a.yml", "absent", "b", *files, "", "/etc/passwd", "a.yml/x"]
    assert repository.committed(*asked) == files
    (folder / "a.yml").write_bytes(b"another")
    assert repository.committed("a.yml") == {"a.yml": b"a: 1\n"}


@pytest.mark.parametrize("end", ["\n", "\r", "\0", "\r\n"])
def test_a_path_with_a_line_s_end_asks_for_nothing_else(folder: Path, end: str) -> None:
    repository = Repository(folder, {"a": b"a", "b": b"b"})
    other = f"{repository.commit}:b"
    assert repository.committed(f"a{end}", f"x{end}{other}", f"a{end}{other}", "b") == {"b": b"b"}


def test_a_name_that_is_no_text_asks_for_nothing(folder: Path) -> None:
    assert Repository(folder, {"a": b"a"}).committed("\ud800", "a") in (None, {"a": b"a"})


@pytest.mark.parametrize("commit", ["HEAD", "main", "", "--batch", "3f9c1d27", "c" * 40, "C" * 40])
def test_what_is_no_commit_here_has_no_files(folder: Path, commit: str) -> None:
    repository = Repository(folder, {"a": b"a"})
    assert git.committed(folder, PATH, commit, ["a"], 60.0, Clock()) is None
    assert repository.committed("a") == {"a": b"a"}


def test_a_larger_file_is_cut_and_the_next_one_is_whole(folder: Path) -> None:
    size = FILE_MAX_BYTES
    repository = Repository(folder, {"fits": b"f" * size, "large": b"l" * (size + 70_000), "next": b"n"})
    found = repository.committed("large", "fits", "next")
    assert {name: len(data) for name, data in found.items()} == {"large": size, "fits": size, "next": 1}


def test_no_git_and_no_repository(folder: Path, tmp_path: Path) -> None:
    repository = Repository(folder, {"a": b"a"})
    assert repository.committed("a", env={"PATH": str(tmp_path)}) is None
    shutil.rmtree(folder / ".git")
    assert repository.committed("a") is None


# A git that takes long


def hanging(folder: Path, script: str) -> dict[str, str]:
    """An environment whose git is this script."""
    (folder / "bin").mkdir()
    (folder / "bin" / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bin" / "git").chmod(0o755)
    return {"PATH": f"{folder / 'bin'}{os.pathsep}{PATH['PATH']}"}


class Impatient(Clock):
    """Its seconds are over as soon as git has given a sign of life through `pipe`, which then shows whether anybody still holds it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "alive"
        os.mkfifo(self.path)

    def take(self, queue: SimpleQueue[Any], seconds: float) -> Any:
        self.pipe = self.path.open("rb")
        assert self.pipe.readline() == b"up\n"
        raise Empty

    def nobody_is_left(self) -> bool:
        """Wait until no process holds the pipe."""
        with self.pipe:
            return self.pipe.read() == b""


def test_a_git_that_hangs_ends_with_its_children_when_its_time_is_over(folder: Path, tmp_path: Path) -> None:
    repository, clock = Repository(folder, {"a": b"a"}), Impatient(tmp_path)
    env = hanging(tmp_path, f"(echo up; exec sleep 600) > {clock.path} &\nsleep 600")
    assert git.committed(folder, env, repository.commit, ["a", "b"], 5.0, clock) is None
    assert clock.nobody_is_left()


def test_a_git_that_answers_a_part_has_answered_nothing(folder: Path, tmp_path: Path) -> None:
    """Of two policies the first alone would pass for the only one."""
    repository, clock = Repository(folder, {"a": b"a", "b": b"b"}), Impatient(tmp_path)
    first = f"read line\necho $line | {shutil.which('git')} --git-dir={folder}/.git cat-file --batch\n"
    env = hanging(tmp_path, f"exec 3> {clock.path}\n{first}read line\necho up >&3\nsleep 600")
    assert git.committed(folder, env, repository.commit, ["a", "b"], 5.0, clock) is None
    assert clock.nobody_is_left()
    shutil.rmtree(tmp_path / "bin")
    assert repository.committed("a", "b", env=hanging(tmp_path, first)) is None


def test_git_has_the_seconds_that_it_is_given(folder: Path) -> None:
    class Recording(Clock):
        given: ClassVar[list[float]] = []

        def take(self, queue: SimpleQueue[Any], seconds: float) -> Any:
            self.given.append(seconds)
            return super().take(queue, 60.0)

    repository = Repository(folder, {"a": b"a", "b": b"b"})
    assert git.committed(folder, PATH, repository.commit, ["a", "b"], 0.5, Recording()) == {"a": b"a", "b": b"b"}
    assert Recording.given == [0.5]  # one process, one wait


@pytest.mark.parametrize(
    "answer", ["nonsense", "x blob many", "x blob 5", "x blob 99999999999", f"{'x' * 70_000} blob 3\\nabc"], ids=lambda it: it[:20]
)
def test_a_git_that_answers_otherwise_has_answered_nothing(folder: Path, tmp_path: Path, answer: str) -> None:
    env = hanging(tmp_path, f"read line\necho '{answer}'")
    assert Repository(folder, {"a": b"a"}).committed("a", env=env) is None


@pytest.mark.parametrize(("paths", "seconds"), [(["a"], 0.0), (["a"], -1.0)])
def test_without_time_git_is_not_started(folder: Path, paths: list[str], seconds: float) -> None:
    class Unused(Clock):
        def start(self, work: Any) -> None:
            raise AssertionError

    assert git.committed(folder, PATH, Repository(folder, {"a": b"a"}).commit, paths, seconds, Unused()) is None


def test_what_git_complains_of_is_not_printed(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert Repository(folder, {"a": b"a"}).committed("a", env=hanging(tmp_path, "echo complaint >&2")) is None
    assert capfd.readouterr() == ("", "")


def test_the_folder_that_the_program_was_started_in_may_be_gone(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository, gone = Repository(folder, {"a": b"a"}), tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert repository.committed("a") == {"a": b"a"}


def test_a_machine_that_starts_no_thread(folder: Path) -> None:
    repository = Repository(folder, {"a": b"a"})
    assert git.committed(folder, PATH, repository.commit, ["a"], 60.0, VirtualClock(rooms=0)) is None


# A repository that is a stranger's


def test_a_file_system_monitor_does_not_run(folder: Path, trap: Path) -> None:
    repository = Repository(folder, {"a": b"a"})
    repository.git("config", "core.fsmonitor", str(trap))
    command = [*git.hardened("git", folder), f"--work-tree={folder}", "status"]
    subprocess.run(command, cwd=folder, env=git.environment(PATH), capture_output=True, check=True)
    assert repository.committed("a") == {"a": b"a"}
    assert not ran(trap)
    repository.git("status")
    assert ran(trap)  # else this test would prove nothing


def test_a_hook_does_not_run(folder: Path, trap: Path) -> None:
    repository = Repository(folder, {"a": b"a"})
    shutil.copy(trap, folder / ".git" / "hooks" / "reference-transaction")
    command = [*git.hardened("git", folder), "update-ref", "refs/heads/other", repository.commit]
    subprocess.run(command, cwd=folder, env=git.environment(PATH), capture_output=True, check=True)
    assert not ran(trap)
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("update-ref", "refs/heads/third", repository.commit)
    assert ran(trap)


def test_a_replaced_object_is_the_one_that_was_committed(folder: Path) -> None:
    repository = Repository(folder, {"a": b"ours", "evil": b"theirs"})
    repository.git("replace", f"{repository.commit}:a", f"{repository.commit}:evil")
    assert repository.git("cat-file", "blob", f"{repository.commit}:a") == "theirs"
    assert repository.committed("a") == {"a": b"ours"}


def test_an_object_that_is_missing_is_not_fetched(folder: Path, trap: Path) -> None:
    repository = Repository(folder, {"a": b"a", "b": b"b"})
    blob = repository.git("rev-parse", f"{repository.commit}:a")
    (folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    repository.git("config", "core.repositoryFormatVersion", "1")
    settings = {"extensions.partialClone": "origin", "remote.origin.url": f"ext::{trap}", "remote.origin.promisor": "true"}
    for name, value in {**settings, "protocol.ext.allow": "always"}.items():
        repository.git("config", name, value)
    assert repository.committed("a", "b") is None
    fetch = [*git.hardened("git", folder), "fetch", "origin"]  # what a git without GIT_NO_LAZY_FETCH does by itself
    subprocess.run(fetch, cwd=folder, env=git.environment(PATH), capture_output=True, check=False)
    assert not ran(trap)
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("cat-file", "blob", blob)
    assert ran(trap)


def test_variables_that_lead_elsewhere_do_not_count(folder: Path, tmp_path: Path, trap: Path) -> None:
    repository = Repository(folder, {"a": b"a"})
    names = ("GIT_TRACE", "GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_CONFIG_PARAMETERS", "LD_PRELOAD")
    assert repository.committed("a", env={**PATH, **dict.fromkeys(names, str(trap))}) == {"a": b"a"}
    assert not ran(trap)
