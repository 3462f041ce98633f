"""`tocsin rules` at the command line: the list and its forms, what chooses, what asks."""

from __future__ import annotations

import csv
import io
from argparse import Namespace
from pathlib import Path

import pytest
from inprocess import run

from tocsin import cli, commands
from tocsin.console import Console
from tocsin.deliver import Stop

POLICY = """channels:
  team: {kind: slack}
  ops: {kind: discord}
  mail: {kind: smtp, host: h.example.com, from: a@example.com}
notifications:
  - name: deployments
    on: [success, failure]
    pipelines: {kind: cd, environment: [production, "staging-*"]}
    send_to: [team, {email: [X@example.com, y@example.com], via: mail}]
  - on: failure
    send_to: {channel: ops}
  - {name: "=1+1", on: failure, pipelines: [{branch: main}, {environment: qa, branch: "!dev"}], send_to: x@example.com}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / ".tocsin.yml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def names(folder: Path, *words: str) -> list[str | None]:
    """The names of the rules that are listed."""
    return [rule["name"] or f"#{rule['number']}" for rule in run("rules", "list", *words, "--json", folder=folder).json()]


def test_the_list_as_json(policy: Path) -> None:
    assert run("rules", "list", "--json", folder=policy.parent).json() == [
        {
            "name": "deployments",
            "number": 1,
            "line": 6,
            "on": ["success", "failure"],
            "pipelines": [{"kind": ["cd"], "environment": ["production", "staging-*"]}],
            "send_to": [{"channel": "team"}, {"email": "X@example.com", "via": "mail"}, {"email": "y@example.com", "via": "mail"}],
        },
        {"name": None, "number": 2, "line": 10, "on": ["failure"], "pipelines": [], "send_to": [{"channel": "ops"}]},
        {
            "name": "=1+1",
            "number": 3,
            "line": 12,
            "on": ["failure"],
            "pipelines": [{"branch": ["main"]}, {"environment": ["qa"], "branch": ["!dev"]}],
            "send_to": [{"email": "x@example.com", "via": None}],
        },
    ]


def test_the_list_as_a_table_names_the_place(policy: Path) -> None:
    lines = run("rules", "list", folder=policy.parent).out.splitlines()
    assert lines[0].split() == ["RULE", "PLACE", "ON", "PIPELINES", "SEND", "TO"]
    assert lines[1].split()[:2] == ["deployments", ".tocsin.yml:6"]
    assert lines[3].endswith("branch main or environment qa; branch !dev  x@example.com")


def test_a_cell_of_the_csv_is_no_formula(policy: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("rules", "list", "--csv", folder=policy.parent).out)))
    assert [row["name"] for row in rows] == ["deployments", "", "'=1+1"]
    assert rows[0]["send_to"] == "team, X@example.com via mail, y@example.com via mail"
    assert [(row["number"], row["file"], row["line"], row["pipelines"]) for row in rows[1:2]] == [("2", ".tocsin.yml", "10", "")]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), ["deployments", "#2", "=1+1"]),
        (("deployments", "#2"), ["deployments", "#2"]),
        (("#1",), ["deployments"]),
        (("--where", "environment=production"), ["deployments"]),
        (("--where", "environment=qa,production"), ["deployments", "=1+1"]),
        (("--where", "branch=!dev"), ["=1+1"]),
        (("--where", "on=success"), ["deployments"]),
        (("--where", "on=success", "--where", "on=failure"), ["deployments"]),
        (("--where", "send_to=ops"), ["#2"]),
        (("--where", "send-to=x@EXAMPLE.com"), ["deployments", "=1+1"]),
        (("--where", "name==1+1"), ["=1+1"]),
        (("deployments", "#2", "--where", "send_to=ops"), ["#2"]),
    ],
)
def test_what_is_chosen(policy: Path, words: tuple[str, ...], found: list[str]) -> None:
    assert names(policy.parent, *words) == found


def test_a_policy_without_rules_has_none_to_list(policy: Path) -> None:
    policy.write_text("channels: {team: {kind: slack}}\n", encoding="utf-8")
    answer = run("rules", "list", folder=policy.parent)
    assert (answer.code, answer.out.splitlines()[1]) == (0, "none  the policy has no rules")


def test_a_change_as_json(policy: Path) -> None:
    words = ("rules", "modify", "#2", "--add-on", "fixed", "--json")
    said = run(*words, "--diff", folder=policy.parent).json()
    assert (said["written"], said["diff"][-4:-2]) == (False, ["-  - on: failure", "+  - on: [failure, fixed]"])
    assert policy.read_text(encoding="utf-8") == POLICY
    said = run(*words, folder=policy.parent).json()
    rule = {"change": "modified", "name": None, "number": 2, "line": 10, "on": ["failure", "fixed"], "pipelines": []}
    assert said == {"policy": ".tocsin.yml", "written": True, "rules": [{**rule, "send_to": [{"channel": "ops"}]}]}


def test_a_named_file_is_changed_from_another_folder(policy: Path) -> None:
    folder = policy.parent / "below"
    folder.mkdir()
    assert run("rules", "delete", "#2", "--yes", "--policy", "../.tocsin.yml", folder=folder).code == 0
    assert names(policy.parent) == ["deployments", "=1+1"]


@pytest.mark.parametrize(("answer", "left"), [("y", 2), ("yes\n", 2), ("", 3), ("n", 3), ("maybe", 3)])
def test_a_deletion_asks_at_a_terminal(policy: Path, monkeypatch: pytest.MonkeyPatch, answer: str, left: int) -> None:
    asked: list[str] = []
    monkeypatch.chdir(policy.parent)
    world = cli._world({})._replace(ask=lambda question: asked.append(question) or answer)  # type: ignore[func-returns-value]
    words: Namespace = commands.parse(["rules", "delete", "#2"])
    assert commands.load("rules").run(words, world, Console(None, None), Stop()) == 0
    assert asked == ["delete 1 rule of .tocsin.yml: #2? [y/N]"]
    assert len(names(policy.parent)) == left


def test_hostile_names_stay_names(policy: Path) -> None:
    name = "::error::x ##[set] \u202e\ufffe${A} {{ b }} - [x]: y #z"
    assert run("rules", "add", "--name", name, "--on", "failure", "--send-to", "ops", folder=policy.parent).code == 0
    assert names(policy.parent)[-1] == name
    run("rules", "list", folder=policy.parent)
    run("rules", "list", "--csv", folder=policy.parent)
    run("rules", "modify", name, "--add-on", "fixed", "--diff", folder=policy.parent)
    run("rules", "delete", name, "--yes", folder=policy.parent)
    assert policy.read_text(encoding="utf-8") == POLICY
