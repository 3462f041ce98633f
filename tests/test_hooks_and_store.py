"""What others take of this repository by name: pre-commit's hooks, the schema as a file, and its entry for SchemaStore."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from inprocess import CASES, run

from tocsin.commands import COMMANDS, parser
from tocsin.homepage import SCHEMA
from tocsin.policy.schema import schema
from tocsin.source.places import PLACES

ROOT = CASES.parents[1]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
STORE = json.loads((ROOT / "release" / "schemastore.json").read_text(encoding="utf-8"))
# Of a hook: https://pre-commit.com/#creating-new-hooks
HOOK_FORM = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "name", "entry", "language", "files"],
        "properties": {
            **{key: {"type": "string"} for key in ("id", "name", "description", "entry", "files")},
            "language": {"const": "python"},
            "pass_filenames": {"type": "boolean"},
        },
        "additionalProperties": False,
    },
}
NOT_A_POLICY = (
    "tocsin.yml",
    "sub/.tocsin.yml",
    ".github/workflows/tocsin.yml",
    ".tocsin.yaml",
    ".tocsin.yml.bak",
    "xtocsin.yml",
    ".githubtocsin.yml",
)


def test_the_hooks_are_as_pre_commit_wants_them():
    jsonschema.validate(HOOKS, HOOK_FORM)
    assert HOOKS[0]["id"] == "tocsin-check"
    assert (ROOT / "pyproject.toml").is_file()  # which pre-commit installs by


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_command_that_there_is(hook: dict[str, Any]):
    program, command, *words = hook["entry"].split()
    assert program == "tocsin"
    assert command in COMMANDS
    flags = {flag for argument in parser().commands[command].arguments for flag in argument.option_strings}
    assert {word for word in words if word.startswith("-")} <= flags


def test_the_check_looks_at_the_three_places_alone():
    chosen = re.compile(HOOKS[0]["files"])
    assert all(chosen.search(place) for place in PLACES)
    assert not any(chosen.search(name) for name in NOT_A_POLICY)


def test_the_tests_run_where_the_policy_or_a_test_file_changes():
    chosen = re.compile(HOOKS[1]["files"])
    tests = [place.replace(".tocsin", "tocsin").replace(".yml", ".test.yml") for place in PLACES]
    assert all(chosen.search(name) for name in (*PLACES, *tests))
    assert not any(chosen.search(name) for name in NOT_A_POLICY)
    assert HOOKS[1]["pass_filenames"] is False  # it finds its file, and a changed policy is none


def test_the_hook_checks_the_files_that_it_is_given(tmp_path: Path):
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "tocsin.yml").write_text("channels: {team: {kind: slak}}\nnotifications: [{on: failure, send_to: team}]\n")
    words = HOOKS[0]["entry"].split()[1:]
    answer = run("check", *words[1:], ".github/tocsin.yml", folder=tmp_path)
    assert answer.code == 3
    assert answer.out.startswith(".github/tocsin.yml:1:25: error: ")


def test_the_schema_s_file_is_what_the_program_prints():
    assert json.loads((ROOT / "schema" / "tocsin.schema.json").read_text(encoding="utf-8")) == schema(), "run ./dev docs"


def test_schemastore_gets_an_entry_of_its_form():
    # https://github.com/SchemaStore/schemastore/blob/master/src/schemas/json/schema-catalog.json
    assert set(STORE) == {"name", "description", "fileMatch", "url"}
    assert STORE["url"] == SCHEMA
    assert STORE["fileMatch"] == list(PLACES)
    assert all(fnmatch(place, pattern) for place, pattern in zip(PLACES, STORE["fileMatch"], strict=True))


def test_init_names_the_schema(tmp_path: Path):
    answer = run("init", "--yes", folder=tmp_path)
    assert answer.code == 0, answer
    policy = (tmp_path / ".tocsin.yml").read_text(encoding="utf-8")
    assert policy.splitlines()[0] == f"# yaml-language-server: $schema={SCHEMA}"
