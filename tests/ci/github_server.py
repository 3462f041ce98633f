"""GitHub's API on loopback, answering by path, and the event of a case that asks it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api_server import ApiServer

from tocsin.ci import load
from tocsin.ci.github.earlier_runs import WorkflowRun, ended_before
from tocsin.ci.github.rest import GitHubApi
from tocsin.ci.history import history
from tocsin.ci.remote_file import read_remote_file
from tocsin.ci.rest import Api
from tocsin.clock import Clock
from tocsin.derive import derive
from tocsin.derive.facts_file import read_facts
from tocsin.event import Event, Fact
from tocsin.network import Network
from tocsin.request import Request

CASES = Path(__file__).parents[1] / "cases" / "github_api"
ANSWERS = {path.name: path.read_bytes() for path in sorted((CASES / "answers").glob("*.json"))}
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_EVENT_PATH": "event.json",
    "GITHUB_JOB": "build",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_RUN_ID": "9120456781",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_WORKFLOW_REF": "acme/payments/.github/workflows/ci.yml@refs/heads/main",
}
TOKEN = "ghs_sixteenCandlesOnTheCake"
REPOSITORY, RUN = "acme/payments", GITHUB["GITHUB_RUN_ID"]
PLACES = (".tocsin.yml", ".github/tocsin.yml", ".gitlab/tocsin.yml")
NOW = "2026-11-23T15:50:00Z"


class GitHub(ApiServer):
    """As a GitHub Enterprise Server."""

    prefix, answers = "/api/v3", ANSWERS
    missing = b'{"message": "Not Found", "status": "404"}'

    def api(self, seconds: float = 60, network: Network | None = None) -> Api:
        return GitHubApi(self.url(self.prefix), TOKEN, network or Network(), time.monotonic() + seconds, Clock())


def event_of(case: Mapping[str, Any], api: Api) -> Event:
    """The event of a case, derived as the program derives it."""
    env = {**GITHUB, **case["env"]}
    run = load("github").context(env, lambda _: json.dumps(case.get("event_file", {})))
    run = run._replace(facts={**run.facts, **{name: Fact(value, "test") for name, value in case.get("declared", {}).items()}})
    request = Request(case["hook"], case["status"], facts=read_facts(json.dumps(case.get("facts", {}))))
    return derive(run, request, env, NOW, api=api)


def remote_files(repository: str, ref: str, api: Api) -> dict[str, bytes]:
    """The policies in a repository at a ref, as far as the API hands them out."""
    found = {path: read_remote_file(repository, ref, path, api) for path in PLACES}
    return {path: data for path, data in found.items() if data is not None}


def previous_status(
    api: Api, repository: str, workflow: str, branch: str, run_id: str, event: str, *, attempt: int | None = None, job: str | None = None
) -> str | None:
    """How the run, or the job, before one ended."""
    run = WorkflowRun(repository, workflow, branch, run_id, event, attempt or 1, job=job)
    return history("failure", run_id, ended_before(api, run)).previous_status
