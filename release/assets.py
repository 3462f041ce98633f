"""What goes with a release beside the tree: its archive, the SBOM, the sdist and the wheel, and their digests; all in build/assets.

python release/assets.py        after release/tree.py, in an environment with release/tools.lock
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import sizes
from layout import LOCK
from tree import ROOT, digest

TREE, ASSETS = ROOT / "build" / "release", ROOT / "build" / "assets"


def main() -> None:
    """Make them all anew."""
    shutil.rmtree(ASSETS, ignore_errors=True)
    packages = ASSETS / "packages"
    packages.mkdir(parents=True)
    _run("-m", "build", "--no-isolation", "--outdir", str(packages), str(ROOT))
    [wheel] = packages.glob("*.whl")
    name = "-".join(wheel.name.split("-")[:2])
    (ASSETS / f"{name}-action.tar.gz").write_bytes(sizes.archive(TREE))
    write_sbom(ASSETS / f"{name}.cdx.json")
    lines = [f"{digest(path)}  {path.name}\n" for path in sorted(ASSETS.rglob("*")) if path.is_file()]
    (ASSETS / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    print("".join(lines), end="")


def write_sbom(path: Path) -> None:
    """The SBOM of what the lock installs: in CycloneDX's JSON, with licences, and what needs what."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        _run("-m", "venv", "--without-pip", folder)
        _run("-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(ROOT / LOCK))
        described = ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"]
        _run("-m", "cyclonedx_py", "environment", *described, "--output-reproducible", "-o", str(path), str(python))


def _run(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True)


if __name__ == "__main__":
    main()
