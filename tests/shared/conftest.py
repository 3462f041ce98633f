"""What the tests of bases share."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from base_server import Files, Repository


@pytest.fixture
def server() -> Iterator[Files]:
    with Files() as files:
        yield files


@pytest.fixture
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Files, Path]]:
    """An https server, and the file of its CA."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    with Files(tls=context) as files:
        yield files, path


@pytest.fixture
def repository(tmp_path: Path, server: Files) -> Repository:
    api = server.url("")
    return Repository(
        tmp_path, {"GITHUB_API_URL": api, "CI_API_V4_URL": api, "GITHUB_TOKEN": "gh-HUNTER2", "TOCSIN_GITLAB_TOKEN": "gl-HUNTER2"}
    )
