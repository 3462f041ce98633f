"""The program, loaded once for the many builds of an engine: each start of it is a fork of one process, at a tenth of the cost.

    python -I loaded.py SOCKET       serves until it is ended
    python -I -S loaded.py SOCKET WORD...   runs `tocsin WORD...` with its own environment, folder and streams

Nothing else is different: the fork has read no variable, and takes all from the client. Real starts are proved by the plain engine.
"""

from __future__ import annotations

import os
import socket
import sys

MESSAGE_MAX_BYTES = 1 << 20  # ours: the words and the environment
LOST = 70  # the exit code where the program ended without one


def call(path: str, words: list[str]) -> int:
    """Run the program by the server; its exit code."""
    variables = [f"{name}={value}" for name, value in os.environ.items()]
    folder = os.getcwd()  # noqa: PTH109  pathlib would double the time of a start
    message = "\0".join([str(len(words)), folder, *words, *variables]).encode("utf-8", "surrogateescape")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MESSAGE_MAX_BYTES)
        line.connect(path)
        socket.send_fds(line, [message], [0, 1, 2])
        return int(line.recv(3) or LOST)


def serve(path: str) -> None:
    """Answer calls, one after the other or at once, each in a fork."""
    import signal

    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    import tocsin.channels.slack
    import tocsin.channels.webhook
    import tocsin.ci.jenkins.variables
    import tocsin.commands.send
    import tocsin.derive.facts_file
    import tocsin.http_connection
    import tocsin.pipeline
    import tocsin.policy.load
    import tocsin.report  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the forks are nobody's to wait for
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(path)
        door.listen()
        print("ready", flush=True)
        while True:
            line = door.accept()[0]
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                door.close()
                run(line)
            line.close()


def run(line: socket.socket) -> None:
    """Be the program, and end as it does."""
    from tocsin import cli

    message, streams, _, _ = socket.recv_fds(line, MESSAGE_MAX_BYTES, 3)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    count, folder, *rest = message.decode("utf-8", "surrogateescape").split("\0")
    words, variables = rest[: int(count)], rest[int(count) :]
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(dict(variable.split("=", 1) for variable in variables))
    cli.STARTED = cli.CLOCK.monotonic()
    code = LOST
    try:
        code = cli.main(words)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:
        line.send(str(code).encode())
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[2:]:
        sys.exit(call(sys.argv[1], sys.argv[2:]))
    serve(sys.argv[1])
