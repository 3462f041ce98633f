"""Every policy in tests/cases/policy says exactly what stands beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from policies import CASES, READERS, copied, outcome


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the cases that is a repository of its own: payload files are sought from its root."""
    return copied(tmp_path_factory.mktemp("repository"))


@pytest.mark.parametrize("name", sorted(path.stem for path in (CASES / "invalid").glob("*.yml")))
def test_invalid(name: str, repository: Path):
    path = repository / "invalid" / f"{name}.yml"
    valid, lines = outcome(path)
    assert lines == path.with_suffix(".expected").read_text()
    assert not valid
    assert "HUNTER2" not in lines


@pytest.mark.parametrize("name", sorted(path.stem for path in (CASES / "valid").glob("*.yml")))
def test_valid(name: str, repository: Path):
    path = repository / "valid" / f"{name}.yml"
    valid, lines = outcome(path)
    assert lines == path.with_suffix(".expected").read_text()
    assert valid


def test_cases_are_found():
    assert len(list((CASES / "invalid").glob("*.yml"))) > 80
    assert len(list((CASES / "valid").glob("*.yml"))) > 15
    for path in CASES.glob("*/*.yml"):
        assert path.with_suffix(".expected").is_file()


EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("*.yml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_valid_without_a_warning(path: Path):
    assert outcome(path) == (True, "")


def test_the_examples_are_there():
    assert {"smallest", "whole", "default-email", "devtron-like"} <= {path.stem for path in EXAMPLES}


READ = """
import json, sys
from pathlib import Path
{reader}
from tocsin.errors import PolicyError
from tocsin.source.places import files_of
from tocsin.policy.load import load
from tocsin.policy.policy_text import PolicyText
found = {{}}
for path in map(Path, sys.argv[1:]):
    try:
        problems = load(PolicyText(path.name, path.read_bytes(), files_of(path.parent), f"{{path.parent.name}}/{{path.name}}"), advise=True).warnings
    except PolicyError as error:
        problems = error.problems
    found[str(path)] = "".join(f"{{problem}}\\n" for problem in problems)
print(json.dumps(found))
"""


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_says_the_same(repository: Path, reader: str):
    paths = sorted(repository.glob("*/*.yml"))
    run = subprocess.run(
        [sys.executable, "-c", READ.format(reader=READERS[reader]), *map(str, paths)], capture_output=True, text=True, check=True
    )
    said = json.loads(run.stdout)
    assert said == {str(path): path.with_suffix(".expected").read_text() for path in paths}
