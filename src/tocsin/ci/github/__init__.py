"""GitHub Actions. https://docs.github.com/en/actions/reference/workflows-and-actions/variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.rest import Api
    from tocsin.ci.run import ReadFile, Run
    from tocsin.clock import Clock
    from tocsin.event import Event, Facts
    from tocsin.network import Network


def detect(env: Mapping[str, str]) -> bool:
    """GITHUB_ACTIONS is true."""
    return env.get("GITHUB_ACTIONS", "").lower() == "true"


def context(env: Mapping[str, str], files: ReadFile) -> Run:
    """What GitHub's variables and the event file say of this run; on `workflow_run`, of the run that ended."""
    from tocsin.ci.github.variables import read

    return read(env, files)


def open_api(env: Mapping[str, str], network: Network, clock: Clock, deadline: float, token: str | None = None) -> Api | None:
    """The API with the token that the step was given; None without one: GITHUB_TOKEN in the environment is not ours."""
    from tocsin.ci.github.rest import GitHubApi

    base = env.get("GITHUB_API_URL")
    return GitHubApi(base, token, network, deadline, clock) if base and token else None


def learn(api: Api, run: Run, event: Event, env: Mapping[str, str]) -> Facts:
    """The steps that failed, the job that runs us, how the run before ended; nothing of a server whose API has other questions."""
    from tocsin.ci.github.api_facts import api_facts
    from tocsin.ci.github.forge import forge

    return api_facts(api, run, event, env) if forge(env).has_runs_api else {}
