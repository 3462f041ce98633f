"""What the tests at the command line share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from projects import Project
from servers import Answer, ScriptedServer
from wheelhouse import wheelhouse  # noqa: F401  a fixture

# The same cases in every run, so that no run fails by chance; `--hypothesis-profile explore` looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("steady")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository without a policy."""
    return Project(tmp_path)


@pytest.fixture
def slack() -> Iterator[ScriptedServer]:
    """Slack, which takes everything."""
    with ScriptedServer(Answer(200, b"ok")) as server:
        yield server
