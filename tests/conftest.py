"""What the tests at the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository without a policy."""
    return Project(tmp_path)
