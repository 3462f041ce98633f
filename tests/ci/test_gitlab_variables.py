"""What GitLab's variables mean: since when, who triggered it, which commit; and what look-alikes' variables do not.

The rows are tests/cases/ci/gitlab.json: `env`, beside that of a plain job; `facts`, of which null is none, and a part of the only
warning, `warns`. tests/cases/ci/generic.json has CIs that are not known, of which nothing is claimed: a part of `untrusted`, if any.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.ci import CIS, detect, load, read_run

CASES = Path(__file__).parents[1] / "cases" / "ci"
JOB = {
    "GITLAB_CI": "true",
    "GITLAB_USER_LOGIN": "grace",
    "GITLAB_USER_NAME": "Grace Hopper",
    "GITLAB_USER_EMAIL": "grace@example.com",
}


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["why"]) for case in json.loads((CASES / name).read_text(encoding="utf-8"))]


@pytest.mark.parametrize("case", cases("gitlab.json"))
def test_what_the_variables_mean(case: dict[str, Any]):
    found = load("gitlab").context({**JOB, **case["env"]}, str)
    facts = {name: found.facts[name].value if name in found.facts else None for name in case["facts"]}
    assert facts == case["facts"]
    assert len(found.warnings) == ("warns" in case)
    assert case.get("warns", "") in "".join(found.warnings)


@pytest.mark.parametrize("case", cases("generic.json"))
def test_a_ci_that_is_not_known_claims_nothing(case: dict[str, Any]):
    assert detect(case["env"]) == "generic"
    found = load("generic").context(case["env"], str)
    assert set(found.facts) == {"ci"}
    assert (found.untrusted is None) == ("untrusted" not in case)
    assert case.get("untrusted", "") in (found.untrusted or "")


FORK = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "12", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2", "CI_MERGE_REQUEST_PROJECT_ID": "1"}
JENKINS = {"JENKINS_HOME": "/x", "JOB_NAME": "shop", "BUILD_NUMBER": "7", "ghprbPullId": "7"}
STRANGERS = [FORK, JENKINS, {"CIRCLECI": "true", "CIRCLE_PR_NUMBER": "7"}, {"CI": "woodpecker", "CI_COMMIT_PULL_REQUEST": "7"}]


@pytest.mark.parametrize("env", STRANGERS, ids=lambda env: next(iter(env)))
@pytest.mark.parametrize("name", [name for name in CIS if name != "github"])
def test_a_stranger_stays_one_whatever_the_ci_is_said_to_be(tmp_path: Path, name: str, env: dict[str, str]):
    found = read_run({**env, "TOCSIN_CI": name}, tmp_path)
    assert found.ci == name
    assert found.untrusted


@pytest.mark.parametrize("name", ["gitlab", "circleci", "jenkins"])
def test_a_ci_that_is_not_there_claims_nothing(tmp_path: Path, name: str):
    other = {
        "CI": "true",
        "CI_COMMIT_BRANCH": "main",
        "CI_COMMIT_SHA": "a" * 40,
        "CI_PIPELINE_URL": "https://ci.example.com/7",
        "BUILD_TAG": "v1",
        "BUILD_NUMBER": "7",
        "BUILD_URL": "https://ci.example.com/7",
        "JOB_NAME": "test",
        "GIT_BRANCH": "main",
        "BRANCH_NAME": "main",
    }
    found = read_run({**other, "TOCSIN_CI": name}, tmp_path)
    assert {field: fact.value for field, fact in found.facts.items()} == {"ci": name}
    assert found.warnings
