"""The network as the CI and the administrator set it up: proxies, trust, allowed hosts; and why an attempt got no answer.

No certificate is trusted that the system or the administrator does not trust.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tocsin.text import clean

if TYPE_CHECKING:
    import ssl


class NoAnswer(Exception):  # noqa: N818  what happened, in words for the report
    """The attempt got no answer: `reason` says why, `retry` whether another may."""

    def __init__(self, reason: str, *, retry: bool = True) -> None:
        self.reason, self.retry = reason, retry
        super().__init__(reason)


class Network:
    """Proxies, trust and the administrator's limits; shared by all channels of a run."""

    def __init__(
        self,
        proxies: Mapping[str, str] | None = None,
        no_proxy: str = "",
        ca_files: tuple[str, ...] = (),
        allowed_hosts: tuple[str, ...] | None = None,
    ) -> None:
        self.proxies, self.no_proxy, self.ca_files, self.allowed_hosts = proxies or {}, no_proxy, ca_files, allowed_hosts
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def tls(self) -> ssl.SSLContext:
        """The one TLS context: the system's store and the private CAs. Raises NoAnswer for a CA file that cannot be read."""
        with self._lock:
            if self._tls is None:
                import ssl

                import truststore

                context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                if self.ca_files and sys.platform not in ("darwin", "win32"):  # those ask the system itself
                    load_system_store(context)
                for path in self.ca_files:
                    try:
                        context.load_verify_locations(cafile=path)
                    except (OSError, ssl.SSLError) as error:
                        raise NoAnswer(f"the CA file {path} cannot be used ({type(error).__name__})", retry=False) from None
                self._tls = context
            return self._tls

    def require_allowed(self, host: str) -> None:
        """Raise NoAnswer where the administrator's TOCSIN_ALLOWED_HOSTS leaves `host` out."""
        if self.allowed_hosts is not None and not any(fnmatchcase(host.lower(), glob.lower()) for glob in self.allowed_hosts):
            raise NoAnswer(f"host {clean(host, 100)} is not among TOCSIN_ALLOWED_HOSTS", retry=False)

    def proxy_for(self, url: str) -> str | None:
        """The proxy for a URL, by scheme and NO_PROXY; None for a direct connection. Raises NoAnswer for a proxy that is not HTTP's."""
        parts = urlsplit(url)
        proxy = self.proxies.get(parts.scheme)
        if not proxy or (self.no_proxy and self._is_direct(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))):
            return None
        scheme, named, _ = proxy.partition("://")
        if named and scheme.lower().startswith("socks"):
            step = "name an HTTP proxy in HTTPS_PROXY and HTTP_PROXY, or the host in NO_PROXY"
            raise NoAnswer(f"SOCKS proxies are not supported: {step}", retry=False)
        return proxy if named else f"http://{proxy}"

    def _is_direct(self, host: str, port: int) -> bool:
        from tocsin.no_proxy import is_direct

        return is_direct(host, port, self.no_proxy)


def load_system_store(context: ssl.SSLContext) -> None:
    """Load the system's bundle by its built-in path: OpenSSL reads SSL_CERT_FILE in its place, and a private CA must only add to it."""
    import ssl
    from pathlib import Path

    paths = ssl.get_default_verify_paths()
    file, folder = Path(paths.openssl_cafile), Path(paths.openssl_capath)
    if file.is_file() or folder.is_dir():
        context.load_verify_locations(cafile=str(file) if file.is_file() else None, capath=str(folder) if folder.is_dir() else None)


def no_answer(error: Exception, host: str) -> NoAnswer:
    """What a failed request comes to, in our own words: a library's would hold the URL. Certificates and malformed headers are final."""
    import ssl

    from urllib3 import exceptions

    host = clean(host, 100)
    if isinstance(error, exceptions.ProxyError):
        unverified = certificate_refused(error.original_error, f"the proxy for {host}")
        return unverified or NoAnswer(f"the proxy for {host} cannot be reached or refuses")
    unverified = certificate_refused(error, host)
    if unverified:
        return unverified
    if isinstance(error, exceptions.NameResolutionError):
        return NoAnswer(f"host {host} cannot be resolved")
    if isinstance(error, exceptions.NewConnectionError):
        return NoAnswer(f"connection to {host} refused or unreachable")
    if isinstance(error, (exceptions.TimeoutError, TimeoutError)):
        return NoAnswer(f"no answer from {host} in time")
    if isinstance(error, (exceptions.SSLError, ssl.SSLError)):
        return NoAnswer(f"TLS with {host} failed")
    if isinstance(error, (exceptions.LocationParseError, exceptions.InvalidHeader)):
        return NoAnswer("the URL or a header is malformed", retry=False)
    return NoAnswer(f"connection to {host} broke before a whole answer came")


def certificate_refused(error: BaseException, host: str) -> NoAnswer | None:
    """The end of an attempt whose `error` says that the certificate of `host` does not verify; None for another error."""
    import ssl

    for candidate in (error, error.__cause__, *error.args):
        if isinstance(candidate, ssl.SSLCertVerificationError):
            why = clean(candidate.verify_message, 100)
            return NoAnswer(f"TLS certificate of {host} does not verify: {why}; a private CA goes into TOCSIN_CA_FILE", retry=False)
    return None
