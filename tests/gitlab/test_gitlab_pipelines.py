"""What the template does in each kind of pipeline, and when something is wrong with it."""

from __future__ import annotations

import json
import sys

from local import EXAMPLES, POLICY, events, program
from servers import Answer, ScriptedServer

LOCAL = (EXAMPLES / "local.yml").read_text(encoding="utf-8")
OF_A_JOB = LOCAL.replace("test:\n", "test:\n  extends: .tocsin-job\n")
NASTY = 'it\'s "a": #1, $HOME ${HOME} `id` $(id) \\n %d *'
EVERYTHING = f"""\
default: {{tags: [nowhere], before_script: [exit 9], after_script: [exit 9]}}
variables: {{TOCSIN_APP: ledger, TOCSIN_PROJECT: shop}}
include:
  - local: ci/notify.yml
    inputs:
      job-prefix: early bird
      trigger-stage: .pre
      app: '{NASTY.replace("'", "''")}'
      project: "  two  words "
      environment: production
      cluster: '"stage": 1'
      image: registry.example.com:5000/acme/payments:1.2
      triggered-by: grace@example.com
      runner-tags: [docker, big one]
      dependencies: [test]
  - local: ci/notify.yml
    inputs: {{job-prefix: late, status: unstable, kind: cd, trigger: false, receipts: true}}
  - local: ci/notify.yml
test: {{inherit: {{default: false}}, script: make test}}
"""


def test_inputs_arrive_as_they_were_written(repository, secrets, server):
    repository.pipeline(EVERYTHING)
    run = repository.run(secrets)
    assert (run.code, set(run.results)) == (
        0,
        {"test", "early bird-trigger", "early bird-success", "late-success", "tocsin-trigger", "tocsin-success"},
    )
    assert run.ended("early bird-trigger") < run.began("test")
    first, *rest = [event for event in events(server) if not event["job"]["name"].startswith("tocsin-")]
    assert (first["event"], first["app"], first["project"]) == ("trigger", NASTY, "two  words")
    assert (first["environment"], first["cluster"], first["tier"]) == ("production", '"stage": 1', "production")
    assert first["image"] == {"repository": "registry.example.com:5000/acme/payments", "tag": "1.2"}
    assert first["triggered_by"] == {"login": None, "name": None, "email": "grace@example.com"}
    success, unstable = sorted(rest, key=lambda event: event["event"])
    assert {**first, **{name: success[name] for name in ("hook", "event", "status", "job", "run")}} == success
    assert (unstable["event"], unstable["app"], unstable["project"], unstable["kind"]) == ("unstable", "ledger", "shop", "cd")
    assert "an input is taken as it is written" in run.said("early bird-trigger")
    assert "an input is taken as it is written" not in run.said("late-success")


def listed(*items):
    return Answer(200, json.dumps(items).encode(), {"Content-Type": "application/json"})


def test_a_pipeline_that_fails(repository, secrets, server):
    repository.pipeline(LOCAL)
    repository.make("exit 1")
    failed = {"id": 31, "name": "test", "status": "failed", "web_url": "https://gitlab.example.com/acme/payments/-/jobs/31"}
    with ScriptedServer(listed(failed), listed(), listed({"id": 7, "status": "success", "ref": "main", "source": "push"})) as api:
        token = {"TOCSIN_GITLAB_TOKEN": "glpat-s3cr3t", "CI_API_V4_URL": api.url("/api/v4")}
        run = repository.run({**secrets, **token})
    assert (run.code, run.results) == (1, {"test": "FAIL", "tocsin-trigger": "PASS", "tocsin-failure": "PASS"})
    _, failure = sorted(events(server), key=lambda event: event["hook"], reverse=True)
    assert (failure["event"], failure["transition"], [part["job"] for part in failure["failures"]]) == ("failure", "broken", ["test"])
    assert {request.headers["private-token"] for request in api.requests} == {"glpat-s3cr3t"}
    assert "glpat-s3cr3t" not in run.out + run.err
    [text] = [request.json()["text"] for request in server.requests if "/T0/" in request.path and "❌" in request.json()["text"]]
    assert text.startswith("❌ Broken: payments on main")


def test_a_tag_and_the_policy_of_a_file_variable(repository, secrets, server):
    (repository.folder / ".tocsin.yml").unlink()
    variable = {"type": "file", "values": {"*": POLICY}}
    repository.write(".gitlab-ci-local-variables.yml", json.dumps({"TOCSIN_DEFAULT_POLICY": variable}))
    repository.pipeline(LOCAL)
    run = repository.run({**secrets, "CI_COMMIT_TAG": "v1.2", "CI_COMMIT_REF_NAME": "v1.2"}, unset=("CI_COMMIT_BRANCH",))
    assert run.results == {"test": "PASS", "tocsin-trigger": "PASS", "tocsin-success": "PASS"}
    assert [event["ref"] for event in events(server)] == [{"type": "tag", "name": "v1.2", "branch": None, "tag": "v1.2"}] * 2


MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_COMMIT_REF_NAME": "retry; id",
    "CI_MERGE_REQUEST_IID": "12",
    "CI_MERGE_REQUEST_TITLE": "Retry `id` $(id) the \"ledger' write",
    "CI_MERGE_REQUEST_PROJECT_ID": "1217",
    "CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.example.com/acme/payments",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1217",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "retry; id",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
}


def test_a_merge_request(repository, secrets, server):
    repository.pipeline(LOCAL)
    run = repository.run({**secrets, **MERGE_REQUEST}, unset=("CI_COMMIT_BRANCH",))
    assert run.results == {"test": "PASS", "tocsin-trigger": "PASS", "tocsin-success": "PASS"}
    for event in events(server):
        assert event["ref"] == {"type": "pull_request", "name": "retry; id", "branch": None, "tag": None}
        assert event["pull_request"]["title"] == MERGE_REQUEST["CI_MERGE_REQUEST_TITLE"]
        assert event["pull_request"]["url"] == "https://gitlab.example.com/acme/payments/-/merge_requests/12"


def test_a_merge_request_from_a_fork_in_the_parent(repository, secrets, server):
    repository.pipeline(LOCAL)
    run = repository.run({**secrets, **MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99"}, unset=("CI_COMMIT_BRANCH",))
    assert (run.code, run.results) == (0, {"test": "PASS", "tocsin-trigger": "PASS", "tocsin-success": "PASS"})
    assert "nothing is sent: this merge request comes from a fork" in run.said("tocsin-success")
    assert server.requests == []


def test_without_the_secrets_the_pipeline_is_green_and_says_what_is_missing(repository, server):
    repository.pipeline(LOCAL)
    run = repository.run({"AUDIT_URL": server.url("/audit")})
    assert (run.code, run.results) == (0, {"test": "PASS", "tocsin-trigger": "PASS", "tocsin-success": "PASS"})
    assert "SLACK_WEBHOOK_URL is not set" in run.said("tocsin-success")
    assert len(server.requests) == 2


WRONG = """\
include:
  - {local: ci/notify.yml, inputs: {job-prefix: refused, trigger: false}}
  - {local: ci/notify.yml, inputs: {job-prefix: refused strict, trigger: false, strict: true}}
  - {local: ci/notify.yml, inputs: {job-prefix: invalid, trigger: false, policy: ci/invalid.yml}}
  - {local: ci/notify.yml, inputs: {job-prefix: invalid strict, trigger: false, policy: ci/invalid.yml, strict: true}}
  - {local: ci/notify.yml, inputs: {job-prefix: dry, completion: false, dry-run: true}}
test: {script: make test}
"""


def test_only_strict_lets_a_pipeline_fail_for_a_message_or_a_policy(repository, secrets, server):
    repository.pipeline(WRONG)
    server.script(Answer(404, b"no_service"))
    repository.write("ci/invalid.yml", "channels: {team: {kind: slak}}\n")
    run = repository.run(secrets)
    assert run.code == 1
    assert run.results == {
        "test": "PASS",
        "dry-trigger": "PASS",
        "refused-success": "PASS",
        "refused strict-success": "FAIL",
        "invalid-success": "WARN",
        "invalid strict-success": "FAIL",
    }
    for prefix in ("refused", "refused strict"):
        assert "not delivered to team (slack): no_service" in run.said(f"{prefix}-success")
    for prefix in ("invalid", "invalid strict"):
        assert "ci/invalid.yml:1:" in run.said(f"{prefix}-success")
        assert "unknown kind 'slak'" in run.said(f"{prefix}-success")
    assert "dry run" in run.said("dry-trigger")


def test_a_machine_with_neither_tocsin_nor_python(repository, secrets, server):
    repository.pipeline(OF_A_JOB)
    for name in ("python3", "python"):
        program(repository.programs / name, "echo 'Python was not found' >&2; exit 9")
    run = repository.run(secrets, tocsin=False)
    assert (run.code, run.results) == (0, {"test": "PASS", "tocsin-trigger": "WARN", "tocsin-success": "WARN"})
    for job in run.results:
        assert run.said(job).count("nothing is sent: there is neither tocsin nor Python 3 here") == 1, run.out
        assert "was not found" not in run.said(job)
    assert server.requests == []


def test_the_program_is_installed_where_it_is_not_at_hand(repository, secrets, server, wheelhouse):
    """By two jobs at once, of which one may fill the cache while the other waits for it."""
    repository.pipeline(OF_A_JOB)
    program(repository.programs / "python3", f'exec "{sys.executable}" "$@"')
    run = repository.run({**secrets, **wheelhouse.env()}, tocsin=False)
    assert (run.code, run.results) == (0, {"test": "PASS", "tocsin-trigger": "PASS", "tocsin-success": "PASS"}), run.out + run.err
    assert sorted(event["scope"] for event in events(server)) == ["job", "run", "run"]
