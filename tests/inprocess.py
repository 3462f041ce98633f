"""The command line inside this process: for the many tests that need its words, not its signals or real streams.

    run("context", "--json", env={"GITHUB_ACTIONS": "true"}, folder=tmp_path).json()

What every command promises is asserted on each run: no traceback, no defect, no escape and no log command in the output,
talk that says who is talking.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from projects import GITHUB, Project, Result

from tocsin import cli, commands
from tocsin.cli import main

commands.parser = functools.cache(commands.parser)  # a process of a user's needs one once

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
CASES = Path(__file__).parent / "cases"


class Answer(NamedTuple):
    """The exit code, and what was printed."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output, which is JSON as a whole."""
        return json.loads(self.out)


def run(*words: str, env: Mapping[str, str] = {}, folder: Path, stdin: bytes = b"") -> Answer:
    """Run one command with no variables but `env`, in `folder`."""
    answer = raw(*words, env=env, folder=folder, stdin=stdin)
    require_decent(answer)
    return answer


def raw(*words: str, env: Mapping[str, str] = {}, folder: Path, stdin: bytes = b"") -> Answer:
    """As `run`, without asking anything of the answer."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with process(env, folder), streams(io.TextIOWrapper(io.BytesIO(stdin)), out, err):
        code = main(list(words))
    return Answer(code, *(_text(stream) for stream in (out, err)))


def require_decent(answer: Answer) -> None:
    """What holds for the output of every command, whatever it was given."""
    assert "Traceback" not in answer.err
    assert "defect" not in answer.err, answer.err
    assert answer.code in (0, 1, 2, 3, 4), answer
    assert all(line.startswith("tocsin: ") for line in answer.err.splitlines()), answer.err
    for line in (answer.out + answer.err).split("\n"):
        assert not CONTROLS.search(line), line
        assert "##[" not in line
        assert not line.lstrip().startswith("::")
    if answer.code > 1:
        assert "error: " in answer.err


@contextmanager
def process(env: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Nothing but `env` in the environment, `folder` as the current one; signals as they were afterwards. The budget begins now."""
    variables, place = dict(os.environ), Path.cwd()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    cli.STARTED = cli.CLOCK.monotonic()
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(variables)
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def streams(*replaced: TextIO) -> Iterator[None]:
    """Other standard streams: input, output, errors."""
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = replaced
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]  # the buffer is a BytesIO


class QuickProject(Project):
    """A project whose commands run in this process: for tests of what is said and sent, not of the process."""

    def run(self, *words: str, env: Mapping[str, str] = {}, ci: Mapping[str, str] = GITHUB, stdin: bytes = b"") -> Result:
        """Run the program to its end."""
        answer = raw(*words, env=self.environment(env, ci=ci), folder=self.folder, stdin=stdin)
        assert "Traceback" not in answer.out + answer.err, answer.err
        return Result(answer.code, answer.out, answer.err, self.report())
