"""The message by which a channel is tested: it says where it comes from, in its body on every service."""

from __future__ import annotations

from tocsin.event import Event
from tocsin.message import Detail, Message, Sentence, Span, plain
from tocsin.message.notes import run_name
from tocsin.message.parts import shortened
from tocsin.text import clean, safe_url

NAME_MAX_CHARS = 40  # ours: two such names are two lines of a phone
PATH_MAX_CHARS = 100  # ours
REACHED = "If you can read this, tocsin reaches you here."
HERE = "this machine"


def compose_test(event: Event, target: str, policy: str, folder: str) -> Message:
    """The test message to `target`, a channel's name, by the policy that messages call `policy`.

    `event` has the repository and the run, where a CI runs this; else the name of the repository's `folder` stands for it.
    """
    name = clean(event.repository.name or folder)
    repository = "/".join(filter(None, (clean(event.repository.owner or ""), name)))
    page, run = safe_url(event.repository.url), safe_url(event.run.url) or safe_url(event.job.url)
    title = f"Test: {shortened(name, NAME_MAX_CHARS)} → {shortened(clean(target), NAME_MAX_CHARS)}"
    origin: Sentence = (
        Span("Sent by "),
        Span(sent_by(event), run),
        Span(" of "),
        Span(clean(repository, PATH_MAX_CHARS), page),
        Span(f", for the channel {clean(target, PATH_MAX_CHARS)} of {clean(policy, PATH_MAX_CHARS)}."),
    )
    details = (
        Detail("Repository", repository, page),
        Detail("Policy", clean(policy)),
        Detail("Channel", clean(target)),
        Detail("Sent by", sent_by(event), run),
    )
    return Message(
        event=event,
        tone="test",
        title=title,
        text=f"{title}. {REACHED} {plain(origin)}",
        page=run or page,
        sentences=((Span(REACHED),), origin),
        details=details,
    )


def sent_by(event: Event) -> str:
    """The CI's run, or this machine."""
    if event.ci == "generic" and not event.run.url:
        return HERE
    name = run_name(event)
    return name if name and name != "Run" else f"a run of {event.ci}"
