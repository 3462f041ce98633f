"""What the sample events become: `python tests/golden.py` writes it anew; read the difference before you keep it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
