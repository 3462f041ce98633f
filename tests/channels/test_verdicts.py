"""What each service's answers mean, by tables: tests/cases/verdicts, with what holds for every service in common.json."""

from __future__ import annotations

import json
from typing import Any

import pytest
from events import CASES
from kinds import HTTP_KINDS
from verdict_rows import answer_of, require_meaning

from tocsin.channels import load
from tocsin.http import judge


def verdicts(kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in (CASES / "verdicts" / f"{name}.json" for name in ("common", kind)):
        rows += json.loads(path.read_text(encoding="utf-8")) if path.exists() else []  # that none is missing, test_every_kind.py asks
    return rows


@pytest.mark.parametrize(
    ("kind", "row"), [pytest.param(kind, row, id=f"{kind}: {row['name']}") for kind in HTTP_KINDS for row in verdicts(kind)]
)
def test_each_answer_means_what_the_service_means_by_it(kind: str, row: dict[str, Any]) -> None:
    judge_answer = getattr(load(kind), "verdict", judge)  # a webhook's answers mean what HTTP says
    require_meaning(judge_answer(answer_of(row)), row)
