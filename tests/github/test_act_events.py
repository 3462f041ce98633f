"""What other runs and deployments tell, and runs without secrets, under a real runner with the event's own file."""

from __future__ import annotations

import html

import pytest
from act import ACTION, POLICY, told

ENDED = {
    "id": 7001,
    "name": "Deploy",
    "path": ".github/workflows/deploy.yml",
    "run_number": 41,
    "run_attempt": 1,
    "event": "push",
    "head_branch": "main",
    "head_sha": "c" * 40,
    "html_url": "https://github.com/acme/payments/actions/runs/7001",
    "run_started_at": "2026-11-23T09:00:00Z",
    "updated_at": "2026-11-23T09:02:30Z",
    "triggering_actor": {"login": "grace"},
    "head_repository": {"full_name": "acme/payments"},
}
FORK = {
    "number": 12,
    "title": "Retry the ledger write",
    "head": {"ref": "retry", "sha": "d" * 40, "repo": {"full_name": "mallory/payments", "fork": True}},
    "base": {"ref": "main", "sha": "e" * 40, "repo": {"full_name": "acme/payments"}},
    "user": {"login": "mallory"},
}
OWN = {
    **FORK,
    "head": {"ref": "dependabot/pip/x", "sha": "d" * 40, "repo": {"full_name": "acme/payments"}},
    "user": {"login": "dependabot[bot]"},
}


@pytest.mark.parametrize(
    ("conclusion", "icon", "words", "event"),
    [
        ("success", "✅", "Success", "success"),
        ("failure", "❌", "Failed", "failure"),
        ("timed_out", "❌", "Failed", "failure"),
        ("cancelled", "⚪", "Cancelled", "cancelled"),
    ],
)
def test_a_workflow_that_has_ended(repository, secrets, slack, conclusion, icon, words, event):
    repository.example("other-workflows.yml")
    run = repository.run("workflow_run", {"action": "completed", "workflow_run": {**ENDED, "conclusion": conclusion}}, secrets=secrets)
    assert (run.code, run.annotations("warning", "error")) == (0, [])
    [text] = told(slack)
    assert text.startswith(f"{icon} {words}: payments on main · ")
    assert all(part in str(slack.requests[0].json()) for part in ("Deploy", "#41", "2 min 30 s"))
    assert run.outputs("Main")["event"] == event
    assert run.said("Post") == ""


def test_a_workflow_that_is_requested_is_a_trigger(repository, secrets, slack):
    repository.example("other-workflows.yml")
    run = repository.run("workflow_run", {"action": "requested", "workflow_run": {**ENDED, "conclusion": None}}, secrets=secrets)
    assert run.code == 0
    [text] = told(slack)
    assert text.startswith("🚀 Started: payments on main · by ")
    assert run.said("Post") == ""


def test_a_head_never_brings_its_policy_along(repository, secrets, slack):
    repository.example("other-workflows.yml")
    text = (repository.folder / ".github/workflows/other-workflows.yml").read_text()
    head = f"      - run: 'echo \"channels: {{}}\" > .tocsin.yml'\n      - uses: {ACTION}"
    repository.workflow(text.replace(f"      - uses: {ACTION}", head), "other-workflows.yml")
    payload = {
        "action": "completed",
        "workflow_run": {**ENDED, "conclusion": "failure", "head_repository": {"full_name": "mallory/payments"}},
    }
    run = repository.run("workflow_run", payload, secrets=secrets)
    assert run.code == 0
    [end] = told(slack)
    assert end.startswith("❌ ")


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("success", "✅ Success: payments → staging"),
        ("error", "❌ Failed: payments → staging"),
        ("in_progress", "🚀 Started: payments → staging"),
        ("waiting", "⏳ Waiting: payments → staging"),
    ],
)
def test_the_status_of_a_deployment(repository, secrets, slack, state, line):
    repository.example("deployments.yml")
    repository.policy(POLICY.replace("trigger,", "trigger, waiting,"))
    payload = {
        "action": "created",
        "deployment": {"id": 5, "ref": "main", "sha": "HEAD", "environment": "staging", "creator": {"login": "grace"}},
        "deployment_status": {
            "state": state,
            "environment": "staging",
            "log_url": "https://deploy.example.com/5",
            "description": "rolled out",
        },
    }
    run = repository.run("deployment_status", payload, secrets=secrets)
    assert (run.code, run.annotations("warning", "error")) == (0, [])
    [text] = told(slack)
    assert text.startswith(line)
    assert run.said("Post") == ""


@pytest.mark.parametrize(("pull_request", "actor", "why"), [(FORK, "mallory", "fork"), (OWN, "dependabot[bot]", "Dependabot")])
def test_a_run_without_secrets_is_green_and_says_why(repository, pull_request, actor, why):
    repository.example("one-job.yml")
    run = repository.run("pull_request", {"action": "opened", "number": 12, "pull_request": pull_request}, actor=actor)
    assert (run.code, run.results) == (0, {"test": "success"})
    [notice] = run.annotations()
    assert notice.level == "notice"
    assert why in notice.text
    assert why in run.summary("Post") or why in run.summary("Main")


def test_without_the_secret_on_a_run_that_should_have_it(repository):
    repository.example("one-job.yml")
    run = repository.run()
    assert (run.code, run.results) == (0, {"test": "success"})
    start, end = run.annotations("warning")
    assert start.text == end.text
    assert "variable SLACK_WEBHOOK_URL is not set" in start.text
    assert run.outputs("Post")["skipped"] == "1"
    assert "SLACK_WEBHOOK_URL" in html.unescape(run.summary("Post"))
