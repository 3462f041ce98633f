"""`tocsin check --strict`, and that nothing valid gets a warning: the examples, the recorded policies and the documentation's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from inprocess import CASES, raw, run
from policies import problems

ROOT = CASES.parents[1]
ODD = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, pipelines: {branch: refs/heads/main}, send_to: team}]\n"
GOOD = ODD.replace("refs/heads/", "")
BAD = ODD.replace("slack", "slak")
RECORDED = sorted(
    (
        *ROOT.glob("examples/*.yml"),
        *ROOT.glob("tests/cases/*/policy.yml"),
        *ROOT.glob("docs/sample/.tocsin.yml"),
        ROOT / ".github/tocsin.yml",
        ROOT / "src/tocsin/demo/policy.yml",
    )
)


NAMED_BY_NO_RULE = {"preview": ["ring", "chat"]}  # channels that are only there to be shown


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_recorded_gets_no_warning(path: Path):
    unused = NAMED_BY_NO_RULE.get(path.parent.name, [])
    said = problems(path.read_bytes(), path.parent)
    assert len(said) == len(unused)
    assert all(f"no rule sends to channel {name!r}" in line for name, line in zip(unused, said, strict=True))


@pytest.mark.parametrize("style", ["text", "json", "github", "gitlab"])
def test_a_warning_fails_under_strict_alone(tmp_path: Path, style: str):
    (tmp_path / ".tocsin.yml").write_text(ODD)
    ask = raw if style == "github" else run  # log commands are written to the process's own output
    loose, strict = (ask("check", f"--format={style}", *words, folder=tmp_path) for words in ((), ("--strict",)))
    assert (loose.code, strict.code) == (0, 3)
    assert "refs/heads/main" in loose.out
    assert loose.out == strict.out
    assert strict.err.splitlines()[-1] == "tocsin: error: 1 warning found"


def test_what_is_sound_passes_under_strict(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(GOOD)
    answer = run("check", "--strict", folder=tmp_path)
    assert (answer.code, answer.out) == (0, "")


def test_errors_and_warnings_come_together(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(BAD)
    answer = run("check", "--strict", folder=tmp_path)
    assert answer.code == 3
    assert [line.split(": ")[1] for line in answer.out.splitlines()] == ["error", "warning"]
    assert answer.err.splitlines()[-1] == "tocsin: error: 1 error and 1 warning found"


def test_a_run_that_sends_is_not_advised(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(ODD)
    answer = run("send", "completion", "--status", "failure", folder=tmp_path)
    assert answer.code == 0
    assert "refs/heads/main' as" not in answer.err
