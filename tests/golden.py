"""What is recorded of events: `python tests/golden.py` writes it anew; read the difference before you keep it.

The messages of the sample events (tests/cases/messages), the events of recorded runs (contexts), who would get what (explain),
and what `check` says of each policy (policy), for it lists the keys there are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import policies
import test_context
import test_explain
from events import MESSAGES, sample
from kinds import BRIDGES, HTTP_KINDS, render

from tocsin.message import Message, compose, plain


def write() -> None:
    """Write every golden file."""
    for folder in MESSAGES:
        message = compose(sample(folder))
        _write(folder / "message.json", parts_of(message))
        for kind in (*HTTP_KINDS, *BRIDGES):
            _write(folder / f"{kind}.json", render(kind, sample(folder)))
    test_context.write()
    test_explain.write()
    policies.write()


def parts_of(message: Message) -> dict[str, Any]:
    """A message as people read it: no links but their labels."""
    return {
        "headline": message.headline,
        "text": message.text,
        "tone": message.tone,
        "reasons": [[reason.where, reason.text, *reason.excerpt] for reason in message.reasons],
        "more": message.more.label if message.more else None,
        "sentences": [plain(sentence) for sentence in message.sentences],
        "links": [link.label for link in message.links],
        "notes": plain(message.notes),
    }


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
