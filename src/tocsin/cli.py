"""Words in, exit code out: the only reader of the process's arguments, environment, streams and signals."""

from __future__ import annotations

import gc
import math
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TextIO, cast

from tocsin.clock import Clock
from tocsin.console import Console, log_safe
from tocsin.errors import ContextError, PolicyError, TocsinError, UsageError
from tocsin.file_io import patient, read_all
from tocsin.watchdog import LOADING_SECONDS, Watchdog

if TYPE_CHECKING:
    from tocsin.deliver import Stop
    from tocsin.network import Network
    from tocsin.world import World

CLOCK = Clock()
STARTED = CLOCK.monotonic()  # before the heavy imports: the budget counts from the process's start
WATCHDOG = Watchdog(CLOCK)
DEFECT = 70
_SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def entry() -> NoReturn:
    """Run one command and end the process at once.

    Nothing is left to tidy up, Python's own tidying costs a tenth of a run, and an attempt that was left behind cannot hold the exit up.
    """
    _arm_watchdog([word for word in sys.argv[1:] if not word.startswith("-")][:1])
    gc.disable()  # a run lives for a second and makes no cycles worth collecting: this saves a twentieth of it
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # none is ours, and looking for them reads every installed package
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except OSError:  # the reader has gone
            continue
    os._exit(code)


def _arm_watchdog(command: list[str]) -> None:
    """Hold the process to its time. At a terminal a person waits, who may read a long answer page by page."""
    if command in (["send"], ["action"]) or not (sys.stderr and sys.stderr.isatty()):
        WATCHDOG.arm(STARTED + LOADING_SECONDS)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. No exception leaves it: what goes wrong is told in words."""
    console = _console(os.environ)
    caught: list[signal.Signals] = []
    try:
        try:
            code = _command(sys.argv[1:] if arguments is None else arguments, console, caught)
        except Exception as error:  # noqa: BLE001  the last line of defence
            if caught:  # the interrupt came out as another error, from where it had no place
                raise KeyboardInterrupt from None
            code = _tell(error, console)
        except SystemExit as ended:  # how argparse ends --help and --version
            code = int(ended.code or 0)
    except KeyboardInterrupt:
        console.talk("interrupted before anything was sent", "warning")
        code = _SIGNALS[signal.SIGINT]
    return _SIGNALS[caught[0]] if caught else code


def _command(arguments: list[str], console: Console, caught: list[signal.Signals]) -> int:
    """Run one command. `caught` gets the signals that came. Imports stand here, where an interrupt is caught; help needs few of them."""
    from tocsin import commands

    words = commands.parse(arguments)
    console.least = getattr(words, "talk", console.least)
    from tocsin.deliver import Stop

    stop = Stop()
    _catch_signals(stop, caught)
    code = commands.load(words.command).run(words, _world(os.environ), console, stop)
    stop.listening = True  # a signal now changes nothing but the exit code
    console.status("")
    if console.lost and not isinstance(console.lost, BrokenPipeError):  # a reader that has seen enough may go
        sent = words.command == "send"
        console.talk(f"standard output cannot be written to: {console.lost.strerror}", "warning" if sent else "error")
        code = code or (0 if sent else UsageError.exit_code)
    return code


def _catch_signals(stop: Stop, caught: list[signal.Signals]) -> None:
    """From now on SIGINT and SIGTERM wish for an end, and are noted in `caught`."""

    def handle(number: int, _: FrameType | None) -> None:
        caught.append(signal.Signals(number))
        if not stop.listening and len(caught) == 1:
            raise KeyboardInterrupt
        stop.request(f"interrupted by {caught[0].name}")

    for number in _SIGNALS:
        signal.signal(number, handle)


def _tell(error: Exception, console: Console) -> int:
    """Say what went wrong, and give its exit code."""
    if isinstance(error, PolicyError):
        for problem in error.problems:
            console.talk(f"{problem.place}: {problem.message}", problem.severity)
    if isinstance(error, TocsinError):
        console.talk(str(error), "error")
        return error.exit_code
    # A defect is told with its place, never with values, which could be secrets.
    console.talk(f"a defect of tocsin, please report it: {type(error).__name__} at {_place(error)}", "error")
    return DEFECT


def _place(error: Exception) -> str:
    """The innermost line of ours that the error passed."""
    trace, place = error.__traceback__, "an unknown place"
    while trace:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(Path(__file__).parent):
            place = f"{path.relative_to(Path(__file__).parent)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _console(env: Mapping[str, str]) -> Console:
    """The console over the process's streams. A closed one is None in Python."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    out, err = (bool(stream) and stream.isatty() for stream in (sys.stdout, sys.stderr))
    dumb = env.get("TERM") == "dumb"
    colour = out and err and not env.get("NO_COLOR") and not dumb
    streams = (cast("TextIO | None", stream and patient(stream, lambda: WATCHDOG.remaining() / 2)) for stream in (sys.stdout, sys.stderr))
    return Console(*streams, colour=colour, interactive=err and not env.get("CI") and not dumb, terminal=out)


def _world(env: Mapping[str, str]) -> World:
    from tocsin.world import World

    try:
        folder = Path.cwd()
    except OSError:
        raise ContextError("the current folder is gone: run tocsin where the repository is, before its folder is deleted") from None
    world = World(
        env=env,
        folder=folder,
        read_stdin=lambda: _read_stdin(world),
        clock=CLOCK,
        started=STARTED,
        network=_network(env),
        watchdog=WATCHDOG,
        ask=_ask if all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr)) else None,
    )
    return world


def _ask(question: str) -> str:
    """The line that a person answers with at the terminal; empty at its end."""
    sys.stderr.write(log_safe(question) + " ")
    sys.stderr.flush()
    return sys.stdin.readline()


def _read_stdin(world: World) -> bytes:
    """A policy or facts; of longer ones a byte more than they may have, so that they are seen to be. Raises UsageError."""
    from tocsin.derive.facts_file import FACTS_MAX_BYTES
    from tocsin.policy.nodes import FILE_MAX_BYTES

    if not sys.stdin:
        return b""
    max_bytes = max(FACTS_MAX_BYTES, FILE_MAX_BYTES)
    try:
        descriptor = sys.stdin.fileno()
    except OSError:  # no stream of the system's: a test's
        return sys.stdin.buffer.read(max_bytes + 1)
    try:
        return read_all(descriptor, max_bytes, (lambda: math.inf) if os.isatty(descriptor) else world.patience())
    except OSError as error:
        raise UsageError(f"standard input cannot be read: {error.strerror}") from None


def _network(env: Mapping[str, str]) -> Network:
    """Proxies, private CAs and the administrator's limits, from the variables that name them everywhere."""
    from tocsin.network import Network

    def either(name: str) -> str:
        return env.get(name.lower()) or env.get(name) or ""

    allowed = env.get("TOCSIN_ALLOWED_HOSTS") or None
    proxies = {scheme: either(f"{scheme.upper()}_PROXY") or either("ALL_PROXY") for scheme in ("http", "https")}
    return Network(
        proxies={scheme: proxy for scheme, proxy in proxies.items() if proxy},
        no_proxy=either("NO_PROXY"),
        ca_files=tuple(filter(None, (env.get(name) for name in ("TOCSIN_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")))),
        allowed_hosts=tuple(allowed.replace(",", " ").split()) if allowed else None,
    )
