"""What the program makes of the sample repository's failed push, for the docs."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tocsin import commands, pipeline, report
from tocsin.action.summary import summary
from tocsin.clock import Clock
from tocsin.console import Console
from tocsin.deliver import Stop
from tocsin.network import Network
from tocsin.request import Request
from tocsin.verdict import Outcome
from tocsin.world import World

SAMPLE = Path(__file__).resolve().parent / "sample"
ELIDED = {"…": "as context --json prints it"}


class _SampleClock(Clock):
    def time(self) -> float:
        """2026-11-23T03:00:00Z."""
        return 1_795_402_800.0


@cache
def _workspace() -> TemporaryDirectory[str]:
    """A copy of the sample repository: in this one another commit is checked out than the sample's."""
    folder = TemporaryDirectory()
    shutil.copytree(SAMPLE, folder.name, dirs_exist_ok=True)
    return folder


def world() -> World:
    """A push of the sample repository, at a fixed time."""
    env = json.loads((SAMPLE / "env.json").read_text(encoding="utf-8"))
    return World(env, Path(_workspace().name), lambda: b"", _SampleClock(), 0.0, Network())


def run_command(words: str) -> str:
    """What a command prints."""
    out = StringIO()
    talk = StringIO() if words.endswith("json") else out
    parsed = commands.parse(words.split())
    commands.load(parsed.command).run(parsed, world(), Console(out, talk), Stop())
    if talk is out:
        return f"```text\n{out.getvalue()}```"
    data = json.loads(out.getvalue())
    if words.startswith("explain"):
        data["event"] = ELIDED
    return json_block(data)


def ended() -> tuple[pipeline.Plan, list[Outcome]]:
    """The sample repository's failed push, with an outcome of each kind."""
    planned = pipeline.plan(world(), Request("completion", "failure"))
    ends: list[tuple[Any, ...]] = [
        ("delivered", None, 1, 0.214, None),
        ("skipped", planned.destinations[1].skip.reason),
        ("failed", "no answer from smtp.example.com in time (after 3 attempts)", 3, 27.118, None),
    ]
    rows = zip(planned.destinations, ends, strict=True)
    return planned, [Outcome(row.channel, row.kind, row.recipient, row.rules, *end) for row, end in rows]


def report_sample(_: str) -> str:
    """A report with an outcome of each kind."""
    planned, outcomes = ended()
    return json_block({**report.report(planned.event, outcomes), "event": ELIDED})


def summary_sample(_: str) -> str:
    """A job's summary, set apart from the page around it."""
    return "\n".join(f"> {line}".rstrip() for line in summary(*ended()).strip().splitlines())


def json_block(data: Any) -> str:
    """JSON in a block; a short list stays on its line."""
    text = re.sub(r'\[\s+("[^"]*")\s+\]', r"[\1]", json.dumps(data, indent=2, ensure_ascii=False))
    return f"```json\n{text}\n```"
