"""The message by which a channel is tested: it says where it comes from, in its body on every service."""

from __future__ import annotations

from tocsin.event import Event
from tocsin.message import TEXT_MAX_CHARS, Detail, Message, Sentence, Span, plain
from tocsin.message.notes import run_name
from tocsin.message.parts import first, joined, shortened
from tocsin.text import clip, safe_url

NAME_MAX_CHARS = 40  # ours: two such names are two lines of a phone
PART_MAX_CHARS = 100  # ours
READ_MAX_CHARS = 300  # ours
REACHED = "If you can read this, tocsin reaches you here."
HERE = "this machine"


def compose_test(event: Event, target: str, policy: str, folder: str) -> Message:
    """The test message to `target`, a channel's name, by the policy that messages call `policy`.

    `event` has the repository and the run, where a CI runs this; else the name of the repository's `folder` stands for it.
    """
    name = first(event.repository.name, folder, max_chars=READ_MAX_CHARS) or "this repository"
    repository = joined("/", first(event.repository.owner, max_chars=READ_MAX_CHARS), name)
    target = first(target, max_chars=READ_MAX_CHARS) or "a channel"
    policy = first(policy, max_chars=READ_MAX_CHARS) or "the policy"
    page, run = safe_url(event.repository.url), safe_url(event.run.url) or safe_url(event.job.url)
    title = f"Test: {shortened(name, NAME_MAX_CHARS)} → {shortened(target, NAME_MAX_CHARS)}"
    origin: Sentence = (
        Span("Sent by "),
        Span(sent_by(event), run),
        Span(" of "),
        Span(clip(repository, PART_MAX_CHARS), page),
        Span(f", for the channel {clip(target, PART_MAX_CHARS)} of {clip(policy, PART_MAX_CHARS)}."),
    )
    details = (
        Detail("Repository", repository, page),
        Detail("Policy", policy),
        Detail("Channel", target),
        Detail("Sent by", sent_by(event), run),
    )
    return Message(
        event=event,
        tone="test",
        title=title,
        text=clip(f"{title}. {REACHED} {plain(origin)}", TEXT_MAX_CHARS),
        page=run or page,
        sentences=((Span(REACHED),), origin),
        details=details,
    )


def sent_by(event: Event) -> str:
    """The CI's run, or this machine."""
    if event.ci == "generic" and not event.run.url:
        return HERE
    return run_name(event) or f"a run of {event.ci}"
