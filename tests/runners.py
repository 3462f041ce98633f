"""Programs that some tests need and a user's machine may lack."""

from __future__ import annotations

import os
import shutil

import pytest


def require(program: str) -> str:
    """The path of a program. Without it the test is skipped, or fails where TOCSIN_REQUIRE_RUNNERS=1 says that all must be there."""
    path = shutil.which(program)
    if path:
        return path
    if os.environ.get("TOCSIN_REQUIRE_RUNNERS") == "1":
        pytest.fail(f"{program} is not installed, and TOCSIN_REQUIRE_RUNNERS=1 wants every runner's tests")
    pytest.skip(f"{program} is not installed")
