"""TypeScript's compiler, which holds payloads against the types that the services' SDKs publish."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from runners import require


class Typed(NamedTuple):
    """A payload, and the type it should have: one line of the file that is compiled."""

    name: str
    type: str
    payload: Any


def refused(folder: Path, imports: Sequence[str], payloads: Sequence[Typed]) -> dict[str, str]:
    """What the compiler says of each payload that has not its type, by its name; the file is made in `folder`.

    Raises AssertionError where it says anything else: of an import, or of itself. Without the compiler the test is skipped.
    """
    compiler = require("tsc-with-sdk-types")
    modules = Path(compiler).parent / "node_modules"
    (folder / "node_modules").symlink_to(modules, target_is_directory=True)
    lines = [f"export const p{number}: {row.type} = {json.dumps(row.payload)}" for number, row in enumerate(payloads)]
    (folder / "payloads.ts").write_text("\n".join([*imports, *lines]), encoding="utf-8")
    words = [compiler, "--noEmit", "--strict", "--skipLibCheck", "--pretty", "false", "--module", "nodenext", "payloads.ts"]
    done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    said: dict[str, str] = {}
    for line in filter(None, done.stdout.splitlines()):
        place = re.match(r"payloads\.ts\(([0-9]+),", line)
        assert place or (said and line.startswith(" ")), line
        number = int(place[1]) - 1 - len(imports) if place else -1
        assert not place or number >= 0, line
        if place:
            said.setdefault(payloads[number].name, line[:500])
    assert bool(done.returncode) == bool(said), done.stderr
    return said
