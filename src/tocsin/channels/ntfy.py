"""ntfy: a notification on phones and desktops, by publishing JSON to a server.

https://docs.ntfy.sh/publish/#publish-as-json
The title says what and where, the message why. Both are plain text, in which nothing is markup and nobody can be mentioned.
Messages with one sequence id take each other's place: https://docs.ntfy.sh/publish/#updating-deleting-notifications (2.16 and later;
an older server ignores it). The Android app does so without a sound while the notification is shown (`setOnlyAlertOnce` in its
NotificationService.kt), the web app with one, and the iOS app shows both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from tocsin.channels.chat import fitted, plain_lines, post, size, within
from tocsin.channels.conversation import ConversationOptions
from tocsin.channels.options import PLACE, Credential, Text, Url, formed
from tocsin.channels.payload_options import PayloadOptions
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import TONES, Link, Message, Tone
from tocsin.network import NoAnswer
from tocsin.record import Field
from tocsin.text import clean, clip_measured
from tocsin.verdict import Conversation, Delivered, Earlier, Failed, Retry, Verdict

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

MESSAGE_MAX_BYTES = 4096  # a longer one becomes a file: https://docs.ntfy.sh/publish/#limitations
PAYLOAD_MAX_BYTES = 8000  # without the topic and the sequence id; a server reads 8,192 bytes of JSON: transformBodyJSON in its server.go
URLS_MAX_BYTES = 3000  # ours: of all links together, so that there is room for the message
ACTIONS_MAX = 3  # https://docs.ntfy.sh/publish/#action-buttons

# https://docs.ntfy.sh/publish/#message-priority: 4 makes a long sound, 2 makes none
PRIORITIES: dict[Tone, int] = {"started": 2, "good": 3, "bad": 4, "warning": 3, "neutral": 2, "waiting": 4, "test": 3}

STAYS = "the run's earlier message is still there"

TAGS = frozenset({*TONES, "fixed", "broken", "still_failing", "test"})

STATUSES = {
    401: "the server does not know the token, or it has expired: make a new one",
    403: "the server forbids to publish to this topic: give the token's user write access, or set a token",
    404: "is the URL that of an ntfy server?",
}


_TOPIC = formed("[-_A-Za-z0-9]{1,64}", "is not a topic: it has 1 to 64 letters, digits, hyphens and underscores")


class Options(PayloadOptions, ConversationOptions):
    """An ntfy topic, on ntfy.sh or on a server of your own."""

    names_messages: ClassVar[bool] = True

    kind: Literal["ntfy"]
    conversation: Literal["update", "new"] | None = Field(
        default=None,
        description="The run's end takes the place of its start (`update`, the default), or is a message of its own (`new`).",
    )
    url: Url = Field(default="https://ntfy.sh", description="The server's address.")
    topic: Annotated[Text, _TOPIC, PLACE] = Field(
        description="The topic. On ntfy.sh anyone who knows it can read it, so keep it in a secret there."
    )
    token: Credential | None = Field(default=None, description="An access token, from a secret, for a topic that is not open to all.")

    def conversation_used(self, asked: Conversation | None = None) -> Conversation:
        """The end takes the start's place, where the policy asks for nothing else; there are no threads."""
        return (asked if asked != "thread" else None) or self.conversation_asked() or "update"

    def _declared(self) -> Iterator[str]:
        """Beside the token the topic, which is as good as a password where everyone may read."""
        yield from super()._declared()
        yield self.topic


def service() -> Service:
    """How a payload of the policy's own is taken."""
    from tocsin.channels.ntfy_payload import SERVICE

    return SERVICE


def render(message: Message, options: Options) -> Any:
    """A title, a message of plain text, and the links as buttons."""
    if options.payload is not None:
        from tocsin.channels.own_payload import render_own

        return render_own(message, options, service())
    payload: dict[str, Any] = fitted(message, _payload, _size, PAYLOAD_MAX_BYTES)
    return {**payload, "message": clip_measured(payload["message"], MESSAGE_MAX_BYTES, _bytes)}


def _payload(message: Message) -> dict[str, Any]:
    event = message.event
    words = ["test"] if message.tone == "test" else [event.event, event.transition]
    links = within([*([Link("", message.page)] if message.page else []), *message.links], URLS_MAX_BYTES)
    buttons = [{"action": "view", "label": link.label, "url": link.url} for link in links if link.label]
    return {
        "title": message.headline,
        "message": "\n".join(plain_lines(message)) or message.text,
        "tags": [word for word in words if word in TAGS],
        "priority": PRIORITIES[message.tone],
        **({"click": links[0].url} if links else {}),
        **({"actions": buttons[:ACTIONS_MAX]} if buttons else {}),
    }


def _size(payload: dict[str, Any]) -> int:
    """The bytes on the wire; more than the limit where the message is too long."""
    return PAYLOAD_MAX_BYTES + 1 if _bytes(payload["message"]) > MESSAGE_MAX_BYTES else size(payload)


def _bytes(text: str) -> int:
    return len(text.encode())


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Publish to the topic, which only the policy names. Raises NoAnswer."""
    return verdict(post(_address(options.url, options.topic), {**payload, "topic": options.topic}, transport, _login(options)))


def follow(payload: dict[str, Any], options: Options, transport: Transport, earlier: Earlier) -> Verdict:
    """Publish in the place of the run's message of that name; then take away those that are stale. Raises NoAnswer.

    The new one is there before an old one goes, so that none is lost.
    """
    told = send({**payload, "sequence_id": earlier.receipt["name"]}, options, transport)
    stale = earlier.receipt["stale"].split()
    if not isinstance(told, Delivered) or not stale:
        return told
    notes = dict.fromkeys(filter(None, (_removed(name, options, transport) for name in stale)))
    return told._replace(note="; ".join(notes) or None)


def _removed(name: str, options: Options, transport: Transport) -> str | None:
    """Take a message away; why it is still there, where it may be: https://docs.ntfy.sh/publish/#deleting-notifications."""
    address = f"{_address(options.url, options.topic)}{quote(options.topic, safe='')}/{name}"
    try:
        response = transport.request("DELETE", address, None, _login(options))
    except NoAnswer as error:
        return f"{STAYS}: {error.reason}"
    if response.status in (404, 405):  # what a server says that knows no such address
        return f"{STAYS}: ntfy takes messages away from version 2.16 on"
    return None if isinstance(judge(response), Delivered) else f"{STAYS}: HTTP {response.status}"


def _login(options: Options) -> dict[str, str]:
    return {"Authorization": f"Bearer {options.token}"} if options.token else {}


def _address(url: str, topic: str) -> str:
    """The server's address: JSON goes to its root, and below a topic it would be the text of a message."""
    return url.rstrip("/").removesuffix(f"/{topic}") + "/"


def verdict(response: Response) -> Verdict:
    """What ntfy's answer means: success is the published message with its id, which is the receipt; an error has words.

    https://github.com/binwiederhier/ntfy/blob/main/server/errors.go
    """
    judged = judge(response)
    answer = response.json_object()
    said = answer.get("error")
    if isinstance(judged, Delivered):
        if isinstance(answer.get("id"), str) and not said:
            return Delivered({"id": clean(answer["id"], 40)})
        return Failed(f"HTTP {response.status} without the published message: is the URL that of an ntfy server?")
    if not isinstance(said, str):
        return judged
    if isinstance(judged, Retry):
        return Retry(f"HTTP {response.status}: {clean(said, 200)}", retry_after(response.headers, response.at))
    meaning = STATUSES.get(response.status)
    return Failed(f"HTTP {response.status}, {clean(said, 200)}{f': {meaning}' if meaning else ''}")
