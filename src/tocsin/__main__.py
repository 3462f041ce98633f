"""`python -m tocsin`, and the command `tocsin`."""

import os
import sys

# The module `signal` takes a millisecond to load, in which a signal may come.
from _signal import SIGINT, SIGTERM, signal  # type: ignore[import-not-found]

EARLY = b"tocsin: warning: interrupted before anything was sent\n"


def entry() -> None:
    """Run one command. Loading the program takes a moment, in which an interrupt has nothing to end but the process."""
    for number in (SIGINT, SIGTERM):
        signal(number, _end)
    try:
        from tocsin.cli import entry as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


def _end(number: int, _: object) -> None:
    """End at once: an exception could come out anywhere in what is being loaded, and as another one."""
    try:
        os.write(2, EARLY)
    finally:  # also where nobody listens
        os._exit(128 + number)


if __name__ == "__main__":
    entry()
