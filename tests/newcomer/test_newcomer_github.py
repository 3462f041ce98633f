"""docs/github.md's start, done by somebody who has a repository, a secret and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from act import Repository, told
from guide import written
from runners import require


@pytest.fixture(scope="module")
def tools(tmp_path_factory) -> Path:
    """The tool cache of the runner, empty at first."""
    return tmp_path_factory.mktemp("act")


@pytest.fixture
def repository(tmp_path, clone, tools) -> Repository:
    """A repository without a policy."""
    require("act")
    repository = Repository(tmp_path, clone, tools)
    (repository.folder / ".tocsin.yml").unlink()
    return repository


def follow(repository: Repository, heading: str) -> None:
    """Write the files of a section."""
    for name, text in written("github", heading).items():
        if name.startswith(".github/workflows/"):
            repository.workflow(text, Path(name).name)
        else:
            repository.write(name, text)


@pytest.mark.long
def test_from_nothing_to_messages(repository, installs, slack):
    secrets = {"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")}
    follow(repository, "A first message")
    assert repository.run(secrets=secrets, env=installs).code == 0
    repository.make("exit 1")
    repository.run(secrets=secrets, env=installs)
    assert [line.partition(" · ")[0] for line in told(slack)] == ["✅ Success: payments on main", "❌ Failed: payments on main"]

    slack.requests.clear()
    follow(repository, "The policy")
    repository.run(secrets=secrets, env=installs)
    repository.make("exit 0")
    repository.run(secrets=secrets, env=installs)
    assert [line.partition(" · ")[0] for line in told(slack)] == ["❌ Failed: payments on main"]


def test_a_test_message(repository, installs, slack):
    [text] = written("github", "Test the channels").values()
    repository.workflow(text, "test.yml")
    run = repository.run("workflow_dispatch", secrets={"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")}, env=installs)
    assert (run.code, [line.split(" → ")[0] for line in told(slack)]) == (0, ["🔔 Test: payments"])
