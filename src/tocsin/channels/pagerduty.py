"""PagerDuty, by the Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview.

A failure opens an alert, a success closes it: one key of the repository, the pipeline and the branch or environment finds it again, so that
nothing has to be kept. A deployment's start and success, and all else, are change events, which wake nobody.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tocsin.channels.chat import plain_lines, post
from tocsin.channels.options import PLACE, Credential, Url
from tocsin.channels.payload_options import PayloadOptions
from tocsin.event import Event
from tocsin.http import Response, Transport, judge
from tocsin.message import Message
from tocsin.record import Field
from tocsin.text import clean, clip
from tocsin.verdict import Delivered, Failed, Retry, Verdict

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

# characters: https://developer.pagerduty.com/docs/send-alert-event
SUMMARY_MAX_CHARS = 1024
KEY_MAX_CHARS = 255

OPENING = ("failure", "unstable")
NO_KEY = "the routing key is wrong: copy the integration key of an Events API v2 integration again"


class Options(PayloadOptions):
    """A PagerDuty service, by the routing key of its Events API v2 integration."""

    kind: Literal["pagerduty"]
    routing_key: Annotated[Credential, PLACE] = Field(default="${PAGERDUTY_ROUTING_KEY}", description="The integration key, from a secret.")
    api_url: Url = Field(
        default="https://events.pagerduty.com", description="The address of the Events API; in the EU https://events.eu.pagerduty.com."
    )


def service() -> Service:
    """How a payload of the policy's own is taken."""
    from tocsin.channels.pagerduty_payload import SERVICE

    return SERVICE


def render(message: Message, options: Options) -> list[dict[str, Any]]:
    """The events, without the routing key: an alert opened or closed, or a change; a deployment's success is both."""
    events = _events(message)
    if options.payload is None:
        return events
    from tocsin.channels.own_payload import render_own
    from tocsin.channels.pagerduty_payload import as_event

    own = render_own(message, options, service())
    return [as_event(own, event) for event in events]


def _events(message: Message) -> list[dict[str, Any]]:
    event = message.event
    if message.tone == "test":
        return [_change(message)]
    if event.event in OPENING:
        return [_alert(message, "trigger")]
    if event.event == "success":
        return [_alert(message, "resolve"), *([_change(message)] if event.kind == "cd" else [])]
    return [_change(message)]


def _alert(message: Message, action: str) -> dict[str, Any]:
    event = message.event
    at, page = event.run.finished_at or "", message.page
    facts = {"component": event.app, "group": event.environment or event.project, "class": event.transition or event.event}
    return {
        "event_action": action,
        "dedup_key": dedup_key(event),
        "payload": {
            "summary": clip(message.text, SUMMARY_MAX_CHARS),
            "source": _source(event),
            "severity": _severity(event),
            **({"timestamp": at} if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", at, re.ASCII) else {}),
            **{name: told for name, value in facts.items() if (told := clean(value or ""))},
            "custom_details": _details(message),
        },
        "links": _links(message),
        "client": "tocsin",
        **({"client_url": page} if page else {}),
    }


def _change(message: Message) -> dict[str, Any]:
    """https://developer.pagerduty.com/docs/send-change-event."""
    details = {"source": _source(message.event), "custom_details": _details(message)}
    return {"payload": {"summary": clip(message.text, SUMMARY_MAX_CHARS), **details}, "links": _links(message)}


def _details(message: Message) -> dict[str, str]:
    """What the page of an alert shows as a table: the message, and what is known of the run."""
    text = "\n".join([message.headline, *plain_lines(message)])
    return {"message": text, **{detail.label: detail.value for detail in message.table}}


def _links(message: Message) -> list[dict[str, str]]:
    links = {link.url: link.label for link in message.links}
    if message.page:
        links.setdefault(message.page, "Open run")
    return [{"href": url, "text": label} for url, label in links.items()]


def _source(event: Event) -> str:
    names = "/".join(filter(None, (event.repository.owner, event.repository.name)))
    return clean(names) or clean(event.app or "") or "tocsin"


def _severity(event: Event) -> str:
    if event.event != "failure":
        return "warning" if event.event == "unstable" else "info"
    return "critical" if event.tier == "production" else "error"


def dedup_key(event: Event) -> str:
    """What finds an alert again, at most 255 characters: the repository, the pipeline, and the environment or the ref.

    The last part says what it is of, so that a pull request's branch never passes for a branch of the repository.
    """
    ref = event.ref
    of_ref = {"branch": ref.branch, "tag": ref.tag, "pull_request": str(event.pull_request.number or ref.name or "")}
    kind, name = ("environment", event.environment) if event.environment else (ref.type or "ref", of_ref.get(ref.type or "", ref.name))
    pipeline = event.pipeline or event.pipeline_file or event.job.name
    key = clean(" / ".join(["tocsin", _source(event), pipeline or "", f"{kind} {name or ''}"]), 10_000)
    return key if len(key) <= KEY_MAX_CHARS else hashlib.sha256(key.encode()).hexdigest()


def send(payload: Any, options: Options, transport: Transport) -> Verdict:
    """One request an event; the first that is not taken ends it. Raises NoAnswer."""
    verdicts: list[Verdict] = []
    for event in payload if isinstance(payload, list) else [payload]:
        path = "/v2/enqueue" if "event_action" in event else "/v2/change/enqueue"
        body = {**event, "routing_key": options.routing_key}
        verdicts.append(verdict(post(options.api_url.rstrip("/") + path, body, transport)))
        if not isinstance(verdicts[-1], Delivered):
            return verdicts[-1]
    return verdicts[0]


def verdict(response: Response) -> Verdict:
    """What PagerDuty's answer means: success is a 202 with that status, and of an alert its key, which is the receipt.

    https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
    """
    judged = judge(response)
    answer = response.json_object()
    if isinstance(judged, Delivered):
        if answer.get("status") != "success":
            return Failed(f"HTTP {response.status} without PagerDuty's success: is api_url that of the Events API?")
        key = answer.get("dedup_key")
        return Delivered({"dedup_key": clean(key, KEY_MAX_CHARS)}) if isinstance(key, str) else judged
    said = answer.get("message")
    if isinstance(judged, Retry) or not isinstance(said, str):
        return judged
    errors = answer.get("errors")
    words = ", ".join(clean(error, 100) for error in errors[:3]) if isinstance(errors, list) else ""
    meaning = f": {NO_KEY}" if re.search("routing.?key|integration.?key", f"{said} {words}", re.IGNORECASE) else ""
    return Failed(f"HTTP {response.status}, {clean(said, 100)}{f' ({clean(words, 150)})' if words else ''}{meaning}")
