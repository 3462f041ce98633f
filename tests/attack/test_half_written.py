"""A disk that fills, and links that a checkout brings, while the outputs, the state and the report are written."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
from pathlib import Path

import pytest
from projects import Project
from servers import ScriptedServer

from tocsin.whole_file import append_whole, write_whole

POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: [trigger, failure], send_to: team}]\n"
LIMIT = 32 * 1024  # bytes that a file may have: what a disk does when it is full
OUTPUTS = "before=1\n"


def full() -> None:
    """From here on no file of this process grows beyond the limit; what is beyond is not written, in the middle of a call."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


@pytest.fixture
def fails(project: Project, slack: ScriptedServer, tmp_path: Path):
    """Run one part of the action, with this much room in the runner's files."""

    def run(room: int) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        project.policy(POLICY)
        files = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text((OUTPUTS * LIMIT)[: LIMIT - room].rpartition("\n")[0] + "\n")
        env = {
            "SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t"),
            "GITHUB_WORKSPACE": str(project.folder),
            "RUNNER_TEMP": str(tmp_path),
        }
        done = subprocess.run(
            project.command("action", "main"),
            cwd=tmp_path,
            env=project.environment({**env, **{name: str(path) for name, path in files.items()}}),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=full,
        )
        return done, {name: path.read_text() for name, path in files.items()}

    return run


@pytest.mark.parametrize("room", [0, 1, 20, 60, 90, 120])
def test_the_runners_files_end_with_whole_lines(fails, slack, room):
    done, left = fails(room)
    assert done.returncode == 0, done.stdout
    assert len(slack.requests) == 1
    for name in ("GITHUB_OUTPUT", "GITHUB_STATE"):
        assert set(left[name].splitlines()) == {OUTPUTS.strip()}, (name, left[name][-300:])
        assert f"::warning title=tocsin::{name} cannot be written (File too large)" in done.stdout
    assert left["GITHUB_STEP_SUMMARY"].endswith("\n")


def test_with_room_they_are_written(fails):
    done, left = fails(LIMIT // 2)
    assert (done.returncode, "cannot be written" in done.stdout) == (0, False)
    assert "delivered<<" in left["GITHUB_OUTPUT"]


def test_a_report_that_does_not_fit_leaves_the_one_before(project, slack):
    """Also where it did not fit in the middle of its bytes."""
    project.policy(POLICY)
    env = {"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t"), "TOCSIN_IMAGE": "web:" + "1" * 100}
    (project.folder / "report.json").write_text("before")
    words = ("send", "completion", "--status", "failure", "--report", "report.json")
    done = subprocess.run(
        project.command(*words),
        cwd=project.folder,
        env=project.environment(env),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)),
    )
    assert (done.returncode, len(slack.requests)) == (0, 1)
    assert "the report report.json cannot be written: File too large" in done.stderr
    assert (project.folder / "report.json").read_text() == "before"
    assert sorted(path.name for path in project.folder.iterdir()) == [".git", ".tocsin.yml", "report.json"]


def test_a_report_is_not_written_through_a_link_of_the_checkout(project, slack, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "profile").write_text("ours")
    (project.folder / "report.json").symlink_to(outside / "profile")
    (project.folder / "reports").symlink_to(outside)
    project.policy(POLICY)
    env = {"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")}
    result = project.send(env=env)
    assert result.report is not None
    assert not (project.folder / "report.json").is_symlink()
    refused = project.run("send", "completion", "--status", "failure", "--report", "reports/profile", env=env)
    assert "the report reports/profile cannot be written: a link leads out of the checkout" in refused.err
    assert [(path.name, path.read_text()) for path in outside.iterdir()] == [("profile", "ours")]


def test_a_link_of_the_users_own_is_followed(tmp_path):
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", "after", [tmp_path / "payments"])
    assert ((tmp_path / "link").is_symlink(), (tmp_path / "real").read_text()) == (True, "after")


@pytest.mark.parametrize("number", [1, 2])
def test_a_stream_that_is_open_is_written_to(project, slack, number, tmp_path):
    project.policy(POLICY)
    env = project.environment({"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")})
    words = ("send", "completion", "--status", "failure", "--report", f"/dev/fd/{number}")
    done = subprocess.run(project.command(*words), cwd=project.folder, env=env, capture_output=True, text=True, check=True)
    said = (done.stdout, done.stderr)[number - 1]
    assert json.loads(said[said.index("{\n") :])["totals"]["delivered"] == 1


def test_a_pipe_without_a_reader_and_a_folder_are_told_of(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(OSError):
            write_whole(tmp_path / name, "x", [tmp_path / "payments"])
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_name_as_long_as_it_may_be_is_written(tmp_path):
    path = tmp_path / ("x" * 255)
    write_whole(path, "é\ud800", [tmp_path])
    assert path.read_text() == "é?"
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask()


def umask() -> int:
    before = os.umask(0)
    os.umask(before)
    return before


def test_what_is_added_is_added_whole(tmp_path):
    append_whole(tmp_path / "file", "one\n")
    append_whole(tmp_path / "file", "two\n")
    assert (tmp_path / "file").read_text() == "one\ntwo\n"
    with pytest.raises(OSError):
        append_whole(Path("/dev/full"), "three")
