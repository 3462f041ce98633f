"""Whose code a run may be of, and whether it has secrets: the least that each CI must say, and what each silence means.

The rows are tests/cases/ci/trust.json: `env`, for GitHub `event`, and words of `untrusted` and `secretless` (null: no such thing),
`trusted`, a ref whose policy counts, and in some `source`, what says whether it is a fork's. Whole records of real runs are in test_contexts.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.ci import load

CASES = json.loads((Path(__file__).parents[1] / "cases" / "ci" / "trust.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['ci']}: {case['why']}")
def test_who_is_trusted_with_what(case: dict[str, Any]):
    env = {**case["env"], **({"GITHUB_EVENT_PATH": "event.json"} if "event" in case else {})}
    found = load(case["ci"]).context(env, lambda _: json.dumps(case["event"]))
    for name in ("untrusted", "secretless"):
        said, wanted = getattr(found, name), case.get(name)
        assert (said is None) == (wanted is None), said
        assert (wanted or "") in (said or "")
    if "source" in case:
        assert found.facts["pull_request.fork"].source == case["source"]
    if found.untrusted or "trusted" in case:
        assert (found.trusted and list(found.trusted[:3])) == case.get("trusted")
    if "commits" in case:
        assert list(found.commits) == case["commits"]
