"""`tocsin check`, `channels list` and `schema`: what an author of a policy uses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from inprocess import CASES, Answer, raw, run

from tocsin.policy.nodes import FILE_MAX_BYTES

GOOD = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"
WARNED = "channels: {team: {kind: slack}}\n"
BAD = 'channels: {team: {kind: slak}}\nnotifications: [{on: "50% \\r\\n::error::x, y", send_to: team}]\n'
FORMATS = ("text", "json", "github", "gitlab")  # tests/test_check_reports.py has the longer ones
EXAMPLES = sorted((CASES.parents[1] / "examples").glob("*.yml"))


def check(folder: Path, *words: str, stdin: bytes = b"", env: Mapping[str, str] = {}) -> Answer:
    return run("check", *words, folder=folder, stdin=stdin, env=env)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)


@pytest.mark.parametrize("style", FORMATS)
def test_a_valid_policy_has_no_problem_in_any_format(tmp_path: Path, style: str):
    (tmp_path / ".tocsin.yml").write_text(GOOD)
    answer = check(tmp_path, "--format", style)
    assert (answer.code, answer.out.strip()) == (0, "[]" if style in ("json", "gitlab") else "")
    assert answer.err == "tocsin: notice: .tocsin.yml is valid: 1 channel, 1 rule\n"


def test_text_is_a_line_a_problem_on_standard_output(tmp_path: Path):
    write(tmp_path, bad=BAD, warned=WARNED)
    answer = check(tmp_path, "bad.yml", "warned.yml")
    lines = answer.out.splitlines()
    assert answer.code == 3
    assert lines[0] == "bad.yml:1:25: error: unknown kind 'slak' in channel 'team' (do you mean 'slack'?)"
    assert lines[1].startswith("bad.yml:2:22: error: ")
    assert lines[2].startswith("warned.yml:1:1: warning: ")
    assert answer.err.splitlines()[-1] == "tocsin: error: 2 errors found"


def test_json_has_the_same_problems(tmp_path: Path):
    write(tmp_path, bad=BAD, warned=WARNED)
    problems = check(tmp_path, "bad.yml", "warned.yml", "--format=json").json()
    text = check(tmp_path, "bad.yml", "warned.yml").out.splitlines()
    assert [list(problem) for problem in problems] == [
        ["file", "line", "column", "message", "severity", "check", "end_line", "end_column"]
    ] * len(text)
    assert [f"{p['file']}:{p['line']}:{p['column']}: {p['severity']}: {p['message']}" for p in problems] == text


def test_github_gets_log_commands_that_nothing_in_the_policy_can_forge(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "a, b: c%"
    folder.mkdir()
    write(folder, bad=BAD)
    answer = raw("check", "bad.yml", "--format=github", folder=folder)
    lines = answer.out.splitlines()
    assert lines[0].startswith("::error file=a%2C b%3A c%25/bad.yml,line=1,col=25::unknown kind 'slak'")
    assert all(line.startswith("::error file=a%2C b%3A c%25/bad.yml,line=") for line in lines)
    assert "50%25" in lines[1]


def test_gitlab_gets_a_code_quality_report(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "sub"
    folder.mkdir()
    write(folder, bad=BAD, warned=WARNED)
    answer = check(folder, "bad.yml", "warned.yml", "--format=gitlab")
    report = answer.json()
    assert answer.code == 3
    assert [entry["severity"] for entry in report] == ["major", "major", "minor"]
    assert len({entry["fingerprint"] for entry in report}) == 3
    for entry in report:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["location"]["path"] in ("sub/bad.yml", "sub/warned.yml")
        assert entry["location"]["lines"]["begin"] >= 1


def test_a_fingerprint_stays_when_the_problem_does(tmp_path: Path):
    write(tmp_path, bad=BAD)
    first, second = (check(tmp_path, "bad.yml", "--format=gitlab").json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("style", FORMATS)
def test_a_file_that_cannot_be_read_is_a_problem_among_the_others(tmp_path: Path, style: str):
    write(tmp_path, good=GOOD)
    (tmp_path / "loop.yml").symlink_to("loop.yml")
    (tmp_path / "folder.yml").mkdir()
    (tmp_path / "huge.yml").write_bytes(b"#" * (FILE_MAX_BYTES + 2))
    names = ("missing.yml", "good.yml", "loop.yml", "folder.yml", "huge.yml", "x" * 5000, "/dev/zero")
    answer = raw("check", *names, f"--format={style}", folder=tmp_path)
    assert answer.code == 3
    problems = json.loads(answer.out) if style in ("json", "gitlab") else answer.out.splitlines()
    assert len(problems) == len(names) - 1


def test_without_a_name_it_is_the_repository_s(tmp_path: Path):
    answer = check(tmp_path)
    assert answer.code == 3
    assert "there is no policy here" in answer.out
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "tocsin.yml").write_text(GOOD)
    assert ".github/tocsin.yml is valid" in check(tmp_path).err
    (tmp_path / ".tocsin.yml").write_text(GOOD)
    answer = check(tmp_path)
    assert answer.code == 3
    assert "there are 2 policies here, .tocsin.yml and .github/tocsin.yml" in answer.out
    write(tmp_path, mine=BAD)
    assert "mine.yml:1:25" in check(tmp_path, env={"TOCSIN_POLICY": "mine.yml"}).out
    assert "<stdin>:1:25" in check(tmp_path, env={"TOCSIN_POLICY": "-"}, stdin=BAD.encode()).out
    assert "<stdin>:1:25" in check(tmp_path, "-", stdin=BAD.encode()).out


def test_no_variable_is_needed_and_no_secret_is_printed(tmp_path: Path):
    write(
        tmp_path,
        policy="channels: {team: {kind: slack, url: https://hooks.slack.com/services/T0/B0/s3cr3t}}\nnotifications: [{on: failure, send_to: team}]\n",
    )
    for style in FORMATS:
        answer = raw("check", "policy.yml", f"--format={style}", folder=tmp_path)
        assert answer.code == 3
        assert "s3cr3t" not in answer.out + answer.err


def test_a_closed_standard_input_is_an_empty_policy(tmp_path: Path):
    answer = check(tmp_path, "-")
    assert answer.code == 3
    assert "the policy is empty" in answer.out


# The schema.


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    schema: dict[str, Any] = run("schema", folder=tmp_path_factory.mktemp("schema")).json()
    return schema


def test_the_schema_is_one(schema: dict[str, Any]):
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_valid_by_the_schema_and_by_check(schema: dict[str, Any], path: Path):
    # YAML 1.1 reads the key `on` as true, which no editor's schema does.
    policy = yaml.load(path.read_text(encoding="utf-8"), Loader=_EditorLoader)
    jsonschema.Draft202012Validator(schema).validate(policy)
    assert check(path.parent, path.name).code == 0


class _EditorLoader(yaml.SafeLoader):
    """YAML 1.2's truth values, as editors have them."""


_EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_EditorLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), ["t", "f"])


@pytest.mark.parametrize(
    "policy", [{}, {"channels": {"a": {"kind": "slak"}}, "notifications": []}, {"notifications": [{"send_to": "a"}]}, {"contxt": {}}]
)
def test_the_schema_refuses_what_check_refuses(schema: dict[str, Any], policy: dict[str, Any], tmp_path: Path):
    write(tmp_path, policy=json.dumps(policy))
    assert jsonschema.Draft202012Validator(schema).is_valid(policy) == (check(tmp_path, "policy.yml").code == 0)


# What is configured.

CHANNELS = """\
channels:
  team: {kind: slack, url: "${TEAM_URL}", project: shop}
  hook: {kind: webhook, url: "https://${HOST}/x", headers: {Authorization: "Bearer ${TOKEN}"}}
  mail: {kind: smtp, host: smtp.example.com, from: ci@example.com}
notifications:
  - {name: a, on: failure, send_to: [team, dev@example.com]}
  - {on: success, send_to: [{email: x@example.com, via: mail}, {channel: team}]}
"""


def test_the_channels_that_are_configured(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(CHANNELS)
    env = {"TEAM_URL": "https://hooks.example.com/s3cr3t", "TOKEN": ""}
    assert run("channels", "list", "--json", env=env, folder=tmp_path).json() == [
        {"channel": "team", "kind": "slack", "project": "shop", "variables": {"TEAM_URL": True}, "rules": ["a", "#2"]},
        {"channel": "hook", "kind": "webhook", "project": None, "variables": {"HOST": False, "TOKEN": False}, "rules": []},
        {"channel": "mail", "kind": "smtp", "project": None, "variables": {}, "rules": ["a", "#2"]},
    ]
    answer = run("channels", "list", env=env, folder=tmp_path)
    assert [line.split() for line in answer.out.splitlines()] == [
        ["CHANNEL", "KIND", "PROJECT", "RULES", "VARIABLES"],
        ["team", "slack", "shop", "2", "all", "set"],
        ["hook", "webhook", "any", "0", "missing:", "HOST,", "TOKEN"],
        ["mail", "smtp", "any", "2", "none"],
    ]
    assert "s3cr3t" not in answer.out


def test_without_a_policy_there_are_no_channels(tmp_path: Path):
    for words in (("list",), ("list", "--json"), ("test", "team")):
        answer = run("channels", *words, folder=tmp_path)
        assert (answer.code, answer.out) == (3, "")
        assert ".tocsin.yml" in answer.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("tem",), 2, "do you mean 'team'?"),
        (("nothing-like-it\n::error::",), 2, "the policy has team, hook, mail"),
        (("team", "--to", "dev@example.com"), 2, "leave --to out"),
        (("mail",), 2, "--to ADDRESS"),
        (("mail", "--to", "dev@example.com\nBcc: all@example.com"), 2, "is not an email address"),
        (("team",), 1, "variable TEAM_URL is not set"),
        (("hook",), 1, "variables HOST, TOKEN are not set"),
    ],
)
def test_a_channel_that_cannot_be_tested_is_told(tmp_path: Path, words: tuple[str, ...], code: int, said: str):
    (tmp_path / ".tocsin.yml").write_text(CHANNELS)
    answer = run("channels", "test", *words, folder=tmp_path)
    assert answer.code == code
    assert said in answer.err
    assert not answer.out or (code == 1 and answer.out.startswith("skipped"))
