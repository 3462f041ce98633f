"""RingCentral, by incoming webhook.

https://developers.ringcentral.com/guide/team-messaging/incoming-webhooks/posting
Cards work on version 2 of the webhooks only, and the app hands out URLs of version 1: `send` rewrites them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from tocsin.channels.cards import card, unlinked
from tocsin.channels.chat import below_push, fitted, post, run_and_rest, size
from tocsin.channels.options import SecretUrl
from tocsin.channels.payload_options import PayloadOptions
from tocsin.channels.soft_failure import is_page, may_pass
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Message
from tocsin.record import Field
from tocsin.text import clean
from tocsin.verdict import Delivered, Failed, Retry, Verdict

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

CARD_VERSION = "1.3"  # https://developers.ringcentral.com/guide/team-messaging/adaptive-cards
PAYLOAD_MAX_BYTES = 24 * 1024  # ours: far below the 1.5 MB of all attachments, and the card is the one Teams gets

_VERSION_1 = re.compile(r"^(https?://[^/?#]+/webhook/)(?!v\d+/)", re.IGNORECASE)


class Options(PayloadOptions):
    """A RingCentral team or conversation, by the URL of its incoming webhook."""

    kind: Literal["ringcentral"]
    url: SecretUrl = Field(
        default="${RINGCENTRAL_WEBHOOK_URL}",
        description="The incoming webhook's URL, from a secret. Cards need version 2 of it, so /webhook/ID is sent to as /webhook/v2/ID.",
    )


def service() -> Service:
    """How a payload of the policy's own is taken."""
    from tocsin.channels.card_payload import RINGCENTRAL

    return RINGCENTRAL


def render(message: Message, options: Options) -> Any:
    """A post whose text is what a notification shows; below it one Adaptive Card, in `attachments` itself, with what else there is."""
    if options.payload is not None:
        from tocsin.channels.own_payload import render_own

        return render_own(message, options, service())
    payload: dict[str, Any] = fitted(message, _payload, size, PAYLOAD_MAX_BYTES)
    return payload


def _payload(message: Message) -> dict[str, Any]:
    """The text has the headline, so the card is headed by the run."""
    below = below_push(message)
    run, notes = run_and_rest(below.run_notes)
    below = below._replace(run_notes=notes)
    content = card(below, CARD_VERSION, run)
    return {"text": unlinked(message.push), **({"attachments": [content]} if content["body"] else {})}


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Post to version 2 of the webhook. Raises NoAnswer."""
    return verdict(post(_VERSION_1.sub(r"\1v2/", options.url), payload, transport))


def verdict(response: Response) -> Verdict:
    """What RingCentral's answer means: a 2xx may still carry an error, and then nothing was posted."""
    judged = judge(response)
    answer = response.json_object()
    if isinstance(judged, Delivered) and str(answer.get("status")).lower() == "error":
        said = [answer.get("error") or answer.get("message") or "no reason given"]
        if isinstance(answer.get("validation"), list):
            said += answer["validation"][:2]
        reason = f"RingCentral accepted the request but posted nothing: {clean('; '.join(map(str, said)), 200)}"
        return Retry(reason, retry_after(response.headers, response.at)) if may_pass(" ".join(map(str, said))) else Failed(reason)
    if isinstance(judged, Delivered) and is_page(response.text):
        return Failed(f"HTTP {response.status} with a web page: is the URL that of an incoming webhook?")
    return judged
