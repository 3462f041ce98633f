"""The examples of docs/gitlab.md, each run as it stands."""

from __future__ import annotations

import pytest
from local import EXAMPLES, POLICY, ROOT, events


def told(server):
    """What the webhook was told, in the order of the words: the jobs of one stage end in any order."""
    return sorted((event["event"], event["scope"], event["job"]["name"]) for event in events(server))


WHOLE = [("success", "run", "tocsin-success"), ("trigger", "run", "tocsin-trigger")]


@pytest.mark.parametrize("name", ["remote.yml", "project.yml", "local.yml"])
def test_each_way_to_include_it_tells_of_start_and_success(repository, secrets, server, name):
    repository.example(name)
    starts_and_succeeds(repository, secrets, server)


def test_a_component_as_its_own_page_shows_it(repository, secrets, server):
    page = (ROOT / "release/texts/component/README.md").read_text(encoding="utf-8")
    include = page.partition("```yaml\n")[2].partition("```")[0].replace("GROUP", "OWNER").replace("VERSION", "1.0.0")
    repository.pipeline(f"{include}\ntest:\n  script: make test\n")
    starts_and_succeeds(repository, secrets, server)


def starts_and_succeeds(repository, secrets, server):
    """The pipeline passes, and the team and the audit hear of its start and its end."""
    run = repository.run(secrets)
    assert (run.code, run.results) == (0, {"test": "PASS", "tocsin-trigger": "PASS", "tocsin-success": "PASS"})
    assert told(server) == WHOLE
    [slack] = [request for request in server.requests if "/T0/" in request.path and "✅" in request.json()["text"]]
    assert slack.json()["text"].startswith("✅ Success: payments on main")
    assert "https://gitlab.example.com/acme/payments/pipelines/" in slack.body.decode()


def test_an_environment_is_known_with_all_that_gitlab_says_of_it(repository, secrets, server):
    repository.example("deploy.yml")
    run = repository.run({**secrets, "CI_ENVIRONMENT_TIER": "staging", "KUBE_CONTEXT": "acme/infra:stage-1"})
    assert (run.code, told(server)) == (0, WHOLE)
    for event in events(server):
        assert (event["kind"], event["environment"], event["tier"], event["cluster"]) == ("cd", "review/main", "staging", "stage-1")


def test_what_a_job_has_built_is_told_at_the_end(repository, secrets, server):
    repository.example("image.yml")
    run = repository.run({**secrets, "CI_REGISTRY_IMAGE": "registry.example.com/acme/payments"})
    assert (run.code, told(server)) == (0, WHOLE)
    [image] = [event["image"] for event in events(server) if event["event"] == "success"]
    assert image["repository"] == "registry.example.com/acme/payments"
    assert len(image["tag"]) == 8


def test_a_job_before_a_manual_one_tells_that_it_waits(repository, secrets, server):
    repository.example("waiting.yml")
    repository.write(".tocsin.yml", POLICY.replace("unstable]", "unstable, waiting]"))
    run = repository.run(secrets)
    assert run.results.keys() >= {"test": "PASS", "ask": "PASS"}.keys()
    [waiting] = [event for event in events(server) if event["event"] == "waiting"]
    assert (waiting["scope"], waiting["environment"], waiting["run"]["finished_at"]) == ("run", "production", None)


MIGRATE = """
migrate:
  extends: .tocsin-job
  script: make migrate
  after_script:
    - make clean
    - !reference [.tocsin-job, after_script]
"""


def test_one_job_tells_of_itself_alone(repository, secrets, server):
    """The job of the example, and one that has an after_script of its own."""
    repository.pipeline((EXAMPLES / "one-job.yml").read_text(encoding="utf-8") + MIGRATE)
    repository.make('echo "$1" >>made; test "$1" != migrate')
    run = repository.run(secrets)
    assert (run.code, run.results) == (1, {"deploy": "PASS", "migrate": "FAIL"})
    assert told(server) == [("failure", "job", "migrate"), ("success", "job", "deploy")]
    [deployed] = [event for event in events(server) if event["event"] == "success"]
    assert deployed["environment"] == "production"
    assert sorted((repository.folder / "made").read_text().split()) == ["clean", "deploy", "migrate"]
