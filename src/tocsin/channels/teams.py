"""Microsoft Teams, by a webhook of its Workflows ("Send webhook alerts to a channel").

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
A 202 proves that the flow was triggered, not that the card was posted: a bad card fails only in the flow's run history.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from tocsin.channels.card_text import block
from tocsin.channels.cards import card
from tocsin.channels.chat import fitted, post, size
from tocsin.channels.literals import is_ended_connector
from tocsin.channels.options import SecretUrl
from tocsin.channels.payload_options import PayloadOptions
from tocsin.channels.soft_failure import is_page, may_pass
from tocsin.checks import Check
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Message, Span
from tocsin.message.mention import addressed
from tocsin.record import Field
from tocsin.text import clean
from tocsin.verdict import Delivered, Failed, Retry, Verdict
from tocsin.wrong import Wrong

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

CARD_VERSION = "1.4"  # what Teams shows on every client
PAYLOAD_MAX_BYTES = 24 * 1024  # bytes of UTF-8 JSON; Teams refuses messages over about 28 KB, its own markup included
ENDED = (
    "is an Office 365 connector's, and those have ended: in Teams, open the channel's Workflows, "
    'choose "Send webhook alerts to a channel", and put the new URL into the secret'
)  # in May 2026: https://devblogs.microsoft.com/microsoft365dev/retirement-of-office-365-connectors-within-microsoft-teams/

FAILURE = re.compile(
    r"delivery failed|endpoint returned HTTP error|error contacting|\bHTTP error [45]\d\d|\w+Exception:|too ?many ?requests"
    r"|^\s*(?:bad payload|bad request|error\b)|summary or text is required|invalid webhook",
    re.IGNORECASE,
)

CODES = {
    "AuthorizationFailed": "the URL's signature is wrong or missing: copy the whole URL again from the workflow",
    "DirectApiAuthorizationRequired": "the URL lacks its signature, or the flow is for signed-in people: "
    "let anyone trigger it, and copy the whole URL again",
    "DirectApiRequestHasMoreThanOneAuthorization": "the flow is for signed-in people only: let anyone trigger it, and copy the URL again",
    "WorkflowNotFound": "the workflow was deleted: make a new one and use its URL",
    "WorkflowTriggerIsNotEnabled": "the workflow is turned off: turn it on in the Workflows app",
}


class Options(PayloadOptions):
    """A Microsoft Teams channel or chat, by the URL of a workflow's webhook."""

    kind: Literal["teams"]
    url: SecretUrl = Field(
        default="${TEAMS_WEBHOOK_URL}", description='The URL of a workflow made with "Send webhook alerts to a channel", from a secret.'
    )


def check(options: Options) -> Iterator[Wrong]:
    """Whether the address is one that has ended, as far as it is written out."""
    if is_ended_connector(options.url):
        yield Wrong(Check.INVALID_VALUE, ENDED, ("url",))


def service() -> Service:
    """How a payload of the policy's own is taken."""
    from tocsin.channels.card_payload import TEAMS

    return TEAMS


def render(message: Message, options: Options) -> Any:
    """A message with one Adaptive Card in the form that the Workflows templates take."""
    if options.payload is not None:
        from tocsin.channels.own_payload import render_own

        return render_own(message, options, service())
    payload: dict[str, Any] = fitted(message, _payload, size, PAYLOAD_MAX_BYTES)
    return payload


def _payload(message: Message) -> dict[str, Any]:
    content = {**card(message, CARD_VERSION), "msteams": {"width": "Full"}}
    people = addressed(message.mentions, "teams")
    if people:
        names = {id_: f"<at>{block([Span(name)])}</at>" for name, id_ in people}
        text = {"type": "TextBlock", "text": " ".join(names.values()), "wrap": True, "spacing": "Small"}
        content["body"].insert(1, text)  # below the headline
        content["msteams"]["entities"] = [
            {"type": "mention", "text": names[id_], "mentioned": {"id": id_, "name": name}} for name, id_ in people
        ]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Trigger the workflow. Raises NoAnswer."""
    if is_ended_connector(options.url):
        return Failed(f"the URL {ENDED}")
    return verdict(post(options.url, payload, transport))


def verdict(response: Response) -> Verdict:
    """What the workflow's answer means; refusals are JSON with a code. A success may carry the words of a failure."""
    judged = judge(response)
    answer = response.json()
    if isinstance(judged, Delivered):
        return _soft_failure(response, answer) or judged
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(judged, Failed) and isinstance(error, dict) and isinstance(error.get("code"), str):
        said = CODES.get(error["code"]) or clean(error.get("message") or "no reason given", 200)
        return Failed(f"HTTP {response.status}, {clean(error['code'], 80)}: {said}")
    return judged


def _soft_failure(response: Response, answer: Any) -> Verdict | None:
    """What a 2xx means whose body tells of a failure; None where it tells of none.

    What stands between a card and its channel answers 200 and words, so that callers who know no better do not give up:
    https://github.com/MicrosoftDocs/msteams-docs/issues/1810
    """
    if is_page(response.text):
        return Failed(f"HTTP {response.status} with a web page: is the URL that of a workflow, and does nothing on the way ask to sign in?")
    words, status = _failure(response.text, answer)
    if not words:
        return None
    reason = f"HTTP {response.status}, but the card was not posted: {clean(words, 200)}"
    return Retry(reason, retry_after(response.headers, response.at)) if may_pass(words, status) else Failed(reason)


def _failure(text: str, answer: Any) -> tuple[str, int | None]:
    """The words of the failure in a body, "" for none, and its status where it has one as a number."""
    if not isinstance(answer, dict):
        return (text if FAILURE.search(text) else ""), None
    error = answer.get("error") or answer.get("errors")
    numbers = [value for value in (answer.get("statusCode"), answer.get("status")) if isinstance(value, int) and 400 <= value < 600]
    said = str(answer.get("status")).lower() in ("error", "failed", "failure") or False in (answer.get("ok"), answer.get("success"))
    if not (error or numbers or said):
        return "", None
    if isinstance(error, dict):
        words = [error.get("code"), CODES.get(str(error.get("code"))) or error.get("message")]
    else:
        words = [error, answer.get("message") or answer.get("body")]
    return ": ".join(str(word) for word in words if word) or "no reason given", next(iter(numbers), None)
