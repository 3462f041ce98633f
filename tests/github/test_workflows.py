"""The workflows we run, the ones we tell others to write, and what docs/github.md says of them. `./dev lint` has the linters' word."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from act import EXAMPLES, ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PAGE = (ROOT / "docs" / "github.md").read_text(encoding="utf-8")
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_and_named_by_its_version(path):
    used = re.findall(r"^\s*(?:- )?uses: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert used
    assert [words for words in used if words != "./" and not PINNED.fullmatch(words)] == []


@pytest.mark.parametrize("path", [*WORKFLOWS, *sorted(EXAMPLES.glob("*.yml"))], ids=lambda path: path.name)
def test_every_workflow_begins_with_the_right_to_read_alone(path):
    rights = yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"]
    assert set(rights.values()) <= {"read"}


def test_our_tests_run_on_every_system_and_python_that_we_name():
    matrix = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]["tests"]["strategy"]["matrix"]
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(matrix["python"]) == sorted(named)
    assert {system.partition("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_every_example_is_run_and_shown():
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_act_*.py"))
    for path in EXAMPLES.glob("*.yml"):
        assert f'repository.example("{path.name}")' in tests, path.name
        assert f"<!-- generated: example github/{path.name} -->" in PAGE, path.name
    assert {"<!-- generated: action inputs -->", "<!-- generated: action outputs -->"} <= set(PAGE.splitlines())
    assert "<!-- generated: example github/one-job.yml -->" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_finding_that_stays_has_its_reason():
    lines = (ROOT / ".github/zizmor.yml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.strip().startswith("ignore:") and "#" not in line] == []
    assert not any("disable" in line for line in lines)


def test_the_messages_of_the_docs_are_the_program_s():
    said = "\n".join([*_constants(), *(path.read_text(encoding="utf-8") for path in (ROOT / "plugins/github").glob("*.js"))])
    section = PAGE.partition("## Troubleshooting by message\n")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    messages = [message for cell in cells for message in re.findall("`([^`]+)`", cell)]
    assert len(messages) > 25
    parts = {part.strip().removeprefix("GitHub") for message in messages for part in message.split("…")}  # a service's name is put in
    assert {part for part in parts if part not in said} == set()


def _constants():
    """Every text of the program, with the values that are put into it left out."""
    for folder in ("src", "plugins"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
