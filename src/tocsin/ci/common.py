"""What the CI systems' files share: sources that are read without trust, and the facts that all of them make alike.

Whatever stands in a variable or an event file, nothing in here raises: what does not fit is absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from tocsin.checkout import commit_id
from tocsin.event import Fact, Facts, Rank

OptionalFacts: TypeAlias = dict[str, Fact | None]  # by dotted field; None where it is absent

SHORT_SHA_CHARS = 8
# Where a commit's page is, on the hosts that are known: an address does not say what runs on another.
_COMMIT_PATHS = {"github.com": "/commit/", "gitlab.com": "/-/commit/", "bitbucket.org": "/commits/"}
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)  # 18 digits fit 64 bits: longer is no build's number
_SCP = re.compile(r"(?:[^@/\\\s]+@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]+):(?P<path>[^\\\s]+)")  # git's short form of an ssh address
# What Python 3.10 does not read in an instant: fractions of other than 3 or 6 digits, an offset without its colon.
_FRACTION = r"(?<=:[0-9]{2})[.,][0-9]+"
_OFFSET = r"([+-][0-9]{2})([0-9]{2})$"
_AUTHOR = r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>\s*"


class Source:
    """Values by name, read without trust: the environment, or an event file whose keys are joined by dots."""

    def __init__(self, find: Callable[[str], object], prefix: str = "") -> None:
        self._find, self._prefix = find, prefix

    def text(self, *names: str) -> Fact | None:
        """The first of `names` that has a text which is not empty."""
        return self._first(names, lambda value: value if isinstance(value, str) else None)

    def id(self, *names: str) -> Fact | None:
        """As `text`, and a whole number is an id too."""
        return self._first(names, lambda value: str(value) if type(value) is int else value if isinstance(value, str) else None)

    def number(self, name: str) -> Fact | None:
        """A whole number that is not negative."""
        return mapped(self.id(name), lambda text: int(text) if _NUMBER.fullmatch(text) else None)

    def time(self, *names: str) -> Fact | None:
        """The first of `names` that has a text, as ISO 8601 in UTC; absent if it is no instant."""
        return mapped(self.text(*names), utc)

    def raw(self, name: str) -> object:
        """The value as it stands."""
        return self._find(name)

    def _first(self, names: tuple[str, ...], take: Callable[[object], str | None]) -> Fact | None:
        for name in names:
            value = take(self._find(name))
            if value and value.strip():
                return Fact(valid(value), self._prefix + name)
        return None


def variables(env: Mapping[str, str], absent: tuple[str, ...] = ()) -> Source:
    """The environment as a source; a value in `absent` counts as none, as an empty one does."""
    return Source(lambda name: None if env.get(name, "") in absent else env.get(name))


def document(data: object) -> Source:
    """An event file as a source: "deployment.creator.login", and "pull_requests.0.number" for the items of a list."""
    return Source(lambda path: dig(data, path), "event file: ")


def dig(data: object, path: str) -> object:
    """What stands in nested dicts and lists under a dotted path; None where the path leads nowhere."""
    for key in path.split("."):
        if isinstance(data, dict):
            data = data.get(key)
        elif isinstance(data, list) and key.isdecimal():
            data = data[int(key)] if int(key) < len(data) else None
        else:
            return None
    return data


def text_of(source: Source, name: str) -> str | None:
    """A text, or a whole number as one; None where there is neither."""
    fact = source.id(name)
    return fact.value if fact else None


def merged(declared: OptionalFacts, guessed: OptionalFacts) -> Facts:
    """The facts that are there, each with its rank; what the CI declares outranks a guess."""
    guesses = {name: fact._replace(rank=Rank.GUESS) for name, fact in guessed.items() if fact}
    return {**guesses, **{name: fact for name, fact in declared.items() if fact}}


def mapped(fact: Fact | None, make: Callable[[Any], Any]) -> Fact | None:
    """What `make` makes of a fact's value, from the same source; absent if it makes None or empty text."""
    value = make(fact.value) if fact else None
    return Fact(value, fact.source) if fact and value not in (None, "") else None


