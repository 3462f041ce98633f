"""One mirror of the template for all pipelines of a test session, and servers that take every message."""

from __future__ import annotations

from pathlib import Path

import pytest
from local import TEMPLATE, Repository
from runners import git, require
from servers import ScriptedServer


@pytest.fixture(scope="session")
def mirror(tmp_path_factory) -> Path:
    """The component's project, as a release lays it out."""
    require("gitlab-ci-local")
    require("rsync")
    folder = tmp_path_factory.mktemp("mirror")
    (folder / "templates").mkdir()
    (folder / "templates" / "notify.yml").write_bytes(TEMPLATE.read_bytes())
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "1.0.0")
    git(folder, "tag", "1.0.0")
    return folder


@pytest.fixture
def repository(tmp_path, mirror) -> Repository:
    """acme/payments, where every rule tells the team and the audit."""
    return Repository(tmp_path, mirror)


@pytest.fixture
def server(slack) -> ScriptedServer:
    """Slack and a webhook, which take everything."""
    return slack


@pytest.fixture
def secrets(server) -> dict[str, str]:
    """The variables that the policy names."""
    return {"SLACK_WEBHOOK_URL": server.url("/services/T0/B0/s3cr3t"), "AUDIT_URL": server.url("/audit")}
