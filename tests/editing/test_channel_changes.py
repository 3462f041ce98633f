"""`tocsin channels add`, `modify` and `delete`: what is written, what is said, and that all other bytes stay."""

from __future__ import annotations

from difflib import ndiff
from pathlib import Path
from typing import Any

import inprocess
import pytest
import yaml
from inprocess import CASES, Answer, run

from tocsin import cli

CASE_LIST: list[dict[str, Any]] = yaml.safe_load((CASES / "channel_edits" / "cases.yml").read_text())
VARIANTS = {"as it is": ("", "\n"), "CRLF": ("", "\r\n"), "a byte order mark": ("\ufeff", "\n")}


def changed(folder: Path, policy: str, words: list[str]) -> tuple[Answer, str]:
    """The answer, and the policy afterwards."""
    path = folder / ".tocsin.yml"
    path.write_bytes(policy.encode())
    answer = run("channels", *words, folder=folder)
    return answer, path.read_bytes().decode()


def lines_of(before: str, after: str) -> str:
    """The lines that differ."""
    lines = ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return "".join(f"{line[0]}{line[2:]}" for line in lines if line[0] in "+-")


@pytest.mark.parametrize("form", VARIANTS)
@pytest.mark.parametrize("case", CASE_LIST, ids=lambda case: case["name"])
def test_a_change_is_what_its_case_says(tmp_path: Path, case: dict[str, Any], form: str):
    mark, newline = VARIANTS[form]
    before = mark + case["before"].replace("\n", newline)
    answer, after = changed(tmp_path, before, case["words"])
    assert answer.code == case.get("code", 0), answer
    assert "S3cret" not in answer.out + answer.err
    if answer.code:
        assert after == before
        assert case["err"] in answer.err
        return
    assert (answer.out, answer.err) == (f"{case['out']}\n", "")
    assert after.startswith(mark)
    assert sorted(lines_of(before[len(mark) :], after[len(mark) :]).splitlines()) == sorted(case["diff"].splitlines())
    assert after.count(newline) == after.count("\n")


@pytest.mark.parametrize("case", [case for case in CASE_LIST if "code" not in case], ids=lambda case: case["name"])
def test_a_diff_shows_it_and_writes_nothing(tmp_path: Path, case: dict[str, Any]):
    answer, after = changed(tmp_path, case["before"], [*case["words"], "--diff"])
    assert (answer.code, answer.err, after) == (0, "", case["before"])
    shown = [line for line in answer.out.splitlines() if line.startswith(("+", "-")) and line[:3] not in ("---", "+++")]
    assert sorted(shown) == sorted(case["diff"].splitlines())


def test_json_says_what_was_done(tmp_path: Path):
    before = 'channels: {team: {kind: slack, channel: "#a"}}\nnotifications: [{name: n, on: failure, send_to: team}]\n'
    answer, _ = changed(tmp_path, before, ["modify", "team", "--rename", "room", "--unset", "channel", "--json"])
    assert answer.json() == {
        "policy": ".tocsin.yml",
        "written": True,
        "channels": [
            {
                "change": "modified",
                "channel": "room",
                "kind": "slack",
                "line": 1,
                "set": [],
                "unset": ["channel"],
                "old_name": "team",
                "rules": ["n"],
            }
        ],
    }
    answer, after = changed(tmp_path, before, ["add", "ops", "--kind", "discord", "--diff", "--json"])
    data = answer.json()
    assert (data["written"], after) == (False, before)
    assert "ops: {kind: discord}" in "".join(data["diff"])


@pytest.mark.parametrize(("said", "gone"), [("y\n", True), ("yes\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_a_deletion_asks_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, gone: bool):
    asked: list[str] = []
    real = cli._world

    def world(env: Any) -> Any:
        return real(env)._replace(ask=lambda question: asked.append(question) or said)  # type: ignore[func-returns-value]

    monkeypatch.setattr(cli, "_world", world)
    before = "channels:\n  team: {kind: slack}\n  old: {kind: slack}\nnotifications: [{on: failure, send_to: team}]\n"
    answer, after = changed(tmp_path, before, ["delete", "old"])
    assert answer.code == 0
    assert asked == ["delete 1 channel of .tocsin.yml: old? [y/N]"]
    assert ("old" not in after) == gone
    assert ("nothing was deleted" in answer.err) != gone


def test_recipients_by_an_anchor_are_renamed_or_refused_and_never_half(tmp_path: Path):
    before = (
        "x-all: &all [team, ops]\nchannels:\n  team: {kind: slack}\n  ops: {kind: discord}\n"
        "notifications:\n  - {name: a, on: failure, send_to: *all}\n  - {name: b, on: success, send_to: *all}\n"
    )
    answer, after = changed(tmp_path, before, ["modify", "team", "--rename", "room"])
    if answer.code:
        assert after == before
    else:
        assert run("check", folder=tmp_path).code == 0
        assert "send_to: [room, ops]" in after


def test_the_list_as_csv(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(
        'channels: {"=team": {kind: slack, url: "${TEAM}"}, mail: {kind: ses, region: eu-west-1, from: a@example.com, project: p}}\n'
        'notifications: [{name: n, on: failure, send_to: "=team"}, {name: m, on: success, send_to: ["=team", b@example.com]}]\n'
    )
    assert run("channels", "list", "--csv", folder=tmp_path).out.splitlines() == [
        "channel,kind,project,rules,variables,missing",
        '\'=team,slack,,"n, m",TEAM,TEAM',
        "mail,ses,p,m,,",
    ]
    assert run("channels", "list", "--csv", "--json", folder=tmp_path).code == 2


@pytest.mark.parametrize("words", [["add", "x", "--kind", "slack"], ["modify", "x", "--rename", "y"], ["delete", "x", "--yes"]])
def test_without_a_policy_there_is_nothing_to_change(tmp_path: Path, words: list[str]):
    answer = run("channels", *words, folder=tmp_path)
    assert (answer.code, "there is no policy here" in answer.err) == (3, True)
    assert inprocess.run("channels", *words, "--policy", "-", folder=tmp_path).code == 2


def test_words_that_are_no_text_are_refused(tmp_path: Path):
    before = "channels: {team: {kind: slack}}\n"
    for words in (
        ["add", "a\udcff", "--kind", "slack"],
        ["modify", "team", "--set", "channel=\udcff"],
        ["modify", "team", "--rename", " "],
    ):
        answer, after = changed(tmp_path, before, words)
        assert (answer.code, after) == (2, before)
