"""Where a policy is found, what stands in for one, and from where a payload's file may come."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from policies import problems, read, run

from tocsin.errors import PolicyError
from tocsin.policy.load import load
from tocsin.policy.match import destinations, match
from tocsin.policy.policy_text import PolicyText
from tocsin.source.builtin import VARIABLES, builtin
from tocsin.source.places import PLACES, files_of, find_path, workspace

POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"


def put(path: Path, text: str = POLICY) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("place", PLACES)
def test_each_place(tmp_path: Path, place: str):
    put(tmp_path / place)
    assert find_path(None, None, tmp_path) == tmp_path / place
    assert find_path(None, "default.yml", tmp_path) == tmp_path / place


def test_nothing_named_and_nothing_found(tmp_path: Path):
    assert find_path(None, None, tmp_path) is None


def test_two_are_an_error(tmp_path: Path):
    put(tmp_path / PLACES[0])
    put(tmp_path / PLACES[2])
    with pytest.raises(PolicyError, match=r"2 policies here, \.tocsin\.yml and \.gitlab/tocsin\.yml: keep one, or name"):
        find_path(None, None, tmp_path)
    assert find_path(PLACES[2], None, tmp_path) == tmp_path / PLACES[2]


@pytest.mark.parametrize("absolute", [False, True])
def test_the_named_one_is_taken(tmp_path: Path, absolute: bool):
    put(tmp_path / PLACES[0])
    named = put(tmp_path / "ci" / "policy.yml")
    assert find_path(str(named if absolute else Path("ci/policy.yml")), None, tmp_path) == named


def test_named_and_missing_is_an_error(tmp_path: Path):
    put(tmp_path / PLACES[0])
    with pytest.raises(PolicyError, match=r"the policy 'nope\.yml' does not exist"):
        find_path("nope.yml", None, tmp_path)
    with pytest.raises(PolicyError, match="is a folder"):
        find_path(".", None, tmp_path)


def test_the_organisations_default(tmp_path: Path):
    default = put(tmp_path / "etc" / "default.yml")
    assert find_path(None, str(default), tmp_path) == default
    with pytest.raises(PolicyError, match="TOCSIN_DEFAULT_POLICY"):
        find_path(None, "nope.yml", tmp_path)


def test_the_workspace_is_the_nearest_repository(tmp_path: Path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert workspace(inner) == inner
    (tmp_path / ".git").mkdir()
    assert workspace(inner) == tmp_path
    put(tmp_path / "a" / ".git", "gitdir: elsewhere")
    assert workspace(inner) == tmp_path / "a"


def hook(file: str) -> str:
    return f"channels:\n  hook: {{kind: webhook, url: https://example.com, payload_file: {file}}}\nnotifications: [{{on: failure, send_to: hook}}]\n"


def test_a_payloads_file_is_read_from_the_repositorys_root(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    put(tmp_path / "ci" / "payload.json", '{"app": "{{ app }}"}')
    folder = put(tmp_path / "sub" / "dir" / "policy.yml").parent
    policy = load(PolicyText("policy.yml", hook("ci/payload.json").encode(), files_of(folder))).policy
    assert policy.channels["hook"].payload == '{"app": "{{ app }}"}'


def test_a_link_may_not_lead_out_of_the_repository(tmp_path: Path):
    put(tmp_path / "secret.json", "{}")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    put(repository / "real.json", "{}")
    (repository / "out.json").symlink_to("../secret.json")
    (repository / "folder").symlink_to("..")
    (repository / "in.json").symlink_to("real.json")
    (repository / "loop.json").symlink_to("loop.json")
    assert problems(hook("in.json"), repository) == []
    for name in ("out.json", "folder/secret.json", "../secret.json", str(tmp_path / "secret.json")):
        assert "is outside the repository" in problems(hook(name), repository)[0]
    assert "'payload_file' in channel 'hook'" in problems(hook("loop.json"), repository)[0]


def test_a_payloads_file_is_a_plain_file(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.json")
    put(tmp_path / "nul.json", "{\0}")
    assert "there is no file 'pipe.json'" in problems(hook("pipe.json"), tmp_path)[0]
    assert "is a binary file" in problems(hook("nul.json"), tmp_path)[0]
    assert "cannot be read" in problems(hook('"a\\0b"'), tmp_path)[0]


def test_the_start_without_a_policy():
    env = {"SLACK_WEBHOOK_URL": "x", "DISCORD_WEBHOOK_URL": "y", "TEAMS_WEBHOOK_URL": ""}
    text, notice = builtin(env)
    assert text
    policy = load(text).policy
    assert {name: (options.kind, options.url) for name, options in policy.channels.items()} == {
        "slack": ("slack", "${SLACK_WEBHOOK_URL}"),
        "discord": ("discord", "${DISCORD_WEBHOOK_URL}"),
    }
    for event, count in (("success", 2), ("failure", 2), ("trigger", 0), ("cancelled", 0)):
        rules = [rule for rule in match(policy, run(event=event)) if rule.matches]
        assert len(destinations(policy, rules, run(event=event), {})) == count
    assert "SLACK_WEBHOOK_URL, DISCORD_WEBHOOK_URL" in notice
    assert ".tocsin.yml" in notice


def test_every_start_variable():
    text, _ = builtin(dict.fromkeys(VARIABLES.values(), "x"))
    assert text
    assert [options.kind for options in load(text).policy.channels.values()] == list(VARIABLES)


@pytest.mark.parametrize("env", [{}, {"SLACK_WEBHOOK_URL": "x", "TEAMS_WEBHOOK_URL": "x"}])
def test_the_notice_shows_a_policy_that_works(env: dict[str, str]):
    _, notice = builtin(env)
    shown = notice[notice.index("{channels") :]
    assert read(shown).policy.notifications


def test_nothing_at_all():
    assert builtin({"SLACK_WEBHOOK_URL": ""})[0] is None


def test_the_error_counts_its_errors_and_carries_them_in_order():
    text = "channels: {team: {kind: slak}}\nnotifications:\n  - {on: failur, pipelines: {app: [a, '!a']}, send_to: team}\n"
    with pytest.raises(PolicyError, match=r"^the policy \.tocsin\.yml is invalid: 2 errors$") as caught:
        read(text)
    assert [problem.severity for problem in caught.value.problems] == ["error", "error", "warning"]


@pytest.mark.parametrize("place", PLACES)
def test_a_near_name_is_no_silence(tmp_path: Path, place: str):
    near = (tmp_path / place).with_suffix(".yaml")
    near.parent.mkdir(exist_ok=True)
    near.touch()
    with pytest.raises(PolicyError, match=r"rename it to"):
        find_path(None, None, tmp_path)
