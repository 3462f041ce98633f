"""ntfy: a notification on phones and desktops, by publishing JSON to a server.

https://docs.ntfy.sh/publish/#publish-as-json
The title says what and where, the message why. Both are plain text, in which nothing is markup and nobody can be mentioned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from tocsin.channels.chat import fitted, plain_lines, post, size, within
from tocsin.channels.options import PLACE, ChannelOptions, Credential, Text, Url, formed
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import TONES, Link, Message, Tone
from tocsin.record import Field
from tocsin.text import clean, clip_measured
from tocsin.verdict import Delivered, Failed, Retry, Verdict

MESSAGE_MAX_BYTES = 4096  # a longer one becomes a file: https://docs.ntfy.sh/publish/#limitations
PAYLOAD_MAX_BYTES = 8000  # without the topic; a server reads 8,192 bytes of JSON: transformBodyJSON in its server.go
URLS_MAX_BYTES = 3000  # ours: of all links together, so that there is room for the message
ACTIONS_MAX = 3  # https://docs.ntfy.sh/publish/#action-buttons

# https://docs.ntfy.sh/publish/#message-priority: 4 makes a long sound, 2 makes none
PRIORITIES: dict[Tone, int] = {"started": 2, "good": 3, "bad": 4, "warning": 3, "neutral": 2, "waiting": 4, "test": 3}

TAGS = frozenset({*TONES, "fixed", "broken", "still_failing", "test"})

STATUSES = {
    401: "the server does not know the token, or it has expired: make a new one",
    403: "the server forbids to publish to this topic: give the token's user write access, or set a token",
    404: "is the URL that of an ntfy server?",
}


_TOPIC = formed("[-_A-Za-z0-9]{1,64}", "is not a topic: it has 1 to 64 letters, digits, hyphens and underscores")


class Options(ChannelOptions):
    """An ntfy topic, on ntfy.sh or on a server of your own."""

    kind: Literal["ntfy"]
    url: Url = Field(default="https://ntfy.sh", description="The server's address.")
    topic: Annotated[Text, _TOPIC, PLACE] = Field(
        description="The topic. On ntfy.sh anyone who knows it can read it, so keep it in a secret there."
    )
    token: Credential | None = Field(default=None, description="An access token, from a secret, for a topic that is not open to all.")

    def _declared(self) -> Iterator[str]:
        """Beside the token the topic, which is as good as a password where everyone may read."""
        yield from super()._declared()
        yield self.topic


def render(message: Message, options: Options) -> dict[str, Any]:
    """A title, a message of plain text, and the links as buttons."""
    del options
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
    login = {"Authorization": f"Bearer {options.token}"} if options.token else {}
    return verdict(post(_address(options.url, options.topic), {**payload, "topic": options.topic}, transport, login))


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
