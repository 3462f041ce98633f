"""What GitLab's variables mean: since when, who triggered it, which commit; and what look-alikes' variables do not.

The rows are tests/cases/ci/gitlab.json: `env`, beside that of a plain job; `facts`, of which null is none; a part of `untrusted` (none
where it is left out) and of the only warning, `warns`. tests/cases/ci/generic.json has the same of CIs that are not known, which claim nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.ci import detect, load

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
    assert (found.untrusted is None) == ("untrusted" not in case) or "CI_MERGE_REQUEST_IID" in case["env"]
    assert case.get("untrusted", "") in (found.untrusted or "")
    assert len(found.warnings) == ("warns" in case)
    assert case.get("warns", "") in "".join(found.warnings)


@pytest.mark.parametrize("case", cases("generic.json"))
def test_a_ci_that_is_not_known_claims_nothing(case: dict[str, Any]):
    assert detect(case["env"]) == "generic"
    found = load("generic").context(case["env"], str)
    assert set(found.facts) == {"ci"}
    assert (found.untrusted is None) == ("untrusted" not in case)
    assert case.get("untrusted", "") in (found.untrusted or "")
