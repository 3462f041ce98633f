"""What the tests at the command line share."""

from __future__ import annotations

import gc
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import settings
from inprocess import QuickProject
from projects import Project
from quick_starts import served
from runners import untested
from servers import Answer, ScriptedServer
from wheelhouse import wheelhouse  # noqa: F401  a fixture

# The same cases in every run, so that no run fails by chance; `--hypothesis-profile explore` looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=30)
settings.register_profile("explore", deadline=None)
settings.load_profile("steady")


# Where the process itself is tried: its start and end, its signals and limits.
PROCESSES = ("test_early_signals", "test_few_threads", "test_half_written", "test_planted", "test_watchdog")
# Where it is tried from its first word on, once all that a user does: processes that have loaded the program already.
LOADED = ("test_send", "test_delivery", "test_commands", "test_flow_time", "test_streams_without_end")

FOLDERS = itertools.count()


def pytest_sessionstart() -> None:
    """Ten thousand tests are many objects, and none of them is garbage: to look for it takes a third of the time of collecting them."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: else one worker would end long after the others."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """From now on there is some, but not among the tests."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line: what was not tested, and why."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal and not hasattr(config, "workerinput") and not config.option.collectonly:
        terminal.write_line(
            untested([report.longrepr[2] for report in terminal.stats.get("skipped", ()) if isinstance(report.longrepr, tuple)])
        )


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As pytest's own, without a link to each test's last folder: a twentieth of a short test."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    path = tmp_path_factory.getbasetemp() / f"{name}-{next(FOLDERS)}"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A repository without a policy. Where a test is on words or the wire alone, no process is started."""
    if request.module.__name__.startswith(PROCESSES):
        return Project(tmp_path)
    return Project(tmp_path, request.getfixturevalue("quick")) if request.module.__name__.startswith(LOADED) else QuickProject(tmp_path)


@pytest.fixture(scope="session")
def quick(tmp_path_factory) -> Iterator[Sequence[str]]:
    """The words that start the program by a process that has loaded it: quick_starts.py says how."""
    with served(tmp_path_factory.mktemp("quick") / "socket") as words:
        yield words


@pytest.fixture
def slack() -> Iterator[ScriptedServer]:
    """Slack, which takes everything."""
    with ScriptedServer(Answer(200, b"ok")) as server:
        yield server
