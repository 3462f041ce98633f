"""`hook: test` under a real runner."""

from __future__ import annotations

from servers import Answer


def test_the_step_tests_the_channel_and_post_says_nothing(repository, secrets, slack):
    repository.example("test-channels.yml")
    run = repository.run("workflow_dispatch", secrets=secrets)
    assert (run.code, run.results, run.annotations(), run.said("Post")) == (0, {"test": "success"}, [], "")
    [request] = slack.requests
    text = request.json()["text"]
    assert text.startswith("🔔 Test: payments → team. ")
    for part in ("Test the channels #128", "acme/payments", ".tocsin.yml"):
        assert part in text
    assert run.outputs("Main")["event"] == "test"


def test_the_job_fails_with_the_test(repository, secrets, slack):
    repository.example("test-channels.yml")
    slack.script(Answer(404, b"no_service"))
    run = repository.run("workflow_dispatch", secrets=secrets)
    assert (run.code, run.results) == (1, {"test": "failure"})
    [error] = run.annotations("error")
    assert error.text.startswith("not delivered to team (slack): no_service")
