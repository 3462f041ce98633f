"""GitLab's API on loopback, and the events of runs that ask it."""

from __future__ import annotations

import json
import time
from typing import Any

from api_server import ApiServer
from servers import Answer

from tocsin.ci import load
from tocsin.ci.gitlab.rest import GitLabApi
from tocsin.ci.rest import Api
from tocsin.clock import Clock
from tocsin.derive import derive
from tocsin.event import Event
from tocsin.network import Network
from tocsin.request import Request

TOKEN = "glpat-sixteenCandlesOnTheCake"
ENV = {
    "GITLAB_CI": "true",
    "CI_COMMIT_BRANCH": "main",
    "CI_COMMIT_REF_NAME": "main",
    "CI_JOB_NAME": "tocsin-failure",
    "CI_PIPELINE_ID": "1700399976",
    "CI_PIPELINE_SOURCE": "push",
    "CI_PROJECT_ID": "62099837",
    "CI_PROJECT_NAME": "payments",
}


class GitLab(ApiServer):
    """As GitLab answers."""

    prefix, answers = "/api/v4", {}
    missing = b'{"message": "404 Not Found"}'

    def _answer(self, answer: Any) -> Answer:
        return super()._answer({"body": json.dumps(answer["json"])} if isinstance(answer, dict) and "json" in answer else answer)

    def api(self) -> Api:
        return GitLabApi(self.url(self.prefix), TOKEN, Network(), time.monotonic() + 60, Clock())

    def env(self) -> dict[str, str]:
        return {"CI_API_V4_URL": self.url(self.prefix), "TOCSIN_GITLAB_TOKEN": TOKEN}


def event_of(env: dict[str, str], request: Request, api: Api) -> Event:
    """The event of a run, derived as the program derives it."""
    return derive(load("gitlab").context(env, str), request, env, "2026-11-23T15:50:00Z", api=api)
