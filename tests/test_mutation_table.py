"""The table of `./dev mutate`: what it names is there, and waits for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

tomllib = pytest.importorskip("tomllib")  # from Python 3.11 on

ROOT = Path(__file__).parent.parent
TABLE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["tocsin"]["mutation"]


@pytest.mark.parametrize("row", TABLE["tests"])
def test_a_row_names_sources_and_tests_that_are_there(row: str):
    pattern, _, functions = row.partition("::")
    sources = [path.read_text(encoding="utf-8") for path in ROOT.glob(pattern)]
    assert sources
    for function in filter(None, functions.split(",")):
        assert any(f"\ndef {function}(" in source for source in sources), function
    for tests in TABLE["tests"][row]:
        assert list(ROOT.glob(tests)), tests
