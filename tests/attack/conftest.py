"""What the attacks share."""

from __future__ import annotations

from pathlib import Path

import pytest
from inprocess import QuickProject
from projects import Project

PROCESSES = ("test_early_signals", "test_few_threads", "test_half_written", "test_planted", "test_streams_without_end", "test_watchdog")


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A repository without a policy. Where the attack is on words or the wire, no process is started."""
    return (Project if request.module.__name__.startswith(PROCESSES) else QuickProject)(tmp_path)
