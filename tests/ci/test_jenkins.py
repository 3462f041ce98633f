"""What Jenkins's variables mean: branches, tags, matrix projects, and the pull requests that its plug-ins tell of.

The rows are tests/cases/ci/jenkins.json: `env`, beside that of a plain build; `facts`, of which null is none; a part of `untrusted` (none
where it is left out) and of the only warning, `warns`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ci import load
from tocsin.ci.run import Run

CASES = json.loads((Path(__file__).parents[1] / "cases" / "ci" / "jenkins.json").read_text(encoding="utf-8"))
BUILD = {"JENKINS_HOME": "/var/jenkins_home", "BUILD_NUMBER": "57", "JOB_NAME": "shop-nightly"}
WORDS = st.from_regex(r"[a-z0-9._-]{1,8}", fullmatch=True)


def read(env: dict[str, str]) -> Run:
    return load("jenkins").context({**BUILD, **env}, str)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_what_the_variables_mean(case: dict[str, Any]):
    found = read(case["env"])
    facts = {name: found.facts[name].value if name in found.facts else None for name in case["facts"]}
    assert facts == case["facts"]
    assert (found.untrusted is None) == ("untrusted" not in case), found.untrusted
    assert case.get("untrusted", "") in (found.untrusted or "")
    assert len(found.warnings) == ("warns" in case)
    assert case.get("warns", "") in "".join(found.warnings)


@given(remote=WORDS, branch=st.lists(WORDS, min_size=1, max_size=3).map("/".join))
def test_a_remotes_branch_is_what_stands_behind_the_first_slash(remote: str, branch: str):
    found = read({"GIT_BRANCH": f"{remote}/{branch}"})
    if not found.untrusted and "ref.tag" not in found.facts:
        assert found.facts["ref.branch"].value == branch


@given(owner=WORDS, name=WORDS, other=WORDS)
def test_only_the_same_repository_is_no_fork(owner: str, name: str, other: str):
    env = {"ghprbPullId": "7", "ghprbGhRepository": f"{owner}/{name}", "ghprbAuthorRepoGitUrl": f"https://github.com/{other}/{name}.git"}
    assert (read(env).untrusted is None) == (owner == other)
