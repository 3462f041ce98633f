"""The program, loaded once for the many starts of a test session: each is a fork of one process, at a tenth of the cost.

    python -I loaded.py serve SOCKET             serves until it is ended
    python -I -S loaded.py SOCKET tocsin WORD... is the command `tocsin`, with its own environment, folder, streams, signals and end
    python -I -S loaded.py SOCKET FILE WORD...   is Python with that script

Nothing else is different: the fork has read no variable, and takes all from the client. Real starts are proved beside these, in each place.
"""

from __future__ import annotations

import os
import sys

MESSAGE_MAX_BYTES = 1 << 20  # ours: the words and the environment
FD_MAX = 4  # the standard streams, and the one that the action's program says its time by
LOST = 70  # the exit code where the server has gone
WATCH = "TOCSIN_WATCH"


def call(path: str, words: list[str]) -> int:
    """Run the program by the server; its exit code, or the negative number of the signal that ended it."""
    import _socket  # what `socket` adds to it would double the time of a start
    from _signal import SIGINT, SIGTERM, signal
    from array import array

    variables = [f"{name}={value}" for name, value in os.environ.items()]
    message = "\0".join([str(len(words)), os.getcwd(), *words, *variables]).encode("utf-8", "surrogateescape")  # noqa: PTH109
    streams = array("i", [0, 1, 2, *([int(os.environ[WATCH])] if WATCH in os.environ else [])])
    line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    line.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, MESSAGE_MAX_BYTES)
    line.connect(path)
    line.sendmsg([message], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    program = int(line.recv(20) or 0)
    for number in (SIGINT, SIGTERM) if program else ():
        signal(number, lambda number, _: os.kill(program, number))
    for stream in streams[3:]:
        os.close(stream)  # it is at its end when the program is
    return os.waitstatus_to_exitcode(int(line.recv(20) or LOST << 8))


def end(code: int) -> None:
    """End as the program did."""
    if code < 0:
        import signal

        if -code in (signal.SIGINT, signal.SIGTERM):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def serve(path: str) -> None:
    """Answer calls, any number at once, each in a fork. A client that goes takes its program along."""
    import selectors
    import signal
    import socket

    load()
    lines: dict[int, socket.socket] = {}
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: pytest's to act on
    signal.set_wakeup_fd(wake.fileno())
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door, selectors.DefaultSelector() as ready:
        door.bind(path)
        door.listen()
        for waited in (door, woken):
            ready.register(waited, selectors.EVENT_READ)
        print("ready", flush=True)
        while True:
            for key, _ in ready.select():
                if key.fileobj is door:
                    line = door.accept()[0]
                    message, streams, _, _ = socket.recv_fds(line, MESSAGE_MAX_BYTES, FD_MAX)
                    if (program := os.fork()) == 0:
                        for held in (door, line, woken, wake, ready, *lines.values()):
                            held.close()
                        run(message, streams)
                    for stream in streams:
                        os.close(stream)
                    line.send(str(program).encode())
                    lines[program] = line
                    ready.register(line, selectors.EVENT_READ, program)
                elif key.fileobj is woken:
                    woken.recv(4096)
                    reap(lines, ready)
                else:  # the client has gone
                    ready.unregister(key.fileobj)
                    if key.data in lines:
                        os.kill(key.data, signal.SIGKILL)


def reap(lines: dict, ready) -> None:
    """Tell the clients how their programs have ended."""
    while lines:
        program, status = os.waitpid(-1, os.WNOHANG)
        if not program:
            return
        with lines.pop(program) as line:
            try:
                ready.unregister(line)
                line.send(str(status).encode())
            except (KeyError, OSError):  # it has gone
                continue


def load() -> None:
    """What a start loads of the program, and takes nine tenths of its time."""
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    import tocsin.action
    import tocsin.channels.slack
    import tocsin.channels.webhook
    import tocsin.ci.github
    import tocsin.ci.gitlab
    import tocsin.ci.jenkins.variables
    import tocsin.commands.send
    import tocsin.derive.facts_file
    import tocsin.http_connection
    import tocsin.pipeline
    import tocsin.policy.load
    import tocsin.report  # noqa: F401


def run(message: bytes, streams: list[int]) -> None:
    """Be the program, and end as it does."""
    import runpy
    import signal
    import traceback

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    count, folder, *rest = message.decode("utf-8", "surrogateescape").split("\0")
    words, variables = rest[: int(count)], rest[int(count) :]
    os.environ.clear()
    os.environ.update(dict(variable.split("=", 1) for variable in variables))
    for number, stream in zip((0, 1, 2, int(os.environ.get(WATCH) or 3)), streams, strict=False):
        os.dup2(stream, number)
        if stream != number:
            os.close(stream)
    sys.stdin, sys.stdout = open(0, encoding="utf-8", closefd=False), open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    os.chdir(folder)
    sys.argv = words
    code = LOST
    try:
        from tocsin import __main__, cli

        cli.STARTED = cli.CLOCK.monotonic()
        if words[0] == "tocsin":
            __main__.entry()
        runpy.run_path(words[0], run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  as Python does
        traceback.print_exc()
        code = 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    end(call(sys.argv[1], sys.argv[2:]))
