"""A final job, under a real runner: one message for a whole workflow, matrix and all."""

from __future__ import annotations

import json

import pytest
from act import ACTION, told
from servers import Answer, ScriptedServer

FINAL = f"""\
name: CI
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: exit 0
  notify:
    if: always()
    needs: test
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: {ACTION}
        with:
          needs: %s
        env:
          SLACK_WEBHOOK_URL: ${{{{ secrets.SLACK_WEBHOOK_URL }}}}
"""


def what_failed(server):
    """The reasons in the message: the lines of its first block."""
    first = server.requests[0].json()["attachments"][0]["blocks"][0]
    return ["".join(word["text"] for word in line["elements"]) for line in first["elements"]]


def test_all_jobs_are_green(repository, secrets, slack):
    repository.example("whole-workflow.yml")
    run = repository.run(secrets=secrets)
    assert (run.code, set(run.results.values())) == (0, {"success"})
    [end] = told(slack)
    assert end == "✅ Success: payments on main · by ada"
    assert run.outputs("Main")["event"] == "success"
    assert run.said("Post") == ""


def test_a_leg_of_the_matrix_fails(repository, secrets, slack):
    repository.example("whole-workflow.yml")
    repository.make('test "$PYTHON" != 3.13')
    run = repository.run(secrets=secrets)
    assert (run.code, run.results["test-1"], run.results["notify"]) == (1, "failure", "success")
    [end] = told(slack)
    assert end.startswith("❌ Failed: payments on main · ")
    assert what_failed(slack) == ["test"]
    assert run.outputs("Main")["event"] == "failure"


def test_needs_that_are_no_needs(repository, secrets, slack):
    repository.workflow(FINAL % "test")
    run = repository.run(secrets=secrets)
    assert (run.code, set(run.results.values())) == (0, {"success"})
    [error] = run.annotations("error")
    assert "toJSON(needs)" in error.text
    assert told(slack) == []


@pytest.mark.parametrize(
    ("results", "event"),
    [
        ({"test": "skipped", "package": "skipped"}, ""),
        ({"test": "success", "package": "skipped"}, "success"),
        ({"test": "cancelled", "package": "skipped"}, "cancelled"),
        ({"test": "cancelled", "package": "failure"}, "failure"),
    ],
)
def test_what_counts_most(repository, secrets, slack, results, event):
    needs = json.dumps({name: {"result": result, "outputs": {}} for name, result in results.items()})
    repository.workflow(FINAL % f"'{needs}'")
    run = repository.run(secrets=secrets)
    assert (run.code, run.outputs("Main")["event"]) == (0, event)
    assert len(told(slack)) == bool(event)


JOBS = {
    "total_count": 3,
    "jobs": [
        {
            "id": 31,
            "name": "test (3.13)",
            "conclusion": "failure",
            "status": "completed",
            "html_url": "https://github.com/acme/payments/actions/runs/9120456781/job/31",
            "steps": [
                {"name": "Set up job", "number": 1, "conclusion": "success", "status": "completed"},
                {"name": "Unit tests", "number": 2, "conclusion": "failure", "status": "completed"},
            ],
        },
        {"id": 32, "name": "test (3.14)", "conclusion": "success", "status": "completed", "steps": []},
        {"id": 33, "name": "notify", "conclusion": None, "status": "in_progress", "steps": []},
    ],
}


def _json(data, status=200):
    return Answer(status, json.dumps(data).encode(), {"Content-Type": "application/json"})


def _runs(*conclusions):
    runs = [
        {
            "id": 9120456781 - number,
            "run_number": 128 - number,
            "html_url": f"https://github.com/acme/payments/actions/runs/{9120456781 - number}",
            "updated_at": f"2026-11-23T{15 - number:02}:00:00Z",
            "head_sha": f"{number:x}" * 40,
            "conclusion": word,
            "status": "completed",
        }
        for number, word in enumerate(conclusions)
    ]
    return _json({"total_count": len(runs), "workflow_runs": runs})


