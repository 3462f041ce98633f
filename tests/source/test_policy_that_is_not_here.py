"""Commands that need a policy's file, where its name is one that no file has, or the organisation's default lies elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from inprocess import run

COMMANDS = [("rules", "delete", "#1", "--yes"), ("channels", "delete", "team", "--yes"), ("test",), ("update",)]
ELSEWHERE = {"TOCSIN_DEFAULT_POLICY": "github:acme/policies/org.yml@0123456789abcdef0123456789abcdef01234567"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_name_that_no_file_has(words: tuple[str, ...], tmp_path: Path) -> None:
    answer = run(*words, "--policy", "x" * 400, folder=tmp_path)
    assert (answer.code, "cannot be looked for" in answer.err) == (3, True), answer.err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_default_that_lies_elsewhere_is_no_missing_file(words: tuple[str, ...], tmp_path: Path) -> None:
    answer = run(*words, env=ELSEWHERE, folder=tmp_path)
    assert (answer.code, "does not exist" in answer.err) == (3, False), answer.err
