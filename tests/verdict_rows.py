"""Rows of tests/cases/verdicts: an answer of a service, and what it means."""

from __future__ import annotations

from typing import Any

from tocsin.http import Response
from tocsin.verdict import Delivered, Retry, Verdict


def answer_of(row: dict[str, Any]) -> Response:
    """The answer of a row."""
    headers = {name.lower(): value for name, value in row.get("headers", {}).items()}
    return Response(row["status"], headers, row.get("body", ""), at=1_800_000_000.0)


def require_meaning(verdict: Verdict, row: dict[str, Any]) -> None:
    """The verdict is the row's, with its receipt or its reason."""
    assert type(verdict).__name__.lower() == row["verdict"], verdict
    if isinstance(verdict, Delivered):
        assert dict(verdict.receipt) == row.get("receipt", {})
        return
    assert [word for word in row.get("says", []) if word not in verdict.reason] == [], verdict.reason
    assert verdict.reason == row.get("reason", verdict.reason)
    assert len(verdict.reason) < 400
    assert verdict.reason.isprintable()
    if isinstance(verdict, Retry):
        assert verdict.after == row.get("after")
