"""Each kind of problem has an example in tests/cases/checks that has it and nothing else, and the mended one has none. docs/checks.md shows them.

A file there is `why:`, `wrong:` and `right:`, each of them a policy, or files by their names.
`encoding:` is that of the wrong one, and `severity: warning` says that it is valid.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from inprocess import CASES, run

from tocsin.checks import Check

FOLDER = CASES / "checks"


def example(check: Check) -> dict[str, Any]:
    path = FOLDER / f"{check.value}.yml"
    assert path.is_file(), f"{check} has no example: write tests/cases/checks/{path.name}, then run ./dev docs"
    case: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return case


def found(folder: Path, policy: str | dict[str, str], encoding: str = "utf-8") -> set[tuple[str, str]]:
    """The kinds of problems that a policy has, each with its severity, in a repository of its own."""
    (folder / ".git").mkdir(parents=True)
    for name, text in (policy if isinstance(policy, dict) else {".tocsin.yml": policy}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding=encoding)
    return {(problem["check"], problem["severity"]) for problem in run("check", "--json", folder=folder).json()}


@pytest.mark.parametrize("check", Check, ids=lambda check: check.value)
def test_an_example_has_that_problem_alone_and_its_mended_form_none(check: Check, tmp_path: Path):
    case = example(check)
    assert set(case) <= {"why", "wrong", "right", "encoding", "severity"}
    assert case["why"].strip().endswith(".")
    assert found(tmp_path / "wrong", case["wrong"], case.get("encoding", "utf-8")) == {(check.value, case.get("severity", "error"))}
    assert found(tmp_path / "right", case["right"]) == set()


def test_no_example_is_of_what_is_no_check():
    assert {path.stem for path in FOLDER.glob("*.yml")} == {check.value for check in Check}
