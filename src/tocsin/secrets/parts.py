"""The parts of a secret that are secrets by themselves: a URL's keys, its login, its path; and the forms a log should hide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import SplitResult, quote, unquote, urlsplit

from tocsin.named_tuple import NamedTuple

MASKED_MIN_CHARS = 4  # masking shorter values would garble every line and hide nothing
KEY_MIN_CHARS = 16  # ours: a shorter part of an address is a word, not a key, unless more speaks for it
SHORT_KEY_MIN_CHARS = 8  # ours: with digits among its letters, where an address ends or below a name, this is a key too

_LOGIN = r"[^\s/@]+:[^\s/]+@[\w.\-\[\]:]+/?"
KEY_PARAMETERS = r"(?i:sig|signature|token|access_?token|.*key|code|secret|passw(or)?d|pwd|auth)"


class Parts(NamedTuple):
    """Of an address: `keys` are secrets by themselves, also in part; `wholes` are only where they stand complete."""

    keys: tuple[str, ...]
    wholes: tuple[str, ...]


def parts(text: str) -> Parts | None:
    """The parts of an address, or of a proxy's written without a scheme; None for any other text."""
    url = url_of(text if "://" in text else f"http://{text}" if re.fullmatch(_LOGIN, text) else "")
    if not url.netloc:
        return None
    behind = [url.path, url.query, f"{url.path}?{url.query}", url.path + text.partition(url.path)[2] if url.path else ""]
    return Parts(tuple(dict.fromkeys(_keys(url))), tuple(part for part in (text, *behind) if len(part) >= MASKED_MIN_CHARS))


def _keys(url: SplitResult) -> Iterator[str]:
    user, _, login_password = url.netloc.rpartition("@")[0].partition(":")
    yield from filter(None, (login_password, user if not login_password or len(user) >= KEY_MIN_CHARS else ""))
    segments = [segment for segment in url.path.split("/") if segment]
    for number, segment in enumerate(segments, 1):
        if len(segment) >= KEY_MIN_CHARS or (number == len(segments) and is_short_key(segment)):
            yield segment
    for pair in re.split("[&;]", f"{url.query}&{url.fragment}"):
        name, named, value = pair.partition("=")
        value = value if named else name
        if len(value) >= KEY_MIN_CHARS or is_short_key(value) or (named and re.fullmatch(KEY_PARAMETERS, name)):
            yield value


def is_short_key(text: str) -> bool:
    """Whether a text that is too short to be a key for its length alone has digits among its letters."""
    return len(text) >= SHORT_KEY_MIN_CHARS and bool(re.search("[0-9]", text) and re.search("[A-Za-z]", text))


def keys(text: str) -> list[str]:
    """The parts of an address, or of what stands in one behind its host, that are long enough to be keys."""
    pieces = re.split("[/?&=#]", text.partition("://")[2])[1:] if "://" in text else re.split("[/?&=#]", text)
    return [piece for piece in pieces if len(piece) >= KEY_MIN_CHARS]


def long_paths(text: str) -> list[str]:
    """What stands behind the host of an address that is a secret as a whole: a service's errors and logs repeat it without the host."""
    url = url_of(text)
    paths = [*([f"{url.path}?{url.query}"] if url.query else []), url.path]
    return [path for path in paths if len(path) >= KEY_MIN_CHARS]


def password(text: str) -> str:
    """The password in a URL, "" where there is none."""
    return url_of(text).password or ""


def url_of(text: str) -> SplitResult:
    """The parts of a URL; of any other text, or of a malformed one, there are none."""
    try:
        return urlsplit(text if "://" in text else "")
    except ValueError:
        return urlsplit("")


def forms(values: Iterable[str]) -> frozenset[str]:
    """Values as a log may show them, for a CI's own masking: plain and percent-encoded, and with PHP's escape of slashes.

    GitHub's runner knows further forms of each by itself: JSON, XML, base64 (Runner.Common/HostContext.cs).
    Those too short to be masked are left out.
    """
    return frozenset(form for value in values for form in _forms(value) if len(form) >= MASKED_MIN_CHARS)


def _forms(value: str) -> Iterator[str]:
    yield value
    encoded = quote(unquote(value) if re.search("%[0-9A-Fa-f]{2}", value) else value, safe="", errors="surrogateescape")
    for form in (quote(value, safe="", errors="surrogateescape"), encoded):
        yield form
        yield re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), form)
    yield value.replace("/", "\\/")
