"""Words in, exit code out: the only reader of the process's arguments, environment, streams and signals."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tocsin.errors import PolicyError, TocsinError

STARTED = time.monotonic()  # before the heavy imports: the budget counts from the process's start
gc.disable()  # a run lives for a second and makes no cycles worth collecting: this saves a twentieth of it; `inbox` turns it on again
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # none is ours, and looking for them reads every installed package

from tocsin import commands  # noqa: E402
from tocsin.arguments import parser  # noqa: E402
from tocsin.console import Console  # noqa: E402
from tocsin.deliver import Stop  # noqa: E402
from tocsin.http import Network  # noqa: E402
from tocsin.pipeline import World  # noqa: E402

DEFECT = 70
_SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def entry() -> NoReturn:
    """Run one command and end the process at once.

    Nothing is left to tidy up, Python's own tidying costs a tenth of a run, and an attempt that was left behind cannot hold the exit up.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except OSError:  # the reader has gone
            continue
    os._exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. No exception leaves it: what goes wrong is told in words."""
    console = _console(os.environ)
    stop = Stop()
    caught = _catch_signals(stop)
    try:
        words = parser().parse_args(sys.argv[1:] if arguments is None else arguments)
        if words.command in ("demo", "inbox"):
            gc.enable()
        code = commands.run(words, _world(os.environ), console, stop)
        console.status("")
        sys.stdout.flush()
    except PolicyError as error:
        for problem in error.problems:
            console.talk(str(problem), "error")
        console.talk(str(error), "error")
        code = error.exit_code
    except TocsinError as error:
        for line in str(error).splitlines():
            console.talk(line, "error")
        code = error.exit_code
    except KeyboardInterrupt:
        console.talk("interrupted before anything was sent", "warning")
        code = _SIGNALS[signal.SIGINT]
    except BrokenPipeError:  # the reader of our output has gone; Python would complain once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001  the last line of defence: a defect is told with its place, never with values
        console.talk(f"a defect of tocsin, please report it: {type(error).__name__} at {_place(error)}", "error")
        code = DEFECT
    return _SIGNALS[caught[0]] if caught else code


def _catch_signals(stop: Stop) -> list[signal.Signals]:
    """From now on SIGINT and SIGTERM wish for an end; the list holds the first that came."""
    caught: list[signal.Signals] = []

    def handle(number: int, _: FrameType | None) -> None:
        caught.append(signal.Signals(number))
        if not stop.listening:
            raise KeyboardInterrupt
        stop.request(f"interrupted by {caught[0].name}")

    for number in _SIGNALS:
        signal.signal(number, handle)
    return caught


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "an unknown place"


def _console(env: Mapping[str, str]) -> Console:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    terminal = sys.stdout.isatty()
    colour = terminal and sys.stderr.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
    return Console(sys.stdout, sys.stderr, colour=colour, interactive=sys.stderr.isatty() and not env.get("CI"), terminal=terminal)


def _world(env: Mapping[str, str]) -> World:
    return World(
        env=env,
        folder=Path.cwd(),
        read_stdin=lambda: sys.stdin.buffer.read() if sys.stdin else b"",
        now=lambda: datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        started=STARTED,
        network=_network(env),
    )


def _network(env: Mapping[str, str]) -> Network:
    """Proxies, private CAs and the administrator's limits, from the variables that name them everywhere."""

    def either(name: str) -> str:
        return env.get(name.lower()) or env.get(name) or ""

    allowed = env.get("TOCSIN_ALLOWED_HOSTS", "").replace(",", " ").split()
    proxies = {scheme: either(f"{scheme.upper()}_PROXY") or either("ALL_PROXY") for scheme in ("http", "https")}
    return Network(
        proxies={scheme: proxy for scheme, proxy in proxies.items() if proxy},
        no_proxy=either("NO_PROXY"),
        ca_files=tuple(filter(None, (env.get(name) for name in ("TOCSIN_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")))),
        allowed_hosts=tuple(allowed) or None,
    )
