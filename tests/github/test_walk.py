"""One failure walked through both parts of the step: each thing is done once, and no room is called from below.

python tests/github/test_walk.py        prints the walk: how often each module calls each other one
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest
from servers import Answer, ScriptedServer
from step import Step

from tocsin import ci, derive
from tocsin.ci.github import event_file
from tocsin.message import compose
from tocsin.pipeline import plan, understand
from tocsin.policy.load import load
from tocsin.policy.match import match

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
POLICY = """\
channels:
  team: {kind: slack}
  mail: {kind: smtp, host: 127.0.0.1, port: 1, security: none, from: ci@example.com}
notifications:
  - {on: [trigger, failure], send_to: [team, dev@example.com]}
  - {on: success, send_to: team}
delivery: {attempts: 1}
"""


class Walk(NamedTuple):
    """What was called: how often each function, and from which module which other."""

    functions: Counter[Any]
    steps: Counter[tuple[str, str]]


def layers() -> list[set[str]]:
    """The layers of the house, the highest first, as import-linter has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    [contract] = [contract for contract in contracts if contract["type"] == "layers"]
    return [{name.strip() for name in layer.replace("|", ":").split(":")} for layer in contract["layers"]]


def height(module: str, floors: list[set[str]]) -> int | None:
    """The number of a module's layer, counted from the top."""
    return next((number for number, layer in enumerate(floors) if any(f"{module}.".startswith(f"{name}.") for name in layer)), None)


def walk(part: Any, **inputs: str) -> Walk:
    """Run a part of the step and note each call of ours, in this thread; what a class or a module does at import is none."""
    seen = Walk(Counter(), Counter())

    def note(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_globals.get("__name__", "")
        if event != "call" or not name.startswith("tocsin") or frame.f_code.co_name == "<module>":
            return
        seen.functions[frame.f_code] += 1
        caller = frame.f_back
        above = caller.f_globals.get("__name__", "") if caller else ""
        if above.startswith("tocsin") and above != name and caller and caller.f_code.co_name != "<module>":
            seen.steps[above, name] += 1

    sys.setprofile(note)
    try:
        part(**inputs)
    finally:
        sys.setprofile(None)
    return seen


@pytest.fixture
def step(tmp_path: Path) -> Step:
    """A push whose event file is there."""
    step = Step(tmp_path)
    step.policy(POLICY)
    step.event("push", {"commits": [], "head_commit": {"id": "3f9c1d27b8a64e0f95a1c07d2be84f6a90d5e113", "message": "Fix it"}})
    return step


def walks(step: Step) -> dict[str, Walk]:
    with ScriptedServer(Answer(200, b"ok")) as slack:
        step.env["SLACK_WEBHOOK_URL"] = slack.url("/hook")
        found = {"main": walk(step.main), "post": walk(step.post, status="failure")}
        assert len(slack.requests) == 2
    return found


ONCE = (ci.read_run, event_file.read, load, derive.derive, understand, plan, match, compose)


def test_each_thing_is_done_once_a_part(step: Step):
    for part, seen in walks(step).items():
        assert {function.__qualname__: seen.functions[function.__code__] for function in ONCE} == {f.__qualname__: 1 for f in ONCE}, part


def test_no_room_is_called_from_below(step: Step):
    floors = layers()
    for part, seen in walks(step).items():
        climbs = {
            f"{caller} -> {callee}": count
            for (caller, callee), count in seen.steps.items()
            if None not in (height(caller, floors), height(callee, floors)) and height(caller, floors) > height(callee, floors)
        }
        assert climbs == {}, part


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        place = Step(Path(folder))
        place.policy(POLICY)
        place.event("push", {"commits": []})
        for name, taken in walks(place).items():
            print(f"{name}: {sum(taken.functions.values())} calls, {sum(taken.steps.values())} from one module to another")
            for (caller, callee), count in taken.steps.most_common():
                print(f"  {count:5} {caller} -> {callee}")
