"""What a repository has: the files of its CIs, its remotes, its code owners. Plain files are read, and no link out of it is followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tocsin.checkout import repository_root
from tocsin.checkout_state import remote_addresses
from tocsin.file_io import read_regular
from tocsin.init.remotes import Remote, remotes

FILE_MAX_BYTES = 1024 * 1024  # ours: a workflow has at most 512 KB, https://docs.github.com/actions/reference/limits
FILES_MAX = 200  # ours: of each CI
# Where each CI looks for its files; a Jenkins job may name any.
PATTERNS = {
    "github": (".github/workflows/*.yml", ".github/workflows/*.yaml"),
    "gitlab": (".gitlab-ci.yml",),
    "jenkins": ("Jenkinsfile", "*.Jenkinsfile", "*/Jenkinsfile", "*/*/Jenkinsfile"),
    "circleci": (".circleci/config.yml",),
}
# https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
# https://docs.gitlab.com/user/project/codeowners/
_OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class CiFile(NamedTuple):
    """A file of a CI: its path from the root, and its text; None where it is no text, or not a file of the repository's own."""

    ci: str
    path: str
    text: str | None


class Repository(NamedTuple):
    """What was found; `under_git` is whether there is a repository at all."""

    root: Path
    under_git: bool
    files: tuple[CiFile, ...]
    remotes: tuple[Remote, ...]
    owners: tuple[str, ...]  # as CODEOWNERS writes them: @name, @organisation/team, an address

    def of(self, ci: str) -> list[CiFile]:
        """The files of one CI."""
        return [file for file in self.files if file.ci == ci]


def look(folder: Path) -> Repository:
    """What the repository has that `folder` is in; outside of one, what the folder has."""
    root = repository_root(folder)
    files = tuple(CiFile(ci, path, read_text(root, path)) for ci, patterns in PATTERNS.items() for path in _paths(root, patterns))
    return Repository(root, (root / ".git").exists(), files, tuple(remotes(remote_addresses(root))), tuple(_owners(root)))


def _paths(root: Path, patterns: tuple[str, ...]) -> list[str]:
    """The files there are, as paths from the root on, the nearest first."""
    found = {path.relative_to(root).as_posix() for pattern in patterns for path in _glob(root, pattern)}
    seen = [path for path in found if not any(part in ("node_modules", "vendor") for part in path.split("/"))]
    return sorted(seen, key=lambda path: (path.count("/"), path))[:FILES_MAX]


def _glob(root: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from (path for path in root.glob(pattern) if path.is_file())
    except OSError:  # a folder that may not be looked into
        return


def read_text(root: Path, path: str) -> str | None:
    """A text file of the repository, with its line ends; None where it is none, or lies elsewhere by a link."""
    place = root / path
    try:
        if place.resolve() != root.resolve() / path:
            return None
        return read_regular(place, FILE_MAX_BYTES).decode("utf-8")
    except (OSError, ValueError, RuntimeError):
        return None


def _owners(root: Path) -> list[str]:
    """Each owner that the first CODEOWNERS names, once."""
    text = next(filter(None, (read_text(root, path) for path in _OWNERS)), "")
    lines = (line.partition("#")[0].split()[1:] for line in text.splitlines() if not line.startswith("["))
    return list(dict.fromkeys(word for line in lines for word in line if _OWNER.fullmatch(word)))
