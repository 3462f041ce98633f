"""One server for all that asks GitHub's API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from github_server import GitHub


@pytest.fixture(scope="session")
def server() -> Iterator[GitHub]:
    """The server, with whatever routes the last test left."""
    with GitHub() as server:
        yield server


@pytest.fixture
def github(server: GitHub) -> GitHub:
    """The server without a route."""
    server.route({})
    return server
