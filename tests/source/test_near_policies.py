"""Names that come close to a policy's, and policies above the repository: neither passes in silence, and neither is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from inprocess import run

POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"
START = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x"}
NEAR = {
    "tocsin.yml": ".tocsin.yml",
    "tocsin.yaml": ".tocsin.yml",
    ".tocsin.yaml": ".tocsin.yml",
    ".Tocsin.yml": ".tocsin.yml",
    ".toscin.yml": ".tocsin.yml",
    "_tocsin.yml": ".tocsin.yml",
    ".github/.tocsin.yml": ".github/tocsin.yml",
    ".github/.tocsin.yaml": ".github/tocsin.yml",
    ".github/tocsin.yaml": ".github/tocsin.yml",
    ".gitlab/.tocsin.yml": ".gitlab/tocsin.yml",
    ".circleci/tocsin.yml": ".tocsin.yml",
    ".config/tocsin.yml": ".tocsin.yml",
}
FAR = ("tocsin.test.yml", ".github/workflows/tocsin.yml", "toxin.yml", "docs/tocsin.yml", "tocsin.md", "tools.yml")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository, with a folder to stand in."""
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    (folder / "services" / "payments").mkdir(parents=True)
    return folder


def put(path: Path, text: str = POLICY) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("below", ["", "services/payments"])
@pytest.mark.parametrize("near", NEAR)
def test_a_policy_by_a_near_name_is_an_error_that_names_both(repository: Path, near: str, below: str):
    put(repository / near)
    answer = run("send", "completion", "--status=failure", "--dry-run", env=START, folder=repository / below)
    up = "../../" if below else ""
    assert (answer.code, answer.out) == (3, "")
    assert f"{up}{near} is not read: rename it to {up}{NEAR[near]}" in answer.err


@pytest.mark.parametrize("name", FAR)
def test_another_file_is_nobody_s_error(repository: Path, name: str):
    put(repository / name)
    answer = run("explain", "completion", "--status=failure", env=START, folder=repository)
    assert answer.code == 0
    assert "is not read" not in answer.err


def test_a_file_that_is_no_policy_is_named_in_the_notice(repository: Path):
    put(repository / "tocsin.yml", "services: [a, b]\n  channels: nested\n")
    for env in ({}, START):
        answer = run("explain", "completion", "--status=failure", env=env, folder=repository / "services")
        assert answer.code == 0
        assert "there is no policy" in answer.err
        assert "(../tocsin.yml is not read: rename it if it is the policy)" in answer.err


def test_where_a_policy_is_found_a_near_name_beside_it_says_nothing(repository: Path):
    put(repository / ".tocsin.yml")
    put(repository / "services" / "tocsin.yml")
    answer = run("explain", "completion", "--status=failure", env=START, folder=repository / "services")
    assert (answer.code, answer.err) == (0, "")
    assert "would send" in answer.out


@pytest.mark.parametrize("place", [".tocsin.yml", ".github/tocsin.yml", ".gitlab/tocsin.yml"])
@pytest.mark.parametrize("git", [True, False], ids=["repository", "no repository"])
def test_the_start_without_a_policy_never_happens_below_one(tmp_path: Path, place: str, git: bool):
    put(tmp_path / place)
    inner = tmp_path / "vendor" / "other"
    inner.mkdir(parents=True)
    if git:
        (inner / ".git").mkdir()
    answer = run("send", "completion", "--status=failure", "--dry-run", env=START, folder=inner)
    assert (answer.code, answer.out) == (0, "")
    assert f"nothing is sent: there is no policy in this repository, and ../../{place} is above its root" in answer.err
    put(inner / ".tocsin.yml")
    assert "team" in run("send", "completion", "--status=failure", "--dry-run", env=START, folder=inner).out


def test_the_policy_is_found_from_any_folder_by_every_command(repository: Path):
    put(repository / ".tocsin.yml")
    deep = repository / "services" / "payments"
    for words in (("check",), ("explain", "trigger"), ("channels", "list"), ("send", "trigger", "--dry-run")):
        answer = run(*words, env=START, folder=deep)
        assert answer.code == 0
        assert "there is no policy" not in answer.err
