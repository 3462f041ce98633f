"""The variables of Devtron's webhook payloads, under Devtron's own names and types.

Devtron's numbers of applications and environments are keys of its database, which have no counterpart here: they are 0.
"""

from __future__ import annotations

from typing import Any

from tocsin.event import Event

_EVENT_TYPES = {"trigger": "trigger", "success": "success", "failure": "fail"}  # the others have no word of Devtron's

MATERIAL: dict[str, Any] = {
    "branch": None,
    "commit": None,
    "commitLink": None,
    "webhookType": None,
    "webhookData": {"mergedType": None, "data": None},
}
"""An item of `ciMaterials` with everything absent: the fields that a template may name."""


def devtron_variables(event: Event) -> dict[str, Any]:
    """Devtron's variables for an event. None is never among them: what is unknown is an empty text, 0 or an empty list."""
    cd = event.kind == "cd"
    run_id = _run_id(event)
    unknown_image = "" if cd else "NA"
    return {
        "eventType": _EVENT_TYPES.get(event.event or "", event.event or ""),
        "devtronPipelineType": event.kind.upper(),
        "devtronAppId": 0,
        "devtronAppName": event.app or "",
        "devtronEnvId": 0,
        "devtronEnvName": (event.environment or "") if cd else "",
        "devtronCiPipelineId": run_id,
        "devtronCdPipelineId": run_id,
        "devtronTriggeredByEmail": event.triggered_by.email or "",
        "devtronContainerImageTag": event.image.tag or unknown_image,
        "devtronContainerImageRepo": event.image.repository or unknown_image,
        "devtronBuildGitCommitHash": event.commit.sha or "",
        "devtronApprovedByEmail": [],
        "buildHistoryLink": "" if cd else event.run.url or "",
        "appDetailsLink": (event.environment_url or event.run.url or "") if cd else "",
        "ciMaterials": _materials(event),
    }


def _run_id(event: Event) -> int:
    """The run as a whole number: its id where that is one, else its number, else 0."""
    text = event.run.id or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else event.run.number or 0


def _materials(event: Event) -> list[dict[str, Any]]:
    """The one repository that was built; `webhookType` is true for what Devtron builds on a webhook: pull requests and tags."""
    sha = event.commit.sha
    branch = event.ref.branch or event.ref.name
    if not sha and not branch:
        return []
    return [
        {
            "branch": branch or "NA",
            "commit": sha[:8] if sha else "NA",
            "commitLink": event.commit.url or "#",
            "webhookType": event.ref.type in ("pull_request", "tag"),
            "webhookData": {"mergedType": False, "data": ""},
        }
    ]
