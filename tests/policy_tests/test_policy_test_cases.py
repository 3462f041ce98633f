"""Every test file in tests/cases/policy_tests says exactly what stands beside it, whatever CI it runs in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from inprocess import CASES, run
from jsonschema import Draft202012Validator
from policies import READERS

FOLDER = CASES / "policy_tests"
# What must not leak in: a policy test asks nothing of where it runs.
SURROUNDINGS = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/leak",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REF_NAME": "main",
    "GITHUB_WORKFLOW": "deploy",
    "TOCSIN_APP": "leak",
    "TOCSIN_ENVIRONMENT": "production",
    "TOCSIN_STATUS": "failure",
    "TOCSIN_PROJECT": "leak",
}


def cases(folder: str) -> list[str]:
    return sorted(path.name for path in (FOLDER / folder).glob("*.test.yml"))


@pytest.mark.parametrize("env", [{}, SURROUNDINGS], ids=["bare", "in a CI"])
@pytest.mark.parametrize("name", cases("run"))
def test_what_runs(name: str, env: dict[str, str]):
    answer = run("test", name, folder=FOLDER / "run", env=env)
    assert answer.out == (FOLDER / "run" / name).with_suffix(".expected").read_text(encoding="utf-8")
    assert answer.code == (1 if ": failed: " in answer.out else 0)


@pytest.mark.parametrize("name", cases("invalid"))
def test_what_is_invalid(name: str):
    answer = run("test", name, folder=FOLDER / "invalid")
    assert answer.err == (FOLDER / "invalid" / name).with_suffix(".expected").read_text(encoding="utf-8")
    assert (answer.code, answer.out) == (3, "")


READ = """
import sys
{reader}
from tocsin.cli import main
for name in sys.argv[1:]:
    main(["test", name])
"""


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_says_the_same(reader: str):
    names = cases("invalid")
    command = [sys.executable, "-c", READ.format(reader=READERS[reader]), *names]
    done = subprocess.run(command, cwd=FOLDER / "invalid", env={}, capture_output=True, text=True, encoding="utf-8", check=True)
    told = [(FOLDER / "invalid" / name).with_suffix(".expected").read_text(encoding="utf-8") for name in names]
    assert done.stderr == "".join(told)


def test_the_cases_are_there():
    assert len(cases("run")) >= 3
    assert len(cases("invalid")) >= 15


ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "tests").glob("*.test.yml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_pass_and_touch_every_rule(path: Path, tmp_path: Path):
    copied = shutil.copytree(ROOT / "examples", tmp_path / "examples")
    answer = run("test", f"tests/{path.name}", "--min-coverage", "100", "--json", folder=copied)
    assert answer.code == 0, answer.out
    assert len(answer.json()["cases"]) >= 5


def test_an_example_is_there():
    assert EXAMPLES


def test_our_own_policy_is_tested():
    answer = run("test", ".github/tocsin.test.yml", "--min-coverage", "100", folder=ROOT)
    assert answer.code == 0, answer.out


# The docs, and editors.

SAMPLE = ROOT / "docs" / "sample"


def test_the_sample_of_the_docs_is_the_one_that_is_shown():
    assert f"```yaml\n{(SAMPLE / 'tocsin.test.yml').read_text(encoding='utf-8')}```" in (ROOT / "docs" / "testing.md").read_text(
        encoding="utf-8"
    )


def test_every_test_file_of_the_docs_is_read():
    text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE) if "cases:" in block]
    assert len(blocks) == 2
    for block in blocks:
        assert run("test", "-", folder=SAMPLE, stdin=block.encode()).code in (0, 1)


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Draft202012Validator:
    schema = run("schema", "--for", "test", folder=tmp_path_factory.mktemp("schema")).json()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


GOOD = [*(FOLDER / "run").glob("*.test.yml"), *EXAMPLES, SAMPLE / "tocsin.test.yml"]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_the_schema_takes_what_the_program_takes(path: Path, validator: Draft202012Validator):
    validator.validate(_plain(path))


@pytest.mark.parametrize(
    "case",
    [
        {"event": "failure", "told": []},
        {"name": "a", "event": "failure"},
        {"name": "a", "told": []},
        {"name": "a", "event": "failure", "event_file": "x", "told": []},
        {"name": "a", "event": "always", "told": []},
        {"name": "a", "event": {"enviroment": "x"}, "told": []},
        {"name": "a", "event": {"hook": "start"}, "told": []},
        {"name": "a", "event": {"ref": {"brach": "x"}}, "told": []},
        {"name": "a", "event": "failure", "told": [], "colour": "red"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_program_refuses(case: dict[str, object], validator: Draft202012Validator):
    assert not validator.is_valid({"cases": [case]})


def _plain(path: Path) -> object:
    """A file as an editor reads it."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return json.loads(json.dumps(data, default=str))


def test_json(tmp_path: Path):
    data = run("test", "differences.test.yml", "--json", folder=FOLDER / "run").json()
    assert set(data) == {"cases", "coverage"}
    by_name = {case["name"]: case for case in data["cases"]}
    assert by_name["nobody names it"] == {
        "name": "nobody names it",
        "file": "differences.test.yml",
        "line": 5,
        "passed": False,
        "told": ["team", "Dev@example.com"],
        "missing": ["boss@example.com"],
        "unexpected": [],
        "rules": ["builds"],
        "missing_rules": [],
        "unexpected_rules": [],
        "differences": ["missing: boss@example.com", "  no rule sends to it"],
    }
    assert by_name["rules"]["missing_rules"] == ["#2", "nightly"]
    assert by_name["rules"]["unexpected_rules"] == ["builds"]
    assert data["coverage"] == {
        "rules": 4,
        "untouched": ["#2", "nightly"],
        "percent": 50.0,
        "places": [{"name": "#2", "file": ".tocsin.yml", "line": 16}, {"name": "nightly", "file": ".tocsin.yml", "line": 23}],
    }
    json.dumps(data)
