"""The names of bases: how a policy writes where a base lies, and what a base's own names mean."""

from __future__ import annotations

import posixpath
import re

from tocsin.checkout import commit_id
from tocsin.named_tuple import NamedTuple

FOLDER = ".tocsin"
LOCK = f"{FOLDER}/lock"
VENDORED = f"{FOLDER}/bases"
FORMS = "a path in the repository, github:OWNER/REPO/PATH@COMMIT, gitlab:GROUP/PROJECT//PATH@COMMIT or https://…#sha256=HEX"

HOME, GITHUB, GITLAB, HTTPS = "", "github", "gitlab", "https"
NAME_MAX_CHARS = 1000  # ours

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")


_PIN = re.compile(r"(?:@|#sha256=)[0-9a-f]{40,64}$")


class BaseNameError(ValueError):
    """Why a base's name cannot be used, in words that follow it."""


class BaseName(NamedTuple):
    """Where a base lies: in the repository itself (HOME), in another one at a commit, or at an address with a digest."""

    kind: str
    repository: str  # OWNER/REPO, GROUP/…/PROJECT, or the host
    path: str  # from the repository's or the host's root on
    pin: str  # the commit, or the text's SHA-256

    def __str__(self) -> str:
        if self.kind == HOME:
            return self.path
        if self.kind == HTTPS:
            return f"https://{self.repository}/{self.path}#sha256={self.pin}"
        between = "//" if self.kind == GITLAB else "/"
        return f"{self.kind}:{self.repository}{between}{self.path}@{self.pin}"

    def beside(self, text: str) -> BaseName:
        """The base that a file here names. Raises BaseNameError."""
        if len(text) > NAME_MAX_CHARS or _ODD.search(text):
            raise BaseNameError("is no name of a base: it has a space, a backslash or a control character in it, or is too long")
        if _SCHEME.match(text):
            return parse(text)
        name, pin = (text, self.pin) if self.kind != HTTPS else _digest(text)
        folder = posixpath.dirname(self.path) if name.startswith(("./", "../")) else ""
        return self._replace(path=inside(posixpath.join(folder, name)), pin=pin)

    def file(self, text: str) -> BaseName:
        """A file that a channel here names, counted from the root as every such file. Raises BaseNameError."""
        if self.kind == HTTPS or _ODD.search(text):
            return self.beside(text)
        return self._replace(path=inside(text))


def parse(text: str) -> BaseName:
    """The base of a name that begins with a scheme. Raises BaseNameError."""
    scheme, _, rest = text.partition(":")
    if scheme == HTTPS and rest.startswith("//"):
        address, pin = _digest(rest[2:])
        host, slash, path = address.partition("/")
        if not _HOST.fullmatch(host) or not slash:
            raise BaseNameError("is no address of a base: write https://HOST/PATH#sha256=HEX, the host in small letters and without a user")
        return BaseName(HTTPS, host, inside(path), pin)
    if scheme in (GITHUB, GITLAB):
        place, at, commit = rest.rpartition("@")
        if not at or commit_id(commit) != commit:
            raise BaseNameError("names no commit: end it with @ and the commit's full id, because a branch or a tag can change")
        repository, path = _split(scheme, place)
        if not all(_OWNER.fullmatch(part) for part in repository.split("/")) or "/" not in repository:
            raise BaseNameError(f"names no repository: write {FORMS}")
        return BaseName(scheme, repository, inside(path), commit)
    raise BaseNameError(f"is no name of a base: write {FORMS}")


def without_pin(name: str) -> str:
    """A base's name as errors show it: without its commit or digest, which look like keys and say nothing to a reader."""
    return _PIN.sub("", name)


def _split(scheme: str, place: str) -> tuple[str, str]:
    if scheme == GITLAB and "//" in place:
        repository, _, path = place.partition("//")
        return repository, path
    parts = place.split("/", 2)
    return "/".join(parts[:2]), parts[2] if len(parts) > 2 else ""


def _digest(text: str) -> tuple[str, str]:
    address, _, pin = text.partition("#sha256=")
    if not _SHA256.fullmatch(pin):
        raise BaseNameError("has no digest: end it with #sha256= and the 64 small hexadecimal digits of the text's SHA-256")
    return address, pin


def inside(path: str) -> str:
    """A path without `.` and `..`. Raises BaseNameError where it leads out of its root."""
    if not path:
        raise BaseNameError("names no file")
    plain = posixpath.normpath(path)
    if plain.startswith(("/", "../")) or plain in (".", "..") or path.endswith("/"):
        raise BaseNameError("leads out of its repository, or to no file: paths are counted from the root, and begin without a /")
    return plain
