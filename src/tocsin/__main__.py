"""`python -m tocsin`, and the command `tocsin`."""

import sys


def entry() -> None:
    """Run one command. Loading the program takes a moment, in which an interrupt has nothing to end but the process."""
    try:
        from tocsin.cli import entry as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    entry()
