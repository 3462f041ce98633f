"""What `tocsin rules` does not do: each is a clear error, and the file stays as it was to the byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from inprocess import run

from tocsin.editing import policy_file

POLICY = """channels: {team: {kind: slack}, mail: {kind: smtp, host: h.example.com, from: a@example.com}}
notifications:
  - {name: a, on: failure, send_to: team}
  - {name: b, on: [failure, success], send_to: [team, x@example.com], pipelines: {branch: main}}
  - {on: failure, send_to: team}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    path = tmp_path / ".tocsin.yml"
    path.write_text(POLICY, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("modify", 2, "--all"),
        ("modify --add-on fixed", 2, "or --all"),
        ("modify a", 2, "nothing is to change"),
        ("modify a --all --on failure", 2, "exclude each other"),
        ("modify a --on failed", 2, "unknown event 'failed' (do you mean 'failure'?)"),
        ("modify a --on failure,", 2, "a value is empty"),
        ("modify a --set branch", 2, "write KEY=VALUE"),
        ("modify a --set brunch=main", 2, "do you mean 'branch'?"),
        ("modify a --set name=x", 2, "unknown key 'name'"),
        ("modify a --unset brunch", 2, "do you mean 'branch'?"),
        ("modify a --on failure --via mail", 2, "--via is for addresses"),
        ("modify a b --rename c", 2, "2 rules are chosen"),
        ("modify a --rename b", 3, "has the name 'b' of the rule"),
        ("modify nobody --on failure", 3, "there is no rule 'nobody': the policy has 'a', 'b', '#3'"),
        ("modify '#4' --on failure", 3, "there is no rule '#4'"),
        ("modify a --where on=success --on failure", 3, "no rule is chosen by that: the policy has 'a', 'b', '#3'"),
        ("modify a --add-recipient tema", 3, "do you mean 'team'?"),
        ("modify a --add-recipient x@example.com --via team", 3, "team"),
        ("modify a --remove-recipient team", 3, "nothing left in 'send_to'"),
        ("modify a --remove-on failure", 3, "nothing left in 'on'"),
        ("modify a --set ref_type=brunch", 3, "unknown ref_type 'brunch'"),
        ("add --on failure", 2, "--send-to is missing"),
        ("add --send-to team", 2, "--on is missing"),
        ("add --on failure --send-to team --where name=x", 2, "unknown key 'name'"),
        ("add --name a --on failure --send-to team", 3, "has the name 'a' of the rule"),
        ("add --name '' --on failure --send-to team", 3, "empty"),
        ("copy a --name b", 3, "has the name 'b' of the rule"),
        ("copy a", 2, "--name is missing"),
        ("copy z --name b", 3, "there is no rule 'z'"),
        ("delete", 2, "or --all"),
        ("delete a", 2, "give --yes"),
        ("delete --where environment=production --yes", 3, "no rule is chosen"),
        ("list --json --csv", 2, "exclude each other"),
        ("list z", 3, "there is no rule 'z'"),
        ("list --where branch=dev", 3, "no rule is chosen"),
        ("list --where brunch=dev", 2, "do you mean 'branch'?"),
    ],
)
def test_a_wrong_word_is_said_and_nothing_is_written(policy: Path, words: str, code: int, told: str) -> None:
    answer = run("rules", *(word.strip("'") for word in words.split()), folder=policy.parent)
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.err
    assert policy.read_text(encoding="utf-8") == POLICY


ADD = ("rules", "add", "--on", "failure", "--send-to", "team")


def test_standard_input_is_no_file(policy: Path) -> None:
    answer = run(*ADD, "--policy", "-", folder=policy.parent, stdin=POLICY.encode())
    assert (answer.code, answer.out) == (2, "")
    assert "standard input cannot be changed" in answer.err


def test_a_link_is_not_written_through(policy: Path) -> None:
    target = policy.rename(policy.parent / "real.yml")
    policy.symlink_to("real.yml")
    answer = run(*ADD, folder=policy.parent)
    assert answer.code == 3
    assert ".tocsin.yml is a link to real.yml" in answer.err
    assert policy.is_symlink()
    assert target.read_text(encoding="utf-8") == POLICY
    assert run(*ADD, "--policy", "real.yml", folder=policy.parent).code == 0


def test_a_second_name_is_told_of(policy: Path) -> None:
    os.link(policy, policy.parent / "other.yml")
    answer = run(*ADD, folder=policy.parent)
    assert (answer.code, policy.read_text(encoding="utf-8")) == (3, POLICY)
    assert "hard link" in answer.err


def test_a_read_only_file_stays(policy: Path) -> None:
    policy.chmod(0o444)
    answer = run(*ADD, folder=policy.parent)
    assert (answer.code, policy.read_text(encoding="utf-8")) == (3, POLICY)
    assert ".tocsin.yml is read-only" in answer.err


def test_the_organisation_s_policy_is_not_this_repository_s(policy: Path) -> None:
    folder = policy.parent / "repository"
    (folder / ".git").mkdir(parents=True)
    answer = run(*ADD, folder=folder, env={"TOCSIN_DEFAULT_POLICY": str(policy)})
    assert (answer.code, policy.read_text(encoding="utf-8")) == (3, POLICY)
    assert "is the policy of TOCSIN_DEFAULT_POLICY" in answer.err


def test_no_policy_is_told_of(tmp_path: Path) -> None:
    answer = run(*ADD, folder=tmp_path)
    assert answer.code == 3
    assert "there is no policy here" in answer.err


def test_an_invalid_policy_is_told_of_with_its_lines(policy: Path) -> None:
    policy.write_text(POLICY.replace("on: failure", "on: fail"), encoding="utf-8")
    answer = run(*ADD, folder=policy.parent)
    assert answer.code == 3
    assert ".tocsin.yml:3:" in answer.err


def test_two_rules_of_one_name_are_told_of(policy: Path) -> None:
    policy.write_text(POLICY.replace("name: b", "name: a"), encoding="utf-8")
    answer = run("rules", "modify", "a", "--on", "success", folder=policy.parent)
    assert answer.code == 3
    assert "has the name 'a' of the rule on line 3" in answer.err


def test_a_merge_conflict_is_told_of(policy: Path) -> None:
    text = POLICY.replace("notifications:", "<<<<<<< HEAD\nnotifications:\n=======\n>>>>>>> topic")
    policy.write_text(text, encoding="utf-8")
    answer = run(*ADD, folder=policy.parent)
    assert (answer.code, policy.read_text(encoding="utf-8")) == (3, text)
    assert ".tocsin.yml:2: the marker of a merge conflict" in answer.err


def test_a_file_that_changes_meanwhile_stays(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = policy_file.read_regular

    def reading(path: Path, max_bytes: int) -> bytes:
        data = read(path, max_bytes)
        path.write_text(f"{POLICY}# and more\n", encoding="utf-8")
        return data

    monkeypatch.setattr(policy_file, "read_regular", reading)
    answer = run(*ADD, folder=policy.parent)
    assert (answer.code, policy.read_text(encoding="utf-8")) == (3, f"{POLICY}# and more\n")
    assert "has changed since it was read" in answer.err