def ref_facts(kind: str, name: Fact | None, source: str | None = None) -> OptionalFacts:
    """The `ref` fields of a branch, a tag or a pull request (`kind`); without a name only the type, from `source`."""
    where = name.source if name else source
    return {
        "ref.type": Fact(kind, where) if where else None,
        "ref.name": name,
        "ref.branch": name if kind == "branch" else None,
        "ref.tag": name if kind == "tag" else None,
    }


def commit_facts(sha: Fact | None, base_url: Fact | None = None, path: str = "/commit/") -> OptionalFacts:
    """The `commit` fields that follow from its id; `base_url` is the repository's web address."""
    return {
        "commit.sha": sha,
        "commit.short_sha": mapped(sha, lambda text: text[:SHORT_SHA_CHARS]),
        "commit.url": mapped(sha, lambda text: f"{base_url.value}{path}{text}" if base_url else None),
    }


def commit_path(url: Fact | None) -> str | None:
    """The path of commits' pages below a repository's web address; None where its host is not known."""
    return _COMMIT_PATHS.get(urlsplit(url.value).hostname or "") if url else None


def comparison(page: str | None, base: str | None) -> str | None:
    """The page that compares two commits, `base` with the one whose own page this is; None for a host that has no such page.

    GitHub, and what is like it: /commit/ID and /compare/BASE...ID. GitLab: the same behind "/-".
    """
    repository, found, commit = (page or "").rpartition("/commit/")
    return f"{repository}/compare/{base}...{commit}" if found and base and commit_id(base) == base != commit else None


def message_facts(fact: Fact | None) -> OptionalFacts:
    """A commit's message and its title, which is the message's first line."""
    return {"commit.message": fact, "commit.title": mapped(fact, first_line)}


def first_line(text: str) -> str | None:
    """The first line of `text` that is not blank."""
    return next((line.strip() for line in text.splitlines() if line.strip()), None)


def split_author(text: str) -> tuple[str | None, str | None]:
    """The name and the address in "Name <address>"; a text without an address is a name."""
    found = re.fullmatch(_AUTHOR, text)
    name, email = (found["name"], found["email"]) if found else (text, "")
    return name.strip() or None, email.strip() or None


def utc(text: str) -> str | None:
    """An instant of ISO 8601 with its offset, in UTC ("2026-11-23T15:44:00+01:00" is "2026-11-23T14:44:00Z")."""
    from datetime import datetime, timezone

    try:
        instant = datetime.fromisoformat(re.sub(_OFFSET, r"\1:\2", re.sub("[zZ]$", "+00:00", re.sub(_FRACTION, "", text.strip()))))
        return instant.astimezone(timezone.utc).isoformat(timespec="seconds")[:19] + "Z" if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def seconds_between(start: str, end: str) -> float:
    """The seconds between two instants as `utc` gives them; negative where `end` is before `start`."""
    from datetime import datetime

    first, last = (datetime.fromisoformat(text.removesuffix("Z")) for text in (start, end))
    return (last - first).total_seconds()


def web_url(text: str) -> str | None:
    """A repository's web address, from any address that git takes, without `.git` and without credentials."""
    short = None if "://" in text else _SCP.fullmatch(text.strip())
    try:
        parts = urlsplit(f"ssh://{short['host']}/{short['path'].lstrip('/')}" if short else text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    path = parts.path.rstrip("/").removesuffix(".git")
    if not host or not path.strip("/") or parts.scheme not in ("http", "https", "ssh", "git", "git+ssh"):
        return None
    host = f"[{host}]" if ":" in host else host
    web = parts.scheme in ("http", "https")  # the port of ssh or git is not the web's
    return f"{parts.scheme if web else 'https'}://{host}{f':{port}' if web and port else ''}{path}"


def valid(text: str) -> str:
    """`text` without halves of surrogate pairs, which no encoding can write: undecodable bytes and broken JSON bring them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
