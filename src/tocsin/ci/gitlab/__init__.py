"""GitLab CI. https://docs.gitlab.com/ci/variables/predefined_variables/."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.rest import Api
    from tocsin.ci.run import ReadFile, Run
    from tocsin.clock import Clock
    from tocsin.event import Event, Facts
    from tocsin.network import Network

TOKEN = "TOCSIN_GITLAB_TOKEN"  # noqa: S105  the name of a masked variable, made for us: CI_JOB_TOKEN may not ask what we ask


def detect(env: Mapping[str, str]) -> bool:
    """GITLAB_CI is true."""
    return env.get("GITLAB_CI", "").lower() == "true"


def context(env: Mapping[str, str], files: ReadFile) -> Run:  # noqa: ARG001  GitLab has no event file
    """What GitLab's variables say of this run."""
    from tocsin.ci.gitlab.variables import read

    return read(env)


def open_api(env: Mapping[str, str], network: Network, clock: Clock, deadline: float, token: str | None = None) -> Api | None:
    """The API with `token`, or that of TOCSIN_GITLAB_TOKEN; None without either."""
    from tocsin.ci.gitlab.rest import GitLabApi

    token, base = (token or env.get(TOKEN, "")).strip(), env.get("CI_API_V4_URL", "").strip()
    return GitLabApi(base, token, network, deadline, clock) if token and base else None


def learn(api: Api, run: Run, event: Event, env: Mapping[str, str]) -> Facts:
    """The jobs that failed, and how the pipeline before ended."""
    from tocsin.ci.gitlab.api_facts import api_facts

    return api_facts(api, run, event, env)
