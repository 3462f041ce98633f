"""`--tests GLOB`: what the JUnit XML reports of the workspace say of the run's tests.

    globs ─ files of the workspace ─ those of this run ─ reports ─ facts

A report that cannot be read is left out, and a notice names it: the message goes out all the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tocsin.checkout import checkouts_of
from tocsin.event import Fact, Facts, Rank
from tocsin.file_io import read_regular
from tocsin.junit import Report, UnreadableReportError, read_report
from tocsin.notice import Notice
from tocsin.text import clean
from tocsin.workspace_files import RefusedGlobError, find_files, lies_within

if TYPE_CHECKING:
    from tocsin.world import World

FILE_MAX_BYTES = 32 * 1024 * 1024  # ours: some hundred thousand tests
FILES_MAX = 500  # ours
NOTICES_MAX = 5  # ours: a hundred broken files are told of in one line
PATH_MAX_CHARS = 100  # ours
OLDER_SECONDS = 60.0  # ours: clocks of two machines differ, and some file systems count by two seconds
_BETWEEN_GLOBS = re.compile(r"[\n,]")


class Asked(NamedTuple):
    """The globs, and the words for where they came from; reports from before `started_at` (ISO 8601 in UTC) are of another run."""

    globs: Sequence[str]
    source: str
    started_at: str | None


def split_globs(texts: Iterable[str]) -> list[str]:
    """The globs in texts that hold one or several, on lines of their own or with commas between them."""
    return [glob for text in texts for part in _BETWEEN_GLOBS.split(text) if (glob := part.strip())]


def facts_of_tests(world: World, asked: Asked, in_time: Callable[[], bool]) -> tuple[Facts, list[Notice]]:
    """The facts of all reports that could be read by the time that `in_time` says no, and what was left out."""
    left_out: list[str] = []
    read = [report for path in _files(world, asked, in_time, left_out) if (report := _report(world, path, asked, in_time, left_out))]
    return _facts(sum(read, Report()), asked.source) if read else {}, [*_notices(left_out)]


def _files(world: World, asked: Asked, in_time: Callable[[], bool], left_out: list[str]) -> list[Path]:
    """The files that the globs name, in order; one that several names lead to counts once."""
    found: dict[str, Path] = {}
    roots = [world.folder, *checkouts_of(world.env, world.folder)]
    for glob in asked.globs:
        try:
            files = sorted(find_files(world.folder, glob, in_time))
        except RefusedGlobError as error:
            left_out.append(f"{_quoted(glob)}: {error}")
            continue
        except TimeoutError:
            left_out.append(f"{_quoted(glob)}: to look for its files takes too long")
            continue
        if not files:
            left_out.append(f"{_quoted(glob)}: there is no such file")
        for path in files:
            if lies_within(path, roots):
                found.setdefault(os.path.realpath(path), path)
            else:
                left_out.append(f"{_quoted(_relative(world, path))}: it leads out of the workspace")
    if len(found) > FILES_MAX:
        left_out.append(f"{len(found) - FILES_MAX} files: only the first {FILES_MAX} are read")
    return list(found.values())[:FILES_MAX]


def _report(world: World, path: Path, asked: Asked, in_time: Callable[[], bool], left_out: list[str]) -> Report | None:
    """What one file says; None where that is nothing, or is of another run."""
    try:
        if _is_older(path, asked.started_at):
            why = "it is older than this run"
        else:
            report = read_report(read_regular(path, FILE_MAX_BYTES), in_time)
            if report.total:
                return report
            why = "there is no test in it"
    except OSError as error:
        why = error.strerror or "it cannot be read"
    except UnreadableReportError as error:
        why = str(error)
    left_out.append(f"{_quoted(_relative(world, path))}: {why}")
    return None


def _is_older(path: Path, started_at: str | None) -> bool:
    """Whether a file was last written before an instant. Raises OSError."""
    if not started_at:
        return False
    started = datetime.fromisoformat(started_at.replace("Z", "+00:00"))
    return path.stat().st_mtime < started.timestamp() - OLDER_SECONDS


def _facts(report: Report, source: str) -> Facts:
    failures = [{key: value for key, value in failure._asdict().items() if value} for failure in report.failures]
    said = {"total": report.total, "failed": report.failed, "skipped": report.skipped, **({"failures": failures} if failures else {})}
    return {f"tests.{name}": Fact(value, source, Rank.FACTS) for name, value in said.items()}


def _notices(left_out: Sequence[str]) -> Iterator[Notice]:
    for text in left_out[:NOTICES_MAX]:
        yield Notice(f"no test results from {text}")
    if len(left_out) > NOTICES_MAX:
        yield Notice(f"no test results from {len(left_out) - NOTICES_MAX} more")


def _relative(world: World, path: Path) -> str:
    return path.relative_to(world.folder).as_posix() if path.is_relative_to(world.folder) else str(path)


def _quoted(text: str) -> str:
    return f"'{clean(text, PATH_MAX_CHARS)}'"
