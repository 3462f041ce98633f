"""No room asks the time but by the clock that it is given, and nothing waits but by it."""

from __future__ import annotations

import ast
import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from clocks import VirtualClock

import tocsin
from tocsin.clock import Clock

SOURCE = Path(tocsin.__file__).parent
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "clock.py")
ASKS = {"now", "utcnow", "today"}  # of datetime and date
ENTRANCES = {"cli.py", "inbox/arrivals.py"}  # the processes' own: the program, and the inbox, which is a server


def asked(tree: ast.AST) -> Iterator[str]:
    """Where a module asks the world for the time or for chance, or makes a clock of its own."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (f"line {node.lineno}: imports {name}" for name in names if name in ("time", "random", "sched"))
        if isinstance(node, ast.Attribute) and node.attr in ASKS and ast.unparse(node.value).split(".")[-1] in ("datetime", "date"):
            yield f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Clock":
            yield f"line {node.lineno}: makes a clock"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_clock_asks_the_time(path: Path) -> None:
    found = list(asked(ast.parse(path.read_text(encoding="utf-8"))))
    if str(path.relative_to(SOURCE)) in ENTRANCES:
        assert [line for line in found if "makes a clock" not in line] == []
        assert len(found) == 1
    else:
        assert found == []


def test_the_walk_sees_what_it_looks_for() -> None:
    source = (
        "import time, random\nfrom time import monotonic\nimport datetime\nfrom datetime import date\n"
        "datetime.datetime.now()\ndate.today()\nclock.Clock()\nClock()\nworld.now()\ndatetime.fromtimestamp(0)\n"
    )
    assert sorted(line.partition(":")[0] for line in asked(ast.parse(source))) == [f"line {number}" for number in (1, 1, 2, 5, 6, 7, 8)]


def test_the_machine_s_clock() -> None:
    clock = Clock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.time() > 1_700_000_000
    assert {0.0 <= clock.random() < 1.0 for _ in range(100)} == {True}
    assert clock.random() != clock.random()
    event, items = threading.Event(), queue.SimpleQueue[int]()
    assert not clock.wait(event, -1.0)
    with pytest.raises(queue.Empty):
        clock.take(items, -1.0)
    clock.start(lambda: items.put(7))
    assert clock.take(items, 60.0) == 7
    clock.start(event.set)
    assert clock.wait(event, 60.0)


def test_virtual_time_jumps_to_what_is_waited_for_first() -> None:
    clock, log, items = VirtualClock(0.0), [], queue.SimpleQueue[str]()
    for name, seconds in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        clock.later(seconds, lambda name=name: log.append((name, clock.now)))  # type: ignore[misc]  # a loop's value
    clock.later(2.5, lambda: items.put("here"))
    assert clock.take(items, 10.0) == "here"
    assert (log, clock.now) == ([("a", 1.0), ("b", 2.0)], 2.5)
    with pytest.raises(queue.Empty):
        clock.take(items, 5.0)
    assert (log[-1], clock.now) == (("c", 3.0), 7.5)
