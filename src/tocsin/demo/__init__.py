"""The demo: a sample deployment's messages, sent for real to a local inbox."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tocsin import pipeline
from tocsin.channels import KINDS
from tocsin.deliver import Stop
from tocsin.errors import UsageError
from tocsin.inbox import Inbox
from tocsin.network import Network
from tocsin.policy.load import load
from tocsin.policy.policy_text import PolicyText
from tocsin.request import Request
from tocsin.verdict import Outcome
from tocsin.world import World

HERE = Path(__file__).parent
HOOKS = (("trigger", None, ("run.json",)), ("completion", "failure", ("run.json", "failure.json")))


def _write(folder: Path, box: Inbox, files: tuple[str, ...]) -> None:
    """The policy and the facts of one hook, with the inbox's port for mail in its place."""
    policy = (HERE / "policy.yml").read_text(encoding="utf-8")
    (folder / "policy.yml").write_text(policy.replace("port: 1025", f"port: {box.smtp_port}"), encoding="utf-8")
    facts: dict[str, Any] = {}
    for name in files:
        for field, value in json.loads((HERE / name).read_text(encoding="utf-8")).items():
            facts[field] = {**facts[field], **value} if isinstance(facts.get(field), dict) else value
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def send_sample(world: World, box: Inbox, hook: str, status: str | None, files: tuple[str, ...], stop: Stop) -> list[Outcome]:
    """What `tocsin send` does, in a world where the channels are the inbox's and no proxy stands between."""
    channels = load(PolicyText("policy.yml", (HERE / "policy.yml").read_bytes())).policy.channels
    names = {options.kind: name for name, options in channels.items()}
    env = {f"DEMO_{kind.upper()}": box.endpoint(kind, names[kind]) for kind in KINDS} | {
        "DEMO_AWS_KEY": "demo-key",
        "DEMO_AWS_SECRET": "demo-secret",
    }
    with _folder() as name:
        folder = Path(name)
        _write(folder, box, files)
        world = world._replace(env=env, folder=folder, network=Network(), started=world.clock.monotonic())
        asked = Request(hook, status, facts_file="facts.json", policy="policy.yml", ci="generic")
        planned = pipeline.plan(world, asked)
        return pipeline.in_order(planned, pipeline.notify(world, planned, stop))


def _folder() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory()
    except OSError as error:
        raise UsageError(f"the demo needs a folder for its policy ({error.strerror}): let TMPDIR name one that can be written to") from None
