"""What `tocsin check` refuses, as its JSON has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inprocess import run


def refused(folder: Path, text: str, words: str) -> dict[str, Any]:
    """The first error with some words that is found in a policy."""
    (folder / ".tocsin.yml").write_text(text)
    answer = run("check", "--format", "json", folder=folder)
    problems: list[dict[str, Any]] = [problem for problem in answer.json() if words in problem["message"]]
    assert answer.code == 3
    assert problems, answer.out
    return problems[0]
