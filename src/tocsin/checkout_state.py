"""What is checked out, and from where, by git's plain files. No program is run to learn it; only a machine without a CI is asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tocsin.checkout import REFERENCE, checked_out, git_folder, read_plain

_CONFIG_MAX_BYTES = 1024 * 1024  # ours
_SECTION = re.compile(r'\[(?P<kind>[\w.-]+)(?: "(?P<name>(?:[^"\\]|\\.)*)")?\][ \t]*(?P<rest>.*)')


class Checkout(NamedTuple):
    """What plain files tell of a repository: the branch, the commit, a remote's name and address; each None where there is none."""

    branch: str | None = None
    commit: str | None = None
    remote: str | None = None
    remote_url: str | None = None


def checkout_at(root: Path) -> Checkout:
    """What is checked out in a repository's root. The remote is the branch's own, else `origin`, else the only one.

    https://git-scm.com/docs/gitrepository-layout, https://git-scm.com/docs/git-config
    """
    folder = git_folder(root)
    if folder is None:
        return Checkout()
    reference = REFERENCE.fullmatch(read_plain(folder / "HEAD") or "")
    name = reference[1] if reference else ""
    branch = name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else None
    config = _config(folder)
    remotes = _remotes(config)
    wanted = (config.get(("branch", branch or ""), {}).get("remote"), "origin", *(remotes if len(remotes) == 1 else ()))
    remote = next((name for name in wanted if name in remotes), None)
    return Checkout(branch, checked_out(root), remote, remotes[remote] if remote else None)


def remote_addresses(root: Path) -> dict[str, str]:
    """The address of each remote by its name."""
    folder = git_folder(root)
    return _remotes(_config(folder)) if folder else {}


def _remotes(config: dict[tuple[str, str], dict[str, str]]) -> dict[str, str]:
    return {section[1]: values["url"] for section, values in config.items() if section[0] == "remote" and "url" in values}


def _config(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The settings in git's file by section, as far as they stand on one line each; of several values of a key the first.

    A worktree has its repository's.
    """
    common = read_plain(folder / "commondir")
    text = read_plain((folder / common.strip() if common else folder) / "config", _CONFIG_MAX_BYTES) or ""
    found: dict[tuple[str, str], dict[str, str]] = {}
    values: dict[str, str] = {}
    for line in text.splitlines():
        section = _SECTION.fullmatch(line.strip())
        if section:
            values = found.setdefault((section["kind"].lower(), section["name"] or ""), {})
        key, equals, value = (section["rest"] if section else line).partition("=")
        if equals:
            values.setdefault(key.strip().lower(), value.strip().strip('"'))
    return found
