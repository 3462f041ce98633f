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
from kinds import HTTP_KINDS, render

from tocsin.message import compose


def write() -> None:
    """Write every golden file."""
    for folder in MESSAGES:
        message = compose(sample(folder))
        _write(folder / "message.json", {"title": message.title, "text": message.text, "tone": message.tone})
        for kind in HTTP_KINDS:
            _write(folder / f"{kind}.json", render(kind, sample(folder)))
    test_context.write()
    test_explain.write()
    policies.write()


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
