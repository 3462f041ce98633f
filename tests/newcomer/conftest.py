"""A fresh clone of this checkout, and an agent that has nothing of ours: what the guides name is installed from the clone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from checkouts import snapshot
from runners import require
from workers import shared_folder

sys.path += [str(Path(__file__).parents[1] / name) for name in ("github", "gitlab", "jenkins")]


@pytest.fixture(scope="session")
def clone(tmp_path_factory) -> Path:
    """The repository that the guides' addresses lead to."""
    require("git")
    return snapshot(tmp_path_factory.mktemp("clone") / "tocsin")


@pytest.fixture(scope="session")
def installs(wheelhouse, tmp_path_factory) -> dict[str, str]:
    """Where packages come from, as an index does elsewhere, and one cache of the user's for the session, which all its workers have."""
    env = wheelhouse.env(shared_folder(tmp_path_factory) / "newcomers-cache")
    return {name: value for name, value in env.items() if name != "TOCSIN_VERSION"}
