"""Rules and channels that a base gives: they are listed with their place, and changed in their own file alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from inprocess import run

BASE = """\
channels: {team: {kind: slack}}
notifications:
  - {name: failures, on: failure, send_to: team}
  - {name: deployments, on: success, pipelines: {kind: cd}, send_to: team}
"""
OWN = """\
extends: ci/base.yml
channels: {ops: {kind: teams}}
notifications:
  - {name: nights, on: failure, pipelines: {source: schedule}, send_to: ops} # first here, third of all
  - {name: failures, on: broken, send_to: team} # takes the place of the base's, and so is the first of all
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "base.yml").write_text(BASE)
    (tmp_path / ".tocsin.yml").write_text(OWN)
    return tmp_path


def test_they_are_listed_with_their_file(folder: Path) -> None:
    rows = run("rules", "list", "--json", folder=folder).json()
    assert [(row["name"], row["line"], row.get("file")) for row in rows] == [
        ("failures", 5, None), ("deployments", 4, "ci/base.yml"), ("nights", 4, None),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "line"), [("nights", 3), ("failures", 4)])
def test_the_rule_that_is_named_is_the_one_that_changes(folder: Path, name: str, line: int) -> None:
    assert run("rules", "modify", name, "--on", "always", folder=folder).code == 0
    before, after = OWN.splitlines(), (folder / ".tocsin.yml").read_text().splitlines()
    assert [number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new] == [line]
    assert "on: always" in after[line]


def test_a_rule_of_a_base_is_changed_there(folder: Path) -> None:
    answer = run("rules", "delete", "deployments", "--yes", folder=folder)
    assert answer.code == 3
    assert "stands in ci/base.yml:4" in answer.err
    assert (folder / ".tocsin.yml").read_text() == OWN


def test_a_channel_of_a_base_is_replaced_by_one_of_its_name(folder: Path) -> None:
    assert run("channels", "modify", "team", "--set", "channel=#x", folder=folder).code == 3
    assert run("channels", "add", "team", "--kind", "discord", folder=folder).code == 0
    assert "team: {kind: discord}" in (folder / ".tocsin.yml").read_text()


def test_an_exact_difference_knows_what_a_base_gives(folder: Path) -> None:
    (folder / "whole.yml").write_text(
        BASE.replace("on: failure", "on: broken", 1).replace("channels: {", "channels: {ops: {kind: teams}, ") + OWN.splitlines()[3] + "\n"
    )
    answer = run("diff", "whole.yml", ".tocsin.yml", "--json", folder=folder).json()
    assert (answer["changes"], answer["sampled"]) == ([], False)
