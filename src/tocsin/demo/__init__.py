"""The demo: a sample deployment's messages, sent for real to a local inbox; and the inbox by itself."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tocsin import pipeline, report
from tocsin.console import Console
from tocsin.deliver import Stop
from tocsin.errors import UsageError
from tocsin.inbox import Arrival, Inbox
from tocsin.network import Network
from tocsin.request import Request
from tocsin.verdict import Outcome
from tocsin.world import World

HERE = Path(__file__).parent
HOOKS = (("trigger", None, ("run.json",)), ("completion", "failure", ("run.json", "failure.json")))
ENDPOINTS = ("slack", "teams", "discord", "ringcentral", "webhook", "ses")


def demo(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Send the sample deployment's messages, show what arrived, and serve the page until told to stop."""
    with _open(words.port, 0) as box:
        outcomes: list[Outcome] = []
        table: list[tuple[str, ...]] = []
        console.status("sending a sample pipeline's messages …")
        for hook, status, files in HOOKS:
            before = len(box.arrivals)
            sent = _send(world, box, hook, status, files, stop)
            outcomes += sent
            table += [_row(outcome, box.arrivals[before:]) for outcome in sent]
        console.status("")
        console.table([("OUTCOME", "KIND", "TO", "WHAT ARRIVED"), *table], header=True)
        if console.terminal and not words.once and not stop.event.is_set():
            console.answer(f"See them as they look: {box.url}   (Ctrl-C ends)")
            box.serve_until(stop.event)
    return report.FAILED_DELIVERY if any(report.is_bad(outcome) for outcome in outcomes) else report.OK


def inbox(words: Namespace, console: Console, stop: Stop) -> int:
    """Run the inbox until told to stop."""
    with _open(words.port, words.smtp_port) as box:
        console.answer(f"The inbox is at {box.url} and takes mail at {box.smtp_host}:{box.smtp_port}   (Ctrl-C ends)")
        box.serve_until(stop.event)
    return report.OK


def _open(port: int, smtp_port: int) -> Inbox:
    try:
        return Inbox(http_port=port, smtp_port=smtp_port)
    except (OSError, OverflowError) as error:
        raise UsageError(f"the inbox cannot listen on port {port} or {smtp_port}: {getattr(error, 'strerror', None) or error}") from None


def _write(folder: Path, box: Inbox, files: tuple[str, ...]) -> None:
    """The policy and the facts of one hook, with the inbox's port for mail in its place."""
    policy = (HERE / "policy.yml").read_text(encoding="utf-8")
    (folder / "policy.yml").write_text(policy.replace("port: 1025", f"port: {box.smtp_port}"), encoding="utf-8")
    facts: dict[str, Any] = {}
    for name in files:
        for field, value in json.loads((HERE / name).read_text(encoding="utf-8")).items():
            facts[field] = {**facts[field], **value} if isinstance(facts.get(field), dict) else value
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def _send(world: World, box: Inbox, hook: str, status: str | None, files: tuple[str, ...], stop: Stop) -> list[Outcome]:
    """What `tocsin send` does, in a world where the channels are the inbox's and no proxy stands between."""
    env = {f"DEMO_{kind.upper()}": box.endpoint(kind) for kind in ENDPOINTS} | {
        "DEMO_AWS_KEY": "demo-key",
        "DEMO_AWS_SECRET": "demo-secret",
    }
    with _folder() as name:
        folder = Path(name)
        _write(folder, box, files)
        world = world._replace(env=env, folder=folder, network=Network(), started=world.clock.monotonic())
        asked = Request(hook, status, facts_file="facts.json", policy="policy.yml", ci="generic")
        planned = pipeline.plan(world, asked, pipeline.prepare(world, asked))
        return pipeline.notify(world, planned, stop, lambda _: None)


def _folder() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory()
    except OSError as error:
        raise UsageError(f"the demo needs a folder for its policy ({error.strerror}): let TMPDIR name one that can be written to") from None


def _row(outcome: Outcome, arrivals: list[Arrival]) -> tuple[str, ...]:
    arrived = [arrival.title for arrival in arrivals if arrival.kind == outcome.kind]
    return outcome.outcome, outcome.kind, outcome.recipient, outcome.reason or ", ".join(arrived) or "nothing"
