"""An event as a CloudEvent that holds a CDEvent: CloudEvents 1.0.2 in JSON, and CDEvents 0.5.1.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
https://github.com/cdevents/spec/blob/v0.5.1/cloudevents-binding.md

A deployment that succeeded is `service deployed`; everything else tells of a pipeline's run. All that tocsin knows is in `customData`.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tocsin.event import as_dict
from tocsin.text import clean, safe_url

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.message import Message

CONTENT_TYPE = "application/cloudevents+json"
CDEVENTS = "0.5.1"
NAME_MAX_CHARS = 200  # ours
ERRORS_MAX_CHARS = 2000  # ours
_OUTCOMES = {"success": "success", "failure": "failure", "unstable": "failure", "cancelled": "cancel"}


def cloud_event(message: Message, facts: dict[str, Any]) -> dict[str, Any]:
    """The CloudEvent, with `facts` as they are. It has no time where the run has none: see `timed`."""
    event = message.told
    source, (kind, subject) = _source(event), _subject(message)
    context: dict[str, Any] = {"specversion": CDEVENTS, "source": source, "type": f"dev.cdevents.{kind}.0.3.0"}
    at = _time(event.run.started_at if event.event == "trigger" else event.run.finished_at or event.run.started_at)
    if at:
        context["timestamp"] = at
    context["id"] = _id(event, context, subject["id"])
    return {
        "specversion": "1.0",
        "id": context["id"],
        "source": source,
        "type": context["type"],
        **({"time": at} if at else {}),
        "subject": subject["id"],
        "datacontenttype": "application/json",
        "data": {"context": context, "subject": subject, "customData": facts, "customDataContentType": "application/json"},
    }


def timed(body: dict[str, Any], now: float) -> dict[str, Any]:
    """The same with a time, which CDEvents requires: `now` (seconds since 1970) where it has none."""
    if "time" in body:
        return body
    at = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = body["data"]
    return {**body, "time": at, "data": {**data, "context": {**data["context"], "timestamp": at}}}


def _time(text: str | None) -> str | None:
    """A time as RFC 3339 has it, or none."""
    try:
        return text if text and text.isascii() and text.endswith("Z") and datetime.fromisoformat(text[:-1]) else None
    except ValueError:
        return None


def _uri(url: str | None) -> str | None:
    """An address with all that RFC 3986 has no room for percent-encoded."""
    safe = safe_url(url)
    return re.sub("%(?![0-9A-Fa-f]{2})", "%25", quote(safe, safe=":/?#[]@!$&'()*+,;=%", errors="replace")) if safe else None


def _source(event: Event) -> str:
    """Where it happened: the repository's page, else a path of its names."""
    names = [_quoted(name) for name in (event.repository.owner, event.repository.name) if name]
    return _uri(event.repository.url) or "/".join(["", event.ci, *names])


def _id(event: Event, context: dict[str, Any], subject: str) -> str:
    """One id for all repetitions: of all that is told but the times. Where the run has no id, its time tells it from others."""
    told = as_dict(event._replace(sources={}, run=event.run._replace(started_at=None, finished_at=None)))
    time = None if event.run.id else context.get("timestamp")
    text = json.dumps([told, context["source"], context["type"], subject, time])
    return f"tocsin-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _subject(message: Message) -> tuple[str, dict[str, Any]]:
    """The type without its version, and what it is about."""
    event = message.told
    if event.event == "success" and event.kind == "cd" and event.environment:
        environment = {"id": _name(event.environment)}
        content: dict[str, Any] = {"environment": environment, "artifactId": _artifact(event)}
        return "service.deployed", {"id": _name(event.app or event.repository.name), "content": content}
    run = _name(event.run.id or str(event.run.number or ""))
    if event.run.attempt and event.run.attempt > 1:
        run = f"{run}/attempts/{event.run.attempt}"
    content = {
        "pipelineName": _name(event.pipeline or event.pipeline_file or event.app),
        "uri": _uri(event.run.url) or _uri(event.repository.url) or f"urn:tocsin:run:{_quoted(run)}",
    }
    subject = {"id": run, "content": content}
    if event.event in ("trigger", "waiting"):
        return "pipelinerun.started" if event.event == "trigger" else "pipelinerun.queued", subject
    if event.event in _OUTCOMES:
        content["outcome"] = _OUTCOMES[event.event]
        errors = "\n".join(": ".join(filter(None, (reason.where, reason.text))) for reason in message.reasons)
        content |= {"errors": errors[:ERRORS_MAX_CHARS]} if errors else {}
    return "pipelinerun.finished", subject


def _name(text: str | None) -> str:
    return clean(text or "", NAME_MAX_CHARS) or "unknown"


def _quoted(text: str | None) -> str:
    """A name as one part of an address."""
    return quote(_name(text), safe="", errors="replace")


def _artifact(event: Event) -> str:
    """What was deployed, as a package URL: https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md."""
    image = event.image
    if image.repository:
        name = _quoted(image.repository.rpartition("/")[2].lower())
        tag = f"&tag={_quoted(image.tag)}" if image.tag else ""
        return f"pkg:oci/{name}?repository_url={_quoted(image.repository)}{tag}"
    name = _quoted(event.app or event.repository.name)
    return f"pkg:generic/{name}@{_quoted(event.commit.sha)}" if event.commit.sha else f"pkg:generic/{name}"
