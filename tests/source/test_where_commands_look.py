"""Every command that takes a policy's path looks for it as `send` does."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from inprocess import run

COMMANDS = ("rules add --on failure --send-to a", "channels add a --kind slack", "update", "test", "rules list", "check")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "old.yml").write_text("channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n")
    return tmp_path


@pytest.mark.parametrize("words", COMMANDS)
def test_a_name_that_no_file_can_have_is_an_error(words: str, repository: Path):
    answer = run(*shlex.split(words), "--policy", "x" * 5000, folder=repository)
    assert answer.code == 3, answer


@pytest.mark.parametrize("words", ["rules add --on failure --send-to a", "channels add a --kind slack", "test"])
def test_a_default_that_lies_elsewhere_is_no_path(words: str, repository: Path):
    answer = run(*shlex.split(words), env={"TOCSIN_DEFAULT_POLICY": "github:acme/policies:base.yml"}, folder=repository)
    assert (answer.code, "there is no" in answer.err, "does not exist" in answer.err) == (3, True, False), answer
