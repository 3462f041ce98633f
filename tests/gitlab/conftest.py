"""One mirror of the template and one server with its file for all pipelines of a session, and servers that take every message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import quick_starts
from conversing import services  # noqa: F401  a fixture
from local import ROOT, TEMPLATE, Repository
from runners import git, require
from servers import Answer, ScriptedServer


@pytest.fixture(scope="session")
def mirror(tmp_path_factory) -> Path:
    """A project with what this repository has on `main`, and under a tag the component's project as a release lays it out."""
    require("gitlab-ci-local")
    require("rsync")
    folder = tmp_path_factory.mktemp("mirror")
    for name in ("templates/notify.yml", TEMPLATE.relative_to(ROOT)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(TEMPLATE.read_bytes())
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "1.0.0")
    git(folder, "tag", "1.0.0")
    return folder


@pytest.fixture(scope="session")
def files() -> Iterator[ScriptedServer]:
    """A web server that has the template at every address."""
    with ScriptedServer(Answer(200, TEMPLATE.read_bytes())) as server:
        yield server


@pytest.fixture(scope="session")
def quick_tocsin(tmp_path_factory, quick) -> Path:
    """The folder of a `tocsin` that starts quickly: `REAL` has one that starts as it is."""
    return quick_starts.tocsin(tmp_path_factory.mktemp("tocsin"), quick)


@pytest.fixture
def repository(tmp_path, mirror, files, quick_tocsin) -> Repository:
    """acme/payments, where every rule tells the team and the audit."""
    return Repository(tmp_path, mirror, files, quick_tocsin)


@pytest.fixture
def server(slack) -> ScriptedServer:
    """Slack and a webhook, which take everything."""
    return slack


@pytest.fixture
def secrets(server) -> dict[str, str]:
    """The variables that the policy names."""
    return {"SLACK_WEBHOOK_URL": server.url("/services/T0/B0/s3cr3t"), "AUDIT_URL": server.url("/audit")}
