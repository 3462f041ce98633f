"""Put a built tree under its tags in this clone: `v1.2.3` for good, and `v1`, which moves. Nothing is pushed.

    python release/tag.py TREE VERSION [COMMIT]

The tree's commit has the commit it was built from as its parent, which is how release/verify.py finds the sources of a tag.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Make the commit and the tags."""
    tree, version = Path(sys.argv[1]).resolve(), sys.argv[2]
    commit = commit_of(tree, f"Release {version}", sys.argv[3] if len(sys.argv) > 3 else "HEAD")
    _git("tag", f"v{version}", commit)
    _git("tag", "--force", f"v{version.split('.')[0]}", commit)
    print(commit)


def commit_of(tree: Path, title: str, parent: str) -> str:
    """A commit with just the files of a folder, whatever a .gitignore says of them."""
    with tempfile.TemporaryDirectory() as folder:
        index = {
            "GIT_DIR": _git("rev-parse", "--absolute-git-dir"),
            "GIT_WORK_TREE": str(tree),
            "GIT_INDEX_FILE": str(Path(folder) / "index"),
        }
        _git("add", "--all", "--force", ".", cwd=tree, env=index)
        files = _git("write-tree", env=index)
    return _git("commit-tree", files, "-p", _git("rev-parse", f"{parent}^{{commit}}"), "-m", title)


def _git(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(["git", *words], cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
