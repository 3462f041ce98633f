"""`tocsin explain`: one policy, one run, the same decisions under every CI; and the text that a person reads.

A case is a file in tests/cases/explain: the hook, the facts, GitHub's event file, and the same run as each CI describes it.
`python tests/test_explain.py` writes what is expected anew; read the difference before you keep it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from inprocess import CASES, Answer, run

EXPLAIN = CASES / "explain"
CASE_FILES = sorted(path for path in EXPLAIN.glob("*.json") if not path.name.endswith(".expected.json"))
SECRETS = {"TEAM_URL": "https://hooks.example.com/team-secret", "OPS_URL": "https://hooks.example.com/ops-secret"}
POLICY = (EXPLAIN / "policy.yml").read_bytes()


def explain(case: dict[str, Any], ci: str, folder: Path, *words: str) -> Answer:
    """Explain a case as one CI describes it."""
    (folder / "facts.json").write_text(json.dumps(case["facts"]))
    (folder / "event.json").write_text(json.dumps(case["event_file"]))
    status = ("--status", case["status"]) if case["status"] else ()
    env = {**case["environments"][ci], **SECRETS}
    return run("explain", case["hook"], *status, "--facts", "facts.json", "--policy", "-", *words, env=env, folder=folder, stdin=POLICY)


def decisions(case: dict[str, Any], ci: str, folder: Path) -> dict[str, Any]:
    """The rules and the deliveries."""
    explained = explain(case, ci, folder, "--json").json()
    assert list(explained) == ["event", "rules", "deliveries"]
    assert explained["event"]["ci"] == ci
    return {key: explained[key] for key in ("rules", "deliveries")}


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.stem)
def test_the_same_run_has_the_same_decisions_under_every_ci(tmp_path: Path, path: Path):
    case = json.loads(path.read_text(encoding="utf-8"))
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    assert set(case["environments"]) >= {"github", "gitlab", "jenkins"}
    for ci in case["environments"]:
        assert decisions(case, ci, tmp_path) == expected, ci


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.stem)
def test_the_text_says_what_the_json_says_and_no_secret(tmp_path: Path, path: Path):
    case = json.loads(path.read_text(encoding="utf-8"))
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    answer = explain(case, "gitlab", tmp_path)
    event, rules, deliveries = (part.splitlines()[1:] for part in answer.out.split("\n\n"))
    assert event[0].split()[0] == "event"
    if expected["rules"]:
        assert [row.split()[:2] for row in rules] == [["yes" if rule["matches"] else "no", rule["name"]] for rule in expected["rules"]]
    assert len(deliveries) == max(1, len(expected["deliveries"]))
    for row, delivery in zip(deliveries, expected["deliveries"], strict=False):
        assert row.startswith(delivery["outcome"])
        assert delivery["recipient"] in row
        assert delivery["reason"] is None or delivery["reason"] in row
    assert "secret" not in answer.out + answer.err


ONE_OF = ("app", "project", "environment", "cluster")
SUBSETS = [subset for size in range(1, 5) for subset in combinations(ONE_OF, size)]


@pytest.mark.parametrize("kind", ["ci", "cd"])
def test_all_fifteen_combinations_of_app_project_environment_and_cluster(tmp_path: Path, kind: str):
    rules = [
        {"name": "+".join(subset), "on": "failure", "pipelines": dict.fromkeys(subset, "yes") | {"kind": kind}, "send_to": "team"}
        for subset in SUBSETS
    ]
    policy = json.dumps({"channels": {"team": {"kind": "slack"}}, "notifications": rules}).encode()
    assert len(rules) == 15
    for off in (None, *ONE_OF):
        words = [f"--{name}={'no' if name == off else 'yes'}" for name in ONE_OF]
        explained = run(
            "explain", "completion", "--status=failure", f"--kind={kind}", *words, "--json", "--policy=-", folder=tmp_path, stdin=policy
        ).json()
        for subset, rule in zip(SUBSETS, explained["rules"], strict=True):
            assert rule["matches"] == (off not in subset), rule
            failed = [] if rule["matches"] else [{"key": off, "wanted": ["yes"], "got": "no"}]
            assert rule["failed_on"] == failed


def texts(folder: Path, policy: str, *words: str, env: Mapping[str, str] = {}) -> Answer:
    return run("explain", "completion", "--status=failure", "--policy=-", *words, env=env, folder=folder, stdin=policy.encode())


def test_every_key_that_does_not_match_is_named(tmp_path: Path):
    policy = "channels: {team: {kind: slack}}\nnotifications: [{on: [success, fixed], pipelines: {branch: [main, '!x'], tier: production, app: a}, send_to: team}]\n"
    env = {"TOCSIN_BRANCH": "dev", "TOCSIN_APP": "a"}
    [rule] = texts(tmp_path, policy, "--json", env=env).json()["rules"]
    assert rule == {
        "name": "#1",
        "line": 2,
        "matches": False,
        "failed_on": [
            {"key": "on", "wanted": ["success", "fixed"], "got": "failure"},
            {"key": "branch", "wanted": ["main", "!x"], "got": "dev"},
            {"key": "tier", "wanted": ["production"], "got": None},
        ],
    }
    out = texts(tmp_path, policy, env=env).out
    assert (
        "no  #1  line 2  event is failure, wanted success, fixed; branch is dev, wanted main, !x; tier is not known, wanted production"
        in out
    )


def test_of_several_selectors_the_nearest_one_is_explained(tmp_path: Path):
    policy = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, pipelines: [{app: x, tag: y}, {app: a, kind: cd}], send_to: team}]\n"
    [rule] = texts(tmp_path, policy, "--json", "--app=a").json()["rules"]
    assert [row["key"] for row in rule["failed_on"]] == ["kind"]


def test_a_destination_named_twice_stands_once_with_all_its_rules(tmp_path: Path):
    policy = (
        "channels: {team: {kind: slack}, mail: {kind: smtp, host: h.example.com, from: ci@example.com}}\nnotifications:\n"
        "  - {name: a, on: failure, send_to: [team, X@example.com]}\n  - {name: b, on: failure, send_to: [x@Example.com, {channel: team}]}\n"
    )
    deliveries = texts(tmp_path, policy, "--json", env={"SLACK_WEBHOOK_URL": "https://hooks.example.com/x"}).json()["deliveries"]
    assert [(row["recipient"], row["rules"], row["outcome"], row["reason"]) for row in deliveries] == [
        ("team", ["a", "b"], "would send", None),
        ("X@example.com", ["a", "b"], "would send", None),
    ]


def test_without_a_policy_nothing_is_asked(tmp_path: Path):
    answer = run("explain", "trigger", "--json", folder=tmp_path)
    assert (answer.code, answer.json()["rules"], answer.json()["deliveries"]) == (0, [], [])
    assert ".tocsin.yml" in answer.err
    assert "no rule is asked" in run("explain", "trigger", folder=tmp_path).out


def test_no_rule_matches_and_one_notice_says_which_was_nearest(tmp_path: Path):
    policy = "channels: {team: {kind: slack}}\nnotifications: [{name: near, on: failure, pipelines: {app: b}, send_to: team}]\n"
    [notice] = texts(tmp_path, policy, "--app=a").err.splitlines()
    assert "near" in notice
    assert "app is a where it wants b" in notice


def write() -> None:
    """Write what is expected, as GitHub has it."""
    for path in CASE_FILES:
        with tempfile.TemporaryDirectory() as folder:
            found = decisions(json.loads(path.read_text(encoding="utf-8")), "github", Path(folder))
        path.with_suffix(".expected.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
