"""The input `test`: one job that sends a test message to each channel, and no other job of the template."""

from __future__ import annotations

import pytest
from local import EXAMPLES, POLICY
from servers import Answer
from test_gitlab_pipelines import MERGE_REQUEST
from test_gitlab_template import in_shell, read_by_gitlab, whole

TESTING = (EXAMPLES / "test-channels.yml").read_text(encoding="utf-8")
WITH_MAIL = POLICY.replace("channels: {", "channels: {mail: {kind: smtp, host: mail.example.com, from: ci@example.com}, ")


def test_one_job_tests_every_channel_and_tells_nothing_else(repository, secrets, server):
    repository.write(".tocsin.yml", WITH_MAIL)
    repository.pipeline(TESTING)
    run = repository.run(secrets)
    assert (run.code, run.results) == (0, {"test": "PASS", "tocsin-test": "PASS"}), run.out + run.err
    said = run.said("tocsin-test")
    for row in ("skipped    mail   smtp     name the recipient with --to ADDRESS", "delivered  team   slack", "delivered  audit  webhook"):
        assert row in said
    [slack, audit] = sorted(server.requests, key=lambda request: request.path, reverse=True)
    assert slack.json()["text"].startswith("🔔 Test: payments → team")
    assert (audit.json()["event"]["event"], audit.json()["title"]) == ("test", "Test: payments → audit")
    for part in ("acme/payments", ".tocsin.yml", "team"):
        assert part in str(slack.json())


def test_a_message_that_does_not_arrive_fails_the_job_and_the_pipeline(repository, secrets, server):
    repository.pipeline(TESTING)
    server.script(Answer(404, b"no_service"), Answer(404, b"no_service"))
    run = repository.run(secrets)
    assert (run.code, run.results) == (1, {"test": "PASS", "tocsin-test": "FAIL"})
    assert "tocsin: error: not delivered to team (slack): no_service" in run.said("tocsin-test")


def test_a_fork_s_merge_request_sends_no_test_and_stays_green(repository, secrets, server):
    repository.pipeline(TESTING)
    run = repository.run({**secrets, **MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99"}, unset=("CI_COMMIT_BRANCH",))
    assert (run.code, run.results) == (0, {"test": "PASS", "tocsin-test": "PASS"})
    assert "nothing is sent: this merge request comes from a fork" in run.said("tocsin-test")
    assert server.requests == []


@pytest.mark.parametrize(("given", "runs"), [({}, False), ({"test": True}, True)])
def test_gitlab_runs_either_the_test_or_the_others(given, runs):
    jobs = read_by_gitlab(given)
    left_out = {name: jobs[f"tocsin-{name}"]["rules"][0]["if"] for name in ("test", "trigger", "success", "failure")}
    flag = "true" if runs else "false"
    assert left_out["test"] == f'"{flag}" == "false"'
    assert all(
        left_out[name] == f'"{shown}" == "false" || "{flag}" == "true"'
        for name, shown in (("trigger", "true"), ("success", "true"), ("failure", "true"))
    )
    job = whole(jobs, "tocsin-test")
    assert (job["allow_failure"], job["stage"], job["needs"], job["dependencies"]) == (False, ".post", [], [])


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_inputs_that_the_test_takes_and_those_it_does_not(tmp_path, server, secrets, dry_run):
    said = {"TOCSIN_HOOK": "test", "TOCSIN_INPUT_DRY_RUN": dry_run, "TOCSIN_INPUT_STRICT": "true", "TOCSIN_INPUT_KIND": "cd"}
    done = in_shell("dash", tmp_path, {**secrets, **said, "TOCSIN_INPUT_TEST_TO": "no address"})
    assert (done.returncode, "--to: 'no address'" in done.stderr) == (2, True)
    done = in_shell("dash", tmp_path, {**secrets, **said, "TOCSIN_INPUT_TEST_TO": "dev@example.com"})
    assert (done.returncode, done.stderr, len(server.requests)) == (0, "", 0 if dry_run == "true" else 2)
