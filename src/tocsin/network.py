"""The network as the CI and the administrator set it up: proxies, trust, allowed hosts; and why an attempt got no answer.

No certificate is trusted that the system or the administrator does not trust.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tocsin.address import AddressError, http_url
from tocsin.text import clean
from tocsin.verdict import is_temporary

if TYPE_CHECKING:
    import ssl


NO_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
)  # of OpenSSL, by version


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
        """Raise NoAnswer where the administrator's TOCSIN_ALLOWED_HOSTS leaves `host`, as `address.host` writes it, out."""
        if self.allowed_hosts is None:
            return
        from tocsin.allowed_hosts import is_allowed

        if not is_allowed(host, self.allowed_hosts):
            raise NoAnswer(f"host {clean(host, 100)} is not among TOCSIN_ALLOWED_HOSTS", retry=False)

    def warnings(self) -> list[str]:
        """What a person should know of the administrator's limits."""
        if self.allowed_hosts is None:
            return []
        from tocsin.allowed_hosts import warnings

        return list(warnings(self.allowed_hosts))

    def proxy_for(self, url: str) -> str | None:
        """The proxy for a URL, by scheme and NO_PROXY; None for a direct connection.

        Raises NoAnswer for a proxy that is not HTTP's or no address, and AddressError for a URL that is none.
        """
        target = http_url(url)
        text = self.proxies.get(target.scheme)
        if not text or self.is_direct(target.host, target.port):
            return None
        named, mark, _ = text.partition("://")
        variable = f"{target.scheme.upper()}_PROXY or ALL_PROXY"
        if mark and named.lower().startswith("socks"):
            step = "name an HTTP proxy in HTTPS_PROXY and HTTP_PROXY, or the host in NO_PROXY"
            raise NoAnswer(f"SOCKS proxies are not supported: {step}", retry=False)
        from tocsin.proxy import read_proxy

        try:
            read_proxy(text)
        except AddressError as error:
            raise NoAnswer(f"the proxy in {variable} {error}: write http://proxy.example.com:3128", retry=False) from None
        return text if mark else f"http://{text}"

    def is_direct(self, host: str, port: int) -> bool:
        """Whether NO_PROXY names a host."""
        if not self.no_proxy:
            return False
        from tocsin.no_proxy import is_direct

        return is_direct(host, port, self.no_proxy)

    def secrets(self) -> list[str]:
        """What is secret of the proxies' logins, in the forms in which it is written and sent."""
        if not self.proxies:
            return []
        from tocsin.proxy import login_secrets

        return [secret for proxy in self.proxies.values() for secret in login_secrets(proxy)]


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
        return unverified or _proxy_refused(error.original_error, host)
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
        return tls_failed(error, host, "https:// is for a port that speaks TLS")
    if isinstance(error, (exceptions.LocationParseError, exceptions.InvalidHeader)):
        return NoAnswer("the URL or a header is malformed", retry=False)
    return NoAnswer(f"connection to {host} broke before a whole answer came")


def _proxy_refused(error: Exception, host: str) -> NoAnswer:
    """Why a proxy opened no tunnel: http.client gives the status of its answer in words alone."""
    refused = re.search(r"Tunnel connection failed: ([0-9]{3})", str(error))
    return proxy_answered(int(refused[1]), host) if refused else NoAnswer(f"the proxy for {host} cannot be reached or refuses")


def proxy_answered(status: int, host: str) -> NoAnswer:
    """What it means that the proxy itself answered in place of `host`. It may reach the host later, but for what it forbids."""
    if status == 407:
        step = "write it into the proxy's address, as http://user:password@proxy.example.com:3128"
        return NoAnswer(f"the proxy for {host} asks for a login, or refuses this one (HTTP 407): {step}", retry=False)
    if is_temporary(status):
        return NoAnswer(f"the proxy for {host} cannot reach it (HTTP {status})")
    return NoAnswer(
        f"the proxy for {host} refuses to reach it (HTTP {status}): ask its administrator, or name the host in NO_PROXY", retry=False
    )


def tls_failed(error: BaseException, host: str, other_kind: str) -> NoAnswer:
    """Why a handshake failed, as OpenSSL has it in a constant of its own; `other_kind` is the advice where the port speaks no TLS."""
    import ssl

    found = next((one for one in (error, error.__cause__, *error.args) if isinstance(one, ssl.SSLError)), None)
    reason = getattr(found, "reason", None) or ""
    if reason in NO_TLS:
        return NoAnswer(f"TLS with {host} failed: its port answers without TLS; {other_kind}")
    return NoAnswer(f"TLS with {host} failed" + (f" ({clean(reason.lower().replace('_', ' '), 80)})" if reason else ""))


def certificate_refused(error: BaseException, host: str) -> NoAnswer | None:
    """The end of an attempt whose `error` says that the certificate of `host` does not verify; None for another error."""
    import ssl

    for candidate in (error, error.__cause__, *error.args):
        if isinstance(candidate, ssl.SSLCertVerificationError):
            why = clean(candidate.verify_message, 100)
            return NoAnswer(f"TLS certificate of {host} does not verify: {why}; a private CA goes into TOCSIN_CA_FILE", retry=False)
    return None
