"""This checkout as somebody else would clone it: its files as they are now, committed on `main`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from runners import git

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = ("tests/", "gallery/", "docs/gallery/", "fuzz/", "benchmarks/")  # nothing that is installed or copied from


def snapshot(folder: Path, other: Mapping[str, str] = {}) -> Path:
    """A repository with this checkout's files, some of them with another text; its tags are `v9` and the lightweight `v9-light`."""
    for name in git(ROOT, "ls-files", "-co", "--exclude-standard", "-z").split("\0"):
        if name and not name.startswith(LEFT_OUT) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name, text in other.items():
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "The sources", at="2026-01-02T03:04:05Z")  # the same commit in every worker, to install once
    git(folder, "tag", "-a", "v9", "-m", "annotated")
    git(folder, "tag", "v9-light")
    return folder
