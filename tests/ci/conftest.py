"""One server for all that asks GitHub's API, and one for GitLab's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from github_server import GitHub
from gitlab_server import GitLab


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


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    """GitLab's, without a route."""
    with GitLab() as server:
        yield server
