"""What the tests of comments share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from comment_servers import CommentServer, GitHubComments, GitLabNotes


@pytest.fixture(params=[GitHubComments, GitLabNotes], ids=["github", "gitlab"])
def forge(request: pytest.FixtureRequest) -> Iterator[CommentServer]:
    """A server of each kind that keeps comments."""
    with request.param() as server:
        yield server
