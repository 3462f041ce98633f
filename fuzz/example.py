"""One input of the program as plain data, and what came of it. As JSON it can be kept in a file and repeated."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import home
from clocks import VirtualClock
from inprocess import Answer, raw
from mail_servers import ScriptedSmtp
from servers import Answer as HttpAnswer
from servers import Request, ScriptedServer

from tocsin import cli
from tocsin.clock import Clock

SERVER, PORT, SMTP_PORT = "{SERVER}", "{PORT}", "{SMTP_PORT}"  # stand in variables and files for what the servers of a run are called
RUNNER_FILES = ("GITHUB_STATE", "GITHUB_OUTPUT")
REPOSITORY, ELSEWHERE = "repository", "elsewhere"  # the folders of an example; the first is the workspace


class Example(NamedTuple):
    """What the program is given. Files are by path from the folder of the example, their bytes as Latin-1.

    `answers` are a server's, by path or "*": rows of status, headers, body as Latin-1, behaviour (see servers.Answer); the last one for
    every further request. `mail` is a server's script (see mail_servers.ScriptedSmtp). With `virtual`, no pause takes time.
    `heard` are the channels whose last message must be delivered.
    """

    commands: Sequence[Sequence[str]]
    env: Mapping[str, str] = {}
    files: Mapping[str, str] = {}
    answers: Mapping[str, Sequence[tuple[int, Mapping[str, str], str, str]]] = {}
    mail: Mapping[str, Any] | None = None
    virtual: bool = True
    heard: Sequence[str] = ()

    def to_json(self) -> bytes:
        """The example in bytes; `from_json` reads them."""
        return json.dumps(self._asdict(), indent=1).encode("ascii")


class Result(NamedTuple):
    """What each command answered, the report if one was written, what arrived at the HTTP server, what broke in threads.

    `contacted` are the hosts that were asked for, `values` what a step wrote for the runner, by the file's variable.
    """

    answers: Sequence[Answer]
    report: str | None
    requests: Sequence[Request]
    broken: Sequence[str]
    contacted: Sequence[str]
    values: Mapping[str, Mapping[str, str]]


def from_json(data: bytes) -> Example:
    """The example that was kept."""
    return Example(**json.loads(data))


class Routes(ScriptedServer):  # type: ignore[misc]  # the tests have no types for mypy
    """Answers by path, without regard to what stands behind a question mark."""

    def __init__(self, answers: Mapping[str, Sequence[tuple[int, Mapping[str, str], str, str]]]) -> None:
        super().__init__()
        self._left = {path: [self._answer(*row) for row in rows] for path, rows in answers.items()}

    def _answer(self, status: int, headers: Mapping[str, str], body: str, behaviour: Any) -> HttpAnswer:
        return HttpAnswer(status, body.replace(SERVER, self.url("")).encode("latin-1", "replace"), headers, behaviour)

    def next_answer(self, request: Request) -> HttpAnswer:
        """The next answer of the path."""
        self.requests.append(request)
        left = self._left.get(request.path.partition("?")[0]) or self._left.get("*") or [HttpAnswer(404, b"{}")]
        return left.pop(0) if len(left) > 1 else left[0]


def run(example: Example) -> Result:
    """Run the commands of an example, one after the other, in a folder of its own."""
    broken: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    hooks = threading.excepthook, sys.unraisablehook
    threading.excepthook = lambda died: broken.append(f"a thread died: {_told(died.exc_value)}")
    sys.unraisablehook = lambda died: broken.append(f"an exception was lost: {_told(died.exc_value)}")
    try:
        with ExitStack() as stack:
            server = stack.enter_context(Routes(example.answers))
            names = {SERVER: server.url(""), PORT: str(server.port)}
            if example.mail is not None:
                names[SMTP_PORT] = str(stack.enter_context(ScriptedSmtp(example.mail)).port)
            _write(example, folder, names)
            env = {name: _filled(value, names) for name, value in example.env.items()}
            home.CONTACTED.clear()
            answers = []
            for words in example.commands:
                answers.append(_run(words, env, folder / REPOSITORY, virtual=example.virtual))
                env |= {f"STATE_{name}": value for name, value in _written(folder, "GITHUB_STATE").items()}
            requests = list(server.requests)
        report = folder / ELSEWHERE / "report.json"
        told = report.read_text("utf-8") if report.is_file() else None
        return Result(answers, told, requests, broken, list(home.CONTACTED), {name: _written(folder, name) for name in RUNNER_FILES})
    finally:
        threading.excepthook, sys.unraisablehook = hooks
        shutil.rmtree(folder, ignore_errors=True)


def _run(words: Sequence[str], env: Mapping[str, str], folder: Path, *, virtual: bool) -> Answer:
    cli.CLOCK = VirtualClock() if virtual else Clock()
    return raw(*words, env=env, folder=folder)


def _write(example: Example, folder: Path, names: Mapping[str, str]) -> None:
    for made in (REPOSITORY, f"{REPOSITORY}/.git", ELSEWHERE):
        (folder / made).mkdir()
    for name, text in example.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_filled(text, names).encode("latin-1", "replace"))


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


def _written(folder: Path, name: str) -> dict[str, str]:
    """The values that a step wrote for the runner, as it reads them: NAME=VALUE, or NAME<<END, lines, END."""
    path = folder / ELSEWHERE / name
    lines = iter(path.read_bytes().decode("utf-8").split("\n") if path.is_file() else [])
    values = {}
    for line in lines:
        name, mark, end = line.partition("<<")
        if mark and "=" not in name:
            values[name] = "\n".join(iter(lambda: next(lines), end))
        elif line:
            name, _, values[name] = line.partition("=")
    return values


def _told(error: BaseException | None) -> str:
    place, trace = "", error.__traceback__ if error else None
    while trace:
        place, trace = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}", trace.tb_next
    return f"{type(error).__name__} at {place}"


def variable(text: str) -> str:
    """`text` as it can stand in a variable: without NUL, and in the system's own encoding."""
    return os.fsdecode(text.replace("\0", "").encode("utf-8", "replace"))


def latin(text: str) -> str:
    """A file's text as an example keeps it; lone surrogates become the bytes that UTF-8 forbids."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


__all__ = ["ELSEWHERE", "PORT", "REPOSITORY", "SERVER", "SMTP_PORT", "Example", "Result", "from_json", "latin", "run", "variable"]
