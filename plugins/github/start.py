"""Put the program's packages on the path and run one part of the step: `python -I -X utf8 start.py main|post`.

A release carries its packages in vendor/, with the compiled part for the Pythons of hosted images: each takes the file named for it.
Elsewhere they are installed once, into the runner's tool cache. The program itself is in src/ beside both.
"""

import os
import sys
from _signal import SIGINT, SIGTERM, signal

for number in (SIGINT, SIGTERM):  # until the program has its own: what is being installed is tidied up, and nothing else is said
    signal(number, lambda number, _: sys.exit(128 + number))

from importlib.machinery import EXTENSION_SUFFIXES  # noqa: E402
from pathlib import Path  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def packages() -> "list[Path]":
    """The folders to import from, the first one first."""
    vendor = ROOT / "vendor"
    if vendor.is_dir():
        sys.path.insert(0, str(vendor))
        # The one compiled package is looked for and not loaded: a message of a sound policy needs none of it, and it takes long.
        if any((vendor / "pydantic_core" / f"_pydantic_core{suffix}").is_file() for suffix in EXTENSION_SUFFIXES):
            return [ROOT / "src"]
        print("this release has no compiled packages for this Python: they are installed once", flush=True)
    sys.path.insert(0, str(HERE))
    import install

    return [ROOT / "src", install.installed()]


def promise() -> None:
    """Say to the shim that the program begins: until that has said how long it may take, it gets a minute."""
    try:
        os.write(int(os.environ["TOCSIN_WATCH"]), b"60\n")
    except (KeyError, ValueError, OSError):  # nobody watches
        return


def main() -> None:
    """Hand over to the program. What goes wrong before it ends with 70, as a defect of the program does."""
    try:
        sys.path[:0] = map(str, packages())
        promise()
        from tocsin.cli import entry
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001  whatever it is, it is no result of a job
        print(f"tocsin: error: the program cannot be loaded: {error}", flush=True)
        sys.exit(70)
    sys.argv = ["tocsin", "action", *sys.argv[1:]]
    entry()


if __name__ == "__main__":
    main()
