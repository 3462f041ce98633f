"""What each CI says of a run: whole records, from environments and payloads as the CI systems really give them.

A case is a folder in tests/cases/ci: env.json, for GitHub event.json, and expected.json with every declared and
guessed value, the trust, the warnings, why there is no start to report, and in some the sources.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.ci import CIS, detect, load
from tocsin.ci.run import Run
from tocsin.derive.building import build
from tocsin.event import Rank, as_dict

CASES = Path(__file__).parents[1] / "cases" / "ci"
FOLDERS = sorted(folder for folder in CASES.iterdir() if folder.is_dir())


def no_files(path: str) -> str:
    raise FileNotFoundError(2, "No such file or directory", path)


def read(folder: Path) -> Run:
    env = json.loads((folder / "env.json").read_text(encoding="utf-8"))
    return load(detect(env)).context(env, lambda path: (folder / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_context_is_as_recorded(folder: Path):
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    found = read(folder)
    record = {
        "declared": {name: as_dict(fact.value) for name, fact in found.facts.items() if fact.rank == Rank.CI},
        "guessed": {name: fact.value for name, fact in found.facts.items() if fact.rank == Rank.GUESS},
        "untrusted": found.untrusted,
        "secretless": found.secretless,
        "trusted": found.trusted._asdict() if found.trusted and found.untrusted else None,
        "warnings": list(found.warnings),
    }
    if found.no_start:
        record["no_start"] = found.no_start
    assert len(record["declared"]) + len(record["guessed"]) == len(found.facts)
    if "sources" in expected:
        record["sources"] = {name: fact.source for name, fact in found.facts.items()}
    assert record == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_folder_names_the_ci_that_is_detected(folder: Path):
    assert detect(json.loads((folder / "env.json").read_text(encoding="utf-8"))) == folder.name.partition("-")[0]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_record_makes_an_event(folder: Path):
    found = read(folder)
    event = build(found.facts)
    assert event.ci == found.ci == folder.name.partition("-")[0]
    assert (event.ref.branch is None) == (event.ref.type != "branch")


def test_every_ci_has_cases():
    assert {folder.name.partition("-")[0] for folder in FOLDERS} == set(CIS)


@pytest.mark.parametrize("case", json.loads((CASES / "detection.json").read_text(encoding="utf-8")), ids=lambda case: case["why"])
def test_detection_goes_by_the_cis_own_variables(case: dict[str, Any]):
    assert detect(case["env"]) == case["ci"]


def github(event: str, event_file: str) -> Run:
    env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": "event.json"}
    return load("github").context(env, lambda _: event_file)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"number": ' + "9" * 10_000 + "}", "", "null", "\ufeff{}", "{} {}"])
def test_an_event_file_beyond_all_bounds_is_a_warning(text: str):
    found = github("push", text)
    assert found.warnings
    assert "event.json" in found.warnings[0]
    assert "changes are unknown" in found.warnings[0]


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(), IsADirectoryError(21, "Is a directory")])
def test_an_event_file_that_cannot_be_read_is_a_warning(error: OSError):
    def refuse(_: str) -> str:
        raise error

    env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": "/github/event.json"}
    found = load("github").context(env, refuse)
    assert "/github/event.json" in found.warnings[0]
    assert (error.strerror or "no reason given") in found.warnings[0]
    assert "which run ended" in found.warnings[0]


def test_a_large_event_file_is_read_whole():
    commits = [{"id": f"{number:040x}", "message": f"Change {number}\n" + "x" * 1000, "author": {"name": "Ada"}} for number in range(2048)]
    changes = github("push", json.dumps({"commits": commits})).facts["changes"].value
    assert len(changes) == 2048
    assert changes[-1].title == "Change 2047"


@pytest.mark.parametrize(
    ("branch", "plain"),
    [
        ("origin/main", "main"),
        ("refs/heads/feature/x", "feature/x"),
        ("refs/remotes/origin/main", "main"),
        ("remotes/origin/main", "main"),
        ("origin/origin/main", "origin/main"),
        ("main", "main"),
        ("upstream/main", "main"),
        ("upstream/feature/x", "feature/x"),
        ("refs/remotes/upstream/release/2.4", "release/2.4"),
        ("origin/tags", "tags"),
        ("origin/feature/pull/77", "feature/pull/77"),
        ("refs/heads/", None),
        ("origin/HEAD", None),
        ("upstream/FETCH_HEAD", None),
        ("refs/notes/commits", None),
        ("4f1d9c2ab37e5560d8aa91c7e02b6f34918c7d05", None),
        ("(no branch)", None),
        ("detached", None),
    ],
)
def test_jenkins_git_branch_loses_its_remote(branch: str, plain: str | None):
    found = load("jenkins").context({"BUILD_TAG": "jenkins-payments-1", "JOB_NAME": "payments", "GIT_BRANCH": branch}, no_files)
    assert (found.facts["ref.branch"].value if plain else found.facts.get("ref.branch")) == plain


def test_only_jenkins_own_tag_names_a_build():
    env = {"JENKINS_HOME": "/var/jenkins_home", "JOB_NAME": "payments", "BUILD_NUMBER": "7", "BUILD_TAG": "v1.2.3"}
    assert "run.id" not in load("jenkins").context(env, no_files).facts


def test_a_multibranch_branch_that_looks_like_a_remote_keeps_its_name():
    env = {"BUILD_TAG": "jenkins-1", "JOB_NAME": "payments/origin%2Fmain", "BRANCH_NAME": "origin/main", "GIT_BRANCH": "main"}
    found = load("jenkins").context(env, no_files)
    assert found.facts["ref.branch"].value == "origin/main"
    assert found.facts["app"].value == "payments"


def test_a_plain_job_that_is_called_as_its_branch_keeps_its_name():
    env = {"BUILD_TAG": "jenkins-main-1", "JOB_NAME": "main", "BRANCH_NAME": "main"}
    found = load("jenkins").context(env, no_files)
    assert [found.facts["app"].value, found.facts["pipeline"].value, found.facts["ref.branch"].value] == ["main"] * 3


def test_a_forks_branch_is_no_branch_here_whatever_started_its_run():
    run = {"event": "push", "head_branch": "main", "head_repository": {"full_name": "eve/payments"}}
    facts = github("workflow_run", json.dumps({"workflow_run": run, "repository": {"full_name": "acme/payments"}})).facts
    assert facts["ref.type"].value == "pull_request"
    assert facts["pull_request.fork"].value is True
    assert "ref.branch" not in facts


@pytest.mark.parametrize(
    ("event", "actor", "secretless"),
    [
        ("push", "dependabot[bot]", True),
        ("pull_request", "dependabot[bot]", True),
        ("pull_request_target", "dependabot[bot]", False),  # where the pull request is another's
        ("workflow_run", "dependabot[bot]", False),
        ("schedule", "dependabot[bot]", False),
        ("push", "ada", False),
    ],
)
def test_dependabot_lacks_secrets_where_github_says_so(event: str, actor: str, *, secretless: bool):
    env = {"GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": "x", "GITHUB_ACTOR": actor, "GITHUB_TRIGGERING_ACTOR": "ada"}
    assert bool(load("github").context(env, lambda _: "{}").secretless) == secretless


@pytest.mark.parametrize("event", ["pull_request", "pull_request_review", "pull_request_review_comment"])
def test_a_pull_request_of_unknown_origin_is_not_trusted(event: str):
    assert "unknown" in (github(event, "{}").untrusted or "")


def test_a_merge_ref_makes_a_pull_request_under_any_event():
    env = {"GITHUB_EVENT_NAME": "dynamic", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": "a" * 40}
    found = load("github").context(env, no_files)
    assert found.facts["ref.type"].value == "pull_request"
    assert found.facts["pull_request.number"].value == 7
    assert "commit.sha" not in found.facts
    assert found.untrusted


@pytest.mark.parametrize(
    ("event", "file"),
    [
        (
            "pull_request",
            {"pull_request": {"head": {"repo": {"full_name": "Acme/Payments"}}, "base": {"repo": {"full_name": "acme/payments"}}}},
        ),
        (
            "workflow_run",
            {
                "workflow_run": {"event": "pull_request", "head_branch": "x", "head_repository": {"full_name": "acme/payments"}},
                "repository": {"full_name": "acme/Payments"},
            },
        ),
    ],
)
def test_a_repository_that_is_spelled_otherwise_is_no_fork(event: str, file: dict[str, Any]):
    found = github(event, json.dumps(file))
    assert found.facts["pull_request.fork"].value is False
    assert event == "workflow_run" or not found.untrusted


def test_several_pull_requests_with_one_head_leave_the_number_open():
    run = {"event": "pull_request", "head_branch": "x", "pull_requests": [{"number": 1, "base": {"ref": "main"}}, {"number": 2}]}
    facts = github("workflow_run", json.dumps({"workflow_run": run})).facts
    assert facts["ref.type"].value == "pull_request"
    assert not {"pull_request.number", "pull_request.target_branch"} & set(facts)


@pytest.mark.parametrize(
    ("context_name", "cluster"),
    [
        ("acme/infra/agents:eks-prod-1", "eks-prod-1"),
        ("arn:aws:eks:eu-west-1:123456789012:cluster/eks-prod-1", "eks-prod-1"),
        ("eks-prod-1", "eks-prod-1"),
        ("acme/agents:", "agents"),
        (":/:", None),
    ],
)
def test_the_cluster_is_the_last_part_of_the_kube_context(context_name: str, cluster: str | None):
    found = load("gitlab").context({"GITLAB_CI": "true", "KUBE_CONTEXT": context_name}, no_files)
    assert (found.facts["cluster"].value if cluster else found.facts.get("cluster")) == cluster


@pytest.mark.parametrize(
    ("said", "tier"), [("production", "production"), ("Staging", "staging"), ("TESTING", "testing"), ("Preview", "other")]
)
def test_a_tier_is_one_of_five_however_the_ci_spells_it(said: str, tier: str):
    found = load("gitlab").context({"GITLAB_CI": "true", "CI_ENVIRONMENT_NAME": "x", "CI_ENVIRONMENT_TIER": said}, no_files)
    assert found.facts["tier"].value == tier
