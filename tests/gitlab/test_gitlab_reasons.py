"""A pipeline that fails, and why by GitLab's API: the reason that it gives is the one in the message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from local import EXAMPLES, events, program
from servers import Answer, Request, ScriptedServer
from test_gitlab_template import in_shell

LOCAL = (EXAMPLES / "local.yml").read_text(encoding="utf-8")
WEB = "https://gitlab.example.com/acme/payments/-"
LOG = """\
section_start:1763906405:step_script\r\x1b[0K\x1b[0K\x1b[36;1mExecuting "step_script" stage of the job script\x1b[0;m
\x1b[32;1m$ make test\x1b[0;m
ledger.c:42:7: \x1b[01;31merror:\x1b[m 'round_up' undeclared
section_end:1763906460:step_script\r\x1b[0K\x1b[31;1mERROR: Job failed: exit code 2
\x1b[0;m"""


def job(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "name": name, "status": "failed", "failure_reason": "script_failure", "web_url": f"{WEB}/jobs/{number}"}


def suite(name: str, number: int) -> dict[str, Any]:
    return {"name": name, "total_count": 812, "failed_count": 3, "skipped_count": 0, "error_count": 0, "build_ids": [number]}


def ended(number: int, status: str) -> dict[str, Any]:
    at = f"2026-11-23T{number}:00:00.000Z"
    return {
        "id": number,
        "iid": number,
        "status": status,
        "ref": "main",
        "source": "push",
        "sha": f"{number:040x}",
        "updated_at": at,
        "web_url": WEB,
    }


ANSWERS: Mapping[str, Any] = {
    "/jobs": [job(31, "test"), job(32, "lint")],
    "/bridges": [],
    "/pipelines": [ended(14, "failed"), ended(13, "canceled"), ended(12, "failed"), ended(11, "success")],
    "/test_report_summary": {"total": {"count": 812, "failed": 3, "error": 0, "skipped": 0}, "test_suites": [suite("test", 31)]},
    "/32/trace": LOG,
    "/test_report": {"test_suites": [{"test_cases": [{"status": "failed", "name": "test_refund", "system_output": "assert 1.0 == 1.01"}]}]},
}


class GitLab(ScriptedServer):
    """GitLab's API, by the ends of its paths."""

    def next_answer(self, request: Request) -> Answer:
        super().next_answer(request)
        path = request.path.partition("?")[0]
        found = next((answer for end, answer in ANSWERS.items() if path.endswith(end)), None)
        body = found if isinstance(found, str) else json.dumps(found)
        return Answer(404 if found is None else 200, body.encode())


def test_the_reason_and_the_history_are_gitlab_s(repository, secrets, server):
    repository.pipeline(LOCAL)
    repository.make("exit 1")
    with GitLab() as api:
        token = {"TOCSIN_GITLAB_TOKEN": "glpat-s3cr3t", "CI_API_V4_URL": api.url("/api/v4"), "CI_PIPELINE_ID": "15"}
        run = repository.run({**secrets, **token})
    assert (run.code, run.results) == (1, {"test": "FAIL", "tocsin-trigger": "PASS", "tocsin-failure": "PASS"})
    [failure] = [event for event in events(server) if event["hook"] == "completion"]
    assert [(part["job"], part["reason"]) for part in failure["failures"]] == [
        ("test", "3 of 812 tests failed"),
        ("lint", "ledger.c:42:7: error: 'round_up' undeclared"),
    ]
    assert failure["tests"]["failures"] == [{"name": "test_refund", "message": "assert 1.0 == 1.01"}]
    told = failure["run"]
    assert (failure["transition"], told["failed_runs"]) == ("still_failing", 3)
    assert (told["failing_since"]["number"], told["failing_since"]["at"]) == (12, "2026-11-23T12:00:00Z")
    assert (told["last_success"]["number"], told["last_success"]["commit"]) == (11, f"{11:040x}")
    [text] = [request.body.decode() for request in server.requests if "/T0/" in request.path and "failing" in request.body.decode()]
    assert "3 of 812 tests failed" in text
    assert "round_up" in text
    assert "glpat-s3cr3t" not in run.out + run.err


@pytest.mark.parametrize("hook", ["trigger", "failure", "job"])
def test_tests_and_look_ups_are_inputs(tmp_path, tmp_path_factory, hook):
    programs = tmp_path_factory.mktemp("programs")  # outside of the checkout
    program(programs / "tocsin", 'printf "%s\\n" "look-ups: $TOCSIN_LOOK_UPS" "$@"')
    given = {"TOCSIN_INPUT_TESTS": "re ports/*.xml", "TOCSIN_INPUT_LOOK_UPS": "false"}
    (tmp_path / "re ports").mkdir()
    (tmp_path / "re ports" / "a.xml").write_text("<testsuites/>")
    said = in_shell("dash", tmp_path, {"TOCSIN_HOOK": hook, "TOCSIN_LOOK_UPS": "true", "PATH": f"{programs}:/usr/bin:/bin", **given}).stdout
    assert "look-ups: false\n" in said
    assert ("--tests=re ports/*.xml\n" in said) == (hook != "trigger")
    said = in_shell("dash", tmp_path, {"TOCSIN_HOOK": hook, "TOCSIN_LOOK_UPS": "", "PATH": f"{programs}:/usr/bin:/bin"}).stdout
    assert "look-ups: \n" in said
    assert "--tests" not in said
