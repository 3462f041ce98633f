"""docs/gitlab.md's start, done by somebody who has a repository, a variable and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from guide import leads, source, written
from local import Repository
from runners import require
from servers import Answer, ScriptedServer


@pytest.fixture
def repository(tmp_path, clone):
    """A repository without a policy and without a copy of the template, on a machine without tocsin that finds the clone at GitHub."""
    require("gitlab-ci-local")
    require("rsync")
    with ScriptedServer(Answer(200, (clone / "plugins/gitlab/templates/notify.yml").read_bytes())) as files:
        repository = Repository(tmp_path, clone, files)
        for name in (".tocsin.yml", "ci/notify.yml"):
            (repository.folder / name).unlink()
        leads(repository.home, clone)
        yield repository
        path = f"{urlsplit(source()).path}/main/plugins/gitlab/templates/notify.yml"
        assert {request.path for request in files.requests} <= {path}


def headlines(server: ScriptedServer) -> list[str]:
    """The first words of the messages that have arrived."""
    return [request.json()["text"].splitlines()[0].partition(" · ")[0] for request in server.requests]


def follow(repository: Repository, heading: str) -> None:
    """Write the files of a section."""
    for name, text in written("gitlab", heading).items():
        if name == ".gitlab-ci.yml":
            repository.pipeline(text)
        else:
            repository.write(name, text)


@pytest.mark.long
def test_from_nothing_to_messages(repository, installs, slack):
    variables = {"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")}
    follow(repository, "A first message")
    run = repository.run(variables, env=installs, tocsin=False)
    assert (run.code, headlines(slack)) == (0, ["✅ Success: payments on main"]), run.out + run.err
    assert run.results == {"test": "PASS", "tocsin-success": "PASS"}

    slack.requests.clear()
    follow(repository, "The policy")
    repository.make("exit 1")
    run = repository.run(variables, env=installs, tocsin=False)
    assert headlines(slack) == ["❌ Failed: payments on main"]
    assert run.results == {"test": "FAIL", "tocsin-trigger": "PASS", "tocsin-failure": "PASS"}


def test_a_test_message(repository, installs, slack):
    [text] = written("gitlab", "Test the channels").values()
    repository.pipeline(text)
    run = repository.run({"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")}, env=installs, tocsin=False)
    assert (run.code, len(headlines(slack))) == (0, 1), run.out + run.err
    assert headlines(slack)[0].startswith("🔔 Test: payments → ")


def test_a_copy_of_the_file(repository, clone, installs, slack):
    """The other form that needs nobody's server: the include of a copy."""
    (local,) = (text for text in written("gitlab", "Ways to include it").values() if "local:" in text)
    repository.write("ci/notify.yml", (clone / "plugins/gitlab/templates/notify.yml").read_text(encoding="utf-8"))
    repository.pipeline(local)
    run = repository.run({"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")}, env=installs, tocsin=False)
    assert (run.code, headlines(slack)) == (0, ["✅ Success: payments on main"]), run.out + run.err
