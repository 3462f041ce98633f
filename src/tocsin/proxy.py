"""A proxy's address, as HTTPS_PROXY and its like have it."""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import unquote

from tocsin.address import AddressError, HttpUrl, http_url


def read_proxy(text: str) -> tuple[HttpUrl, str | None]:
    """A proxy's address, with http where it names no scheme, and its login without percent-encoding, as "user:password"; None for none.

    Raises AddressError.
    """
    scheme, rest = _split_proxy(text)
    login, at, place = rest.rpartition("@")
    if at and re.search("[/?#]", login):
        raise AddressError("has a login with a character that has to be percent-encoded")
    proxy = http_url(f"{scheme}://{place}")
    return proxy, (unquote(login if ":" in login else f"{login}:") if at else None)


def login_secrets(proxy: str) -> list[str]:
    """What is secret in a proxy's address, be it malformed: login and password, as written, decoded, and as a request carries them."""
    login = _split_proxy(proxy)[1].rpartition("@")[0]
    if not login:
        return []
    decoded = unquote(login)
    user, _, password = decoded.partition(":")
    sent = basic(f"{user}:{password}")
    plain = password or user  # a token may stand for both
    found = (login, decoded, login.partition(":")[2], plain, sent)
    return list(dict.fromkeys(_octets(secret).decode("utf-8", "replace") for secret in found if secret))


def basic(login: str) -> str:
    """A login, "user:password", as HTTP's Basic authentication carries it (RFC 7617)."""
    return b64encode(_octets(login)).decode()


def _octets(text: str) -> bytes:
    """A text of the environment as it was there, where that is no UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _split_proxy(text: str) -> tuple[str, str]:
    scheme, mark, rest = text.strip().partition("://")
    return (scheme, rest) if mark else ("http", scheme)
