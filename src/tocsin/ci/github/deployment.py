"""The deployment that a `deployment` or `deployment_status` event reports. What made it is elsewhere.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment_status
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, mapped
from tocsin.ci.status import known
from tocsin.event import Fact, Failure

if TYPE_CHECKING:
    from tocsin.ci.common import Source

_KEY = "deployment_status"
_STARTED = "in_progress"
# `waiting` is for a person's approval; the others are for whoever deploys: https://docs.github.com/en/rest/deployments/statuses
_NOT_STARTED = ("waiting", "queued", "pending")


def deployment(e: Source) -> OptionalFacts:
    """Its environment and maker."""
    return {
        "environment": e.text(f"{_KEY}.environment", "deployment.environment"),
        "environment_url": e.text(f"{_KEY}.environment_url"),
        "triggered_by.login": e.text("deployment.creator.login"),
    }


def deployment_status(e: Source) -> OptionalFacts:
    """How it went, which is not this job's own doing. A deployment may wait for days before it starts, so its creation is no start."""
    state = e.text(f"{_KEY}.state")
    status = mapped(state, known)
    url, reason = e.text(f"{_KEY}.log_url", f"{_KEY}.target_url"), e.text(f"{_KEY}.description")
    failed = status and status.value == "failure" and reason
    waits = status is not None and status.value == "waiting"
    started = e.time(f"{_KEY}.created_at") if state and state.value == _STARTED else e.time("check_run.started_at")
    return {
        "scope": Fact("run", "GITHUB_EVENT_NAME"),
        "status": status,
        "run.started_at": None if waits else started,
        "run.finished_at": e.time(f"{_KEY}.created_at") if status and not waits else None,
        "job.name": None,
        "failures": Fact((Failure(url=url.value if url else None, reason=reason.value),), reason.source) if reason and failed else None,
        **({"run.url": url} if url else {}),
    }


def no_start(e: Source) -> str | None:
    """Why no start can be told of, in words for the user; None where the deployment has started."""
    state = e.text(f"{_KEY}.state")
    word = state.value.strip().lower() if state else ""
    if word == _STARTED:
        return None
    if word in _NOT_STARTED:
        return f"the deployment is {word}, and has not started"
    return "the deployment has ended" if known(word) else "nothing says that the deployment has started"
