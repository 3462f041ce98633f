"""A release of this checkout, built once for a session, and its sources in a repository of their own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import layout
import pytest
import tree
from scripts import PYTHONS, ROOT, WHEELS, git
from workers import shared_folder


@pytest.fixture(scope="session")
def sources(tmp_path_factory) -> Path:
    """The sources as they are now, in a repository of their own, whose git writes files as Windows has them."""
    if os.environ.get("TOCSIN_REQUIRE_RUNNERS") == "1":
        assert PYTHONS, "no Python that a release is for is on PATH or in TOCSIN_PYTHONS"
    elif not WHEELS.exists() or not PYTHONS:
        pytest.skip("needs the wheels of a release, which ./dev release downloads, and a Python that it is for")
    folder = tmp_path_factory.mktemp("of another name")
    tree.copy_files(ROOT, folder, (*layout.PROGRAM, *layout.BUILT_BY))
    (folder / "build").mkdir()
    (folder / "build" / WHEELS.name).symlink_to(WHEELS)
    (folder / ".gitignore").write_text("__pycache__/\nbuild/\n")
    git(folder, "init", "-q")
    for name, value in {"user.name": "Ada", "user.email": "ada@example.com", "core.autocrlf": "true", "commit.gpgsign": "false"}.items():
        git(folder, "config", name, value)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "The sources")
    return folder


@pytest.fixture(scope="session")
def release(tmp_path_factory, sources) -> Path:
    """A release of this checkout, built by the first worker that needs it; read and not written to by the tests."""
    import fcntl  # of POSIX: elsewhere there are no wheels, which `sources` says

    out = shared_folder(tmp_path_factory) / "release"
    with out.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not out.is_dir():
            tree.build(sources, built := out.with_suffix(".new"), WHEELS, PYTHONS)
            built.rename(out)
    return out


@pytest.fixture
def copy(release, tmp_path) -> Path:
    """A release that the test may change."""
    return Path(shutil.copytree(release, tmp_path / "copy"))
