"""What goes with a release beside the tree, all in build/assets.

Its archive, the offline bundle, the mirror repository of GitLab's component, the SBOM, the policy's schema,
the sdist and the wheel, and their digests.

python release/assets.py        after release/tree.py, in an environment with release/tools.lock
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import bundles
import sizes
import wheels
from layout import LOCK, SCHEMA, TEMPLATE
from stamp import TIMES, pinned, version_of
from tree import ROOT, default_wheels, digest

TREE, ASSETS = ROOT / "build" / "release", ROOT / "build" / "assets"


def main() -> None:
    """Make them all anew."""
    shutil.rmtree(ASSETS, ignore_errors=True)
    wheel = build_packages(ASSETS / "packages")
    if pinned(wheel) not in (TREE / TEMPLATE).read_text(encoding="utf-8"):
        sys.exit(f"the sdist makes another wheel than the sources, whose hash the tree has: {pinned(wheel)}")
    version = version_of(wheel)
    (ASSETS / f"tocsin-{version}-action.tar.gz").write_bytes(sizes.archive(TREE))
    packages = wheels.download_offline((ROOT / LOCK).read_text(encoding="utf-8"), default_wheels(ROOT))
    write_bundle(f"tocsin-{version}-offline", lambda out: bundles.offline(TREE, wheel, packages, out))
    write_bundle(f"tocsin-{version}-gitlab-component", lambda out: bundles.component(TREE, version, out))
    write_sbom(ASSETS / f"tocsin-{version}.cdx.json")
    shutil.copyfile(ROOT / SCHEMA, ASSETS / Path(SCHEMA).name)
    lines = [f"{digest(path)}  {path.relative_to(ASSETS).as_posix()}\n" for path in sorted(ASSETS.rglob("*")) if path.is_file()]
    (ASSETS / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    print("".join(lines), end="")


def build_packages(folder: Path) -> Path:
    """The sdist, and from it the wheel, whose path is returned."""
    folder.mkdir(parents=True)
    _run("-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT))
    [wheel] = folder.glob("*.whl")
    return wheel


def write_bundle(name: str, fill: Callable[[Path], None]) -> None:
    """The archive of a folder that `fill` makes."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        (ASSETS / f"{name}.tar.gz").write_bytes(sizes.archive(Path(folder), top=f"{name}/"))


def write_sbom(path: Path) -> None:
    """The SBOM of what the lock installs: in CycloneDX's JSON, with licences, and what needs what."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        _run("-m", "venv", "--without-pip", folder)
        _run("-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(ROOT / LOCK))
        described = ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"]
        _run("-m", "cyclonedx_py", "environment", *described, "--output-reproducible", "-o", str(path), str(python))


def _run(*words: str) -> None:
    subprocess.run([sys.executable, *words], env={**os.environ, **TIMES}, check=True)


if __name__ == "__main__":
    main()
