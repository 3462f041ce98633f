"""The program as a release has it, for the launcher to install: a wheel of this checkout, and the wheels of its packages.

def test_it(wheelhouse, tmp_path):
    env = wheelhouse.env()              # one cache for all tests of a session, filled by the first that needs it
    env = wheelhouse.env(tmp_path)      # a cache of one's own: three seconds more
"""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from workers import shared_folder

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "release"))

import layout  # noqa: E402
import stamp  # noqa: E402
import tree  # noqa: E402
import wheels  # noqa: E402


class Wheelhouse(NamedTuple):
    """What the launcher can install from without a network."""

    wheel: Path
    version: str  # of that wheel, for TOCSIN_VERSION: its path, and #sha256=HEX
    folder: Path  # the wheels of its packages, for PIP_FIND_LINKS
    cache: Path  # of this session

    def env(self, cache: Path | None = None) -> dict[str, str]:
        """The variables of the launcher and of pip."""
        return {
            "TOCSIN_VERSION": self.version,
            "TOCSIN_CACHE": str(cache or self.cache),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.folder),
        }


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory) -> Wheelhouse:
    """Skips where the wheels are missing, which `./dev release` downloads, and the test itself where TOCSIN_REQUIRE_RUNNERS=1."""
    lock, kept = (ROOT / layout.LOCK).read_text(encoding="utf-8"), tree.default_wheels(ROOT)
    if not wheels.offline(kept).is_dir() and os.environ.get("TOCSIN_REQUIRE_RUNNERS") != "1":
        pytest.skip("needs the wheels of the offline bundle, which ./dev release downloads")
    suffixes = {target.suffix for target in layout.OFFLINE}
    if (suffix := (sysconfig.get_config_var("EXT_SUFFIX") or "").lstrip(".")) not in suffixes:
        pytest.skip(f"the offline bundle has no wheels for this Python ({suffix})")
    shared = shared_folder(tmp_path_factory)
    wheel = _wheel(shared)
    digest = tree.digest(wheel)
    return Wheelhouse(wheel, f"{wheel}#sha256={digest}", wheels.download_offline(lock, kept), shared / "tocsin-cache")


def _wheel(shared: Path) -> Path:
    """The workers build the same bytes, and each leaves them there."""
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        built = stamp.build_wheel(ROOT, Path(folder))
        place = shared / f"wheel-{tree.digest(built)}"
        place.mkdir(exist_ok=True)
        return built.replace(place / built.name)
