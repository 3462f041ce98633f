"""One JVM an engine for all cases of a session, and the servers that their messages reach."""

from __future__ import annotations

import pytest
from jvm import Harness, compiled


@pytest.fixture(scope="session")
def harness(tmp_path_factory) -> Harness:
    """Jenkins's engine with real steps."""
    return compiled(tmp_path_factory)
