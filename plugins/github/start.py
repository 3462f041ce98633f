"""Put the program's packages on the path and run one part of the step: `python -I -X utf8 start.py main|post`.

A release carries its packages in vendor/: `any`, and one folder a Python and platform for those with compiled parts.
Elsewhere they are installed once, into the runner's tool cache. The program itself is in src/ beside both.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MACHINES = {"amd64": "x86_64", "aarch64": "arm64"}


def packages() -> "list[Path]":
    """The folders to import from."""
    version = "".join(map(str, sys.version_info[:2]))
    compiled = ROOT / "vendor" / f"cp{version}-{sys.platform}-{machine()}"
    if compiled.is_dir():
        return [ROOT / "src", ROOT / "vendor" / "any", compiled]
    sys.path.insert(0, str(HERE))
    import install

    return [ROOT / "src", install.installed()]


def machine() -> str:
    """The processor that this Python was built for, as vendor/ names it."""
    if sys.platform == "win32":
        return "arm64" if "ARM64" in sys.version.upper() else "x86_64" if sys.maxsize > 2**32 else "x86"
    name = os.uname().machine.lower()
    return MACHINES.get(name, name)


def main() -> None:
    """Hand over to the program. What goes wrong before it ends with 70, as a defect of the program does."""
    try:
        sys.path[:0] = map(str, packages())
        from tocsin.cli import entry
    except (ImportError, OSError, RuntimeError) as error:
        print(f"tocsin: error: the program cannot be loaded: {error}", flush=True)
        sys.exit(70)
    sys.argv = ["tocsin", "action", *sys.argv[1:]]
    entry()


if __name__ == "__main__":
    main()
