"""An address on the network, read once: the host that is allowed or not is the one that the connection goes to.

The grammar is RFC 3986's, but narrower: what two programs may read in two ways is refused. What was read can be written back.
"""

from __future__ import annotations

import re

from tocsin.named_tuple import NamedTuple

HOST_MAX_CHARS = 253  # RFC 1035, 3.1
NOT_HTTP = "is not an http or https address"
PORTS = {"http": 80, "https": 443}
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")  # nothing can listen in between

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.IGNORECASE | re.ASCII)
_AUTHORITY = re.compile(r"(?:(?P<login>[^@]*)@)?(?P<host>\[[^]@]*]?|[^:@]*)(?::(?P<port>[^:@]*))?")
_LOGIN = re.compile(r"(?:[a-z0-9._~!$&'()*+,;=:-]|%[0-9a-f]{2})*", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(
    r"[0-9]+|0x[0-9a-f]*"
)  # a name whose last label is one is read as an address: https://url.spec.whatwg.org/#ends-in-a-number-checker
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
_ZONE = re.compile(r"[a-z0-9._~-]+", re.IGNORECASE | re.ASCII)
_REFERENCE = re.compile(r"\$\{\w+\}", re.ASCII)


class AddressError(ValueError):
    """Why a text is no address, in words that follow its name. Nothing of the text is in them: it may be a secret."""


class HttpUrl(NamedTuple):
    """An http or https address. `host` is as `host()` gives it, `target` the path and query, `login` what stands before the @."""

    scheme: str
    host: str
    port: int
    target: str
    login: str

    @property
    def url(self) -> str:
        """The address written back, without its login and fragment."""
        host = f"[{self.host.replace('%', '%25')}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


def http_url(text: str) -> HttpUrl:
    """Take an http or https address apart. Raises AddressError."""
    if "://" in text:
        require_clean(text)
    url = _URL.fullmatch(text)
    scheme = url["scheme"].lower() if url else ""
    if not url or scheme not in PORTS:
        raise AddressError(NOT_HTTP)
    parts = _AUTHORITY.fullmatch(url["authority"])
    if not parts or parts["login"] == "" or not _LOGIN.fullmatch(parts["login"] or ""):
        raise AddressError("holds a character before its path that can be read in two ways: percent-encode it in a user or password")
    return HttpUrl(scheme, _host_of_url(parts["host"]), _port(parts["port"], scheme), url["target"], parts["login"] or "")


def host_for_token(text: str) -> str:
    """The host of an API's address, to which a token may travel: by https, or on this machine. Raises AddressError."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise AddressError("is no address") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in THIS_MACHINE):
        raise AddressError("must begin with https://, for the token never travels in the clear")
    return host


def require_clean(text: str) -> None:
    """Raise AddressError for a character that no address has and that programs drop, fold or read as another."""
    if "\\" in text:
        raise AddressError("is malformed: it holds a backslash, which no address has: some programs read it as a slash")
    if " " in text:
        raise AddressError("is malformed: it holds a space, which no address has")
    if not text.isprintable():
        raise AddressError("is malformed: it holds a tab, a line break or another character that no address has")


def _host_of_url(text: str) -> str:
    if not text or text.startswith("[") != text.endswith("]"):
        raise AddressError(NOT_HTTP)
    if text.startswith("["):
        bare, percent, zone = text[1:-1].partition("%25")
        if "%" in bare or ":" not in bare:
            raise AddressError("names a host in brackets that is no IPv6 address, such as [2001:db8::1]")
        return host(f"{bare}%{zone}" if percent else bare)
    return host(text)


def _port(text: str | None, scheme: str) -> int:
    if text is None:
        return PORTS[scheme]
    if not (text.isascii() and text.isdigit()):
        raise AddressError(NOT_HTTP)
    if not re.fullmatch("[1-9][0-9]{0,4}", text) or int(text) > 65535:
        raise AddressError("has a port that is none: write a number from 1 to 65535 after the colon")
    return int(text)


def host(text: str) -> str:
    """The host that `text` names, in the one way to write it: in lower case and ASCII, an IPv6 address short and without brackets.

    A dot at the end of a name stays: with it, DNS adds no domain of its own. Raises AddressError.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" in bare:
        return _ipv6(bare)
    name = _in_ascii(text)
    labels = name.removesuffix(".").split(".")
    if len(name) > HOST_MAX_CHARS or not all(map(_LABEL.fullmatch, labels)):
        raise AddressError("cannot be the name of a host")
    if _NUMBER.fullmatch(labels[-1]) and not _IPV4.fullmatch(name):
        raise AddressError("names a host by a number that can be read in two ways: write its address as 192.0.2.1")
    return name


def _ipv6(text: str) -> str:
    from ipaddress import IPv6Address

    bare, percent, zone = text.partition("%")
    try:
        address = str(IPv6Address(bare))
    except ValueError:
        raise AddressError("names a host that is no IPv6 address") from None
    if percent and not _ZONE.fullmatch(zone):
        raise AddressError("names a zone of an IPv6 address that is none")
    return address + percent + zone


def _in_ascii(name: str) -> str:
    """A name as DNS has it (RFC 3490). One that would not come back the same, such as full-width letters, is refused."""
    name = re.sub("[A-Z]+", lambda capitals: capitals[0].lower(), name)
    if name.isascii():
        return name
    if len(name) > HOST_MAX_CHARS:
        raise AddressError("cannot be the name of a host")
    try:
        written = name.encode("idna")
        same = written.decode("idna") == name
    except UnicodeError:
        raise AddressError("cannot be the name of a host") from None
    if not same:
        raise AddressError("names a host by characters that can be read in two ways: write it in its ASCII form (xn--…)")
    return written.decode()


def check_literal(text: str) -> None:
    """Look at an address of a policy in which `${NAME}` stands: at all that does not come from a variable. Raises AddressError."""
    text = text.replace("$${", "{")
    require_clean(text)
    scheme, mark, rest = text.partition("://")
    if _REFERENCE.search(scheme):
        if not mark or "/" in scheme:
            return  # a variable holds the host
        scheme = "http"
    http_url(scheme + mark + _with_samples(rest))


def check_host_literal(text: str) -> None:
    """The same for a host alone."""
    host(_with_samples(text.replace("$${", "{")))


def _with_samples(text: str) -> str:
    """`text` with something in the place of each variable that may stand there: a port after a colon, a path after a port, else a name."""
    text = re.sub(r"\[\$\{\w+\}\]?", "[::1]", text, flags=re.ASCII)
    text = re.sub(r":\$\{\w+\}", ":1", text, flags=re.ASCII)
    text = re.sub(r"(:[0-9]+)\$\{\w+\}", r"\1/", text, flags=re.ASCII)
    return _REFERENCE.sub("a", text)
