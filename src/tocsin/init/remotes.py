"""The servers of a repository's remotes, and the pages on them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlsplit

_SCP = re.compile(r"(?:[^@/:\s]+@)?([^@/:\s]{2,}):(?!//)(.+)")  # git@host:owner/name.git, and no drive's letter
_WEB = ("http", "https")
_FIRST = ("origin", "upstream")
SERVICES = ("github", "gitlab", "bitbucket")  # whose name a server's address often has


class Remote(NamedTuple):
    """A repository on a server: its host, with the port of its web address, and its path without `.git`."""

    scheme: str
    host: str
    path: str

    @property
    def url(self) -> str:
        """The web address, without credentials."""
        return f"{self.scheme}://{self.host}/{quote(self.path)}"


def remotes(addresses: Mapping[str, str]) -> list[Remote]:
    """The remotes whose addresses lead to a server, by their names in git's configuration, `origin` first."""
    found = {name: remote for name, address in addresses.items() if (remote := _remote(address))}
    return [found[name] for name in sorted(found, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))]


def _remote(address: str) -> Remote | None:
    """A remote by its address; None for a folder, and for what is no address.

    https://git-scm.com/docs/git-clone#_git_urls
    """
    short = _SCP.fullmatch(address)
    try:
        parts = urlsplit(f"ssh://{short[1]}/{short[2].lstrip('/')}" if short else address)
        port = parts.port
    except ValueError:
        return None
    path = parts.path.strip("/").removesuffix(".git")
    if parts.scheme not in (*_WEB, "ssh", "git", "git+ssh") or not parts.hostname or "/" not in path:
        return None
    web = parts.scheme in _WEB
    return Remote(parts.scheme if web else "https", f"{parts.hostname}:{port}" if web and port else parts.hostname, path)


def remote_of(ci: str, known: Sequence[Remote]) -> Remote | None:
    """The remote on a CI's own server: one whose host has its name, else one whose host has no other service's."""
    named = next((remote for remote in known if ci in remote.host), None)
    return named or next((remote for remote in known if not any(service in remote.host for service in SERVICES)), None)
