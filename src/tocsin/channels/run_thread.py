"""What keeps the messages of one run together where a service makes threads by a name of ours: nothing has to be remembered for it."""

from __future__ import annotations

from tocsin.event import Event


def run_thread(event: Event) -> str | None:
    """The name of a run's thread, 32 hexadecimal digits; None where the run has no id."""
    if not event.run.id:
        return None
    return digest("\n".join([event.ci, event.repository.owner or "", event.repository.name or "", event.run.id]))


def digest(text: str) -> str:
    """A short stable name of `text` for an id: 128 bits in hex."""
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