@pytest.fixture
def ask(repository, secrets):
    """Run the example with a token; GitHub's API gives these answers."""

    def ask(*answers):
        repository.example("whole-workflow.yml")
        with ScriptedServer() as api:
            api.script(
                *(one._replace(headers={name: text.replace("{url}", api.url("")) for name, text in one.headers.items()}) for one in answers)
            )
            run = repository.run(secrets={**secrets, "GITHUB_TOKEN": "ghs_0123456789"}, env={"GITHUB_API_URL": api.url("")})
        return run, api

    return ask


def test_with_a_token_the_failed_step_is_named_and_that_it_is_new(repository, slack, ask):
    repository.make('test "$PYTHON" != 3.13')
    run, api = ask(_json(JOBS), _runs(None, "cancelled", "success"), _json([]), _json({}, 404), _json({"commits": []}))
    jobs, runs, annotations, log, comparison = (request.path for request in api.requests)
    assert jobs.startswith("/repos/acme/payments/actions/runs/9120456781/")
    assert runs.startswith("/repos/acme/payments/actions/workflows/whole-workflow.yml/runs?")
    assert annotations.startswith("/repos/acme/payments/check-runs/31/annotations?")
    assert log == "/repos/acme/payments/actions/jobs/31/logs"
    assert comparison.startswith(f"/repos/acme/payments/compare/{'2' * 40}...")
    assert {request.headers["authorization"] for request in api.requests} == {"Bearer ghs_0123456789"}
    assert told(slack)[0].startswith("❌ Broken: payments on main · ")
    [part] = what_failed(slack)
    assert "test (3.13)" in part
    assert "Unit tests" in part
    assert "/actions/runs/9120456781/job/31" in json.dumps(slack.requests[0].json())
    assert run.results["notify"] == "success"


def test_with_a_token_the_reason_comes_out_of_the_log(repository, slack, ask):
    repository.make('test "$PYTHON" != 3.13')
    note = {"annotation_level": "failure", "message": "Process completed with exit code 1."}
    log = "2026-11-23T15:44:00.1234567Z \x1b[31mAssertionError: refund is 1.00, not 0.99\x1b[0m\n"
    log += "2026-11-23T15:44:01.1234567Z ##[error]Process completed with exit code 1.\n"
    answers = _json([note]), Answer(302, b"", {"Location": "{url}/store/31.txt?sig=s1gned"}), Answer(200, log.encode())
    run, api = ask(_json(JOBS), _runs(None, "failure", "success"), *answers)
    assert [("authorization" in request.headers, request.path.partition("?")[0]) for request in api.requests][-2:] == [
        (True, "/repos/acme/payments/actions/jobs/31/logs"),
        (False, "/store/31.txt"),
    ]
    assert "AssertionError: refund is 1.00, not 0.99" in json.dumps(slack.requests[0].json())
    assert "s1gned" not in json.dumps(run.lines)


def test_with_a_token_a_success_after_a_failure_is_a_repair(repository, slack, ask):
    repository.policy("channels: {team: {kind: slack}}\nnotifications: [{on: fixed, send_to: team}]\n")
    run, _ = ask(_runs(None, "cancelled", "failure", "cancelled", "failure", "success"), _json({"commits": []}))
    assert (run.code, len(told(slack))) == (0, 1)
    said = json.dumps(slack.requests[0].json(), ensure_ascii=False)
    assert "and 2 failed runs" in said
    assert [number for number in ("#123", "#124", "#125", "#126", "#127") if f'"{number}"' in said] == ["#124", "#126"]


@pytest.mark.parametrize(
    "answer", [_json({"message": "Resource not accessible by integration"}, 403), _json({"message": "Not Found"}, 404)]
)
def test_a_token_that_may_not_ask_is_said_once(slack, ask, answer):
    run, _ = ask(answer)
    assert (run.code, len(told(slack)), run.annotations("warning", "error")) == (0, 1, [])
    assert run.said().count("actions: read") == 1, run.said()
