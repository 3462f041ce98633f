"""The connections that urllib3 makes for us: to the first address that answers, and a request only goes out while it may."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationParseError, NameResolutionError, NewConnectionError

from tocsin.connect import connect
from tocsin.network import NoAnswer, no_answer
from tocsin.text import clean

if TYPE_CHECKING:
    import ssl

    from tocsin.address import HttpUrl
    from tocsin.http_direct import Permit


class Connection(HTTPConnection):
    """A connection that asks its permit."""

    def __init__(self, *place: Any, permit: Permit, **more: Any) -> None:
        super().__init__(*place, **more)
        self._permit = permit

    def _new_conn(self) -> socket.socket:
        """As urllib3's own, which gives the first of several addresses all the time there is. Raises urllib3's errors."""
        try:
            return connect(self._dns_host, self.port, self._permit.deadline, self._permit.clock)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except UnicodeError:
            raise LocationParseError(self.host) from None
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no address answers in time") from error
        except OSError as error:
            raise NewConnectionError(self, "no address takes a connection") from error

    def request(self, *what: Any, **more: Any) -> None:
        """Connect, and then send, if it may still be sent. Raises NoAnswer where it may not."""
        if self.is_closed:
            self.connect()
        if not self._permit.commit():
            raise NoAnswer(f"no answer from {clean(self.host, 100)} in time")
        self.timeout = self._permit.remaining()
        super().request(*what, **more)


class SecureConnection(Connection, HTTPSConnection):
    """The same under TLS."""


def require_permit(pool: HTTPConnectionPool, permit: Permit) -> None:
    """Let all connections of `pool` ask `permit`."""
    pool.ConnectionCls = SecureConnection if pool.scheme == "https" else Connection
    pool.conn_kw["permit"] = permit


@contextmanager
def asked(
    method: str,
    address: HttpUrl,
    body: bytes | None,
    headers: Mapping[str, str],
    permit: Permit,
    tls: ssl.SSLContext | None,
    proxy: str | None,
) -> Iterator[urllib3.BaseHTTPResponse]:
    """The answer to a request by the proxy or without one, which is open until the end. Raises NoAnswer, OSError, ValueError."""
    url = address.url
    try:
        with _manager(proxy, tls) as manager:
            require_permit(manager.connection_from_url(url), permit)
            yield manager.request(
                method, url, body=body, headers=headers, redirect=False, retries=False,
                preload_content=False, timeout=urllib3.Timeout(total=permit.remaining()),
            )  # fmt: skip
    except HTTPError as error:
        raise no_answer(error, address.host) from None


def _manager(proxy: str | None, tls: ssl.SSLContext | None) -> urllib3.PoolManager:
    if proxy is None:
        return urllib3.PoolManager(ssl_context=tls)
    from tocsin.proxy import basic, read_proxy

    address, login = read_proxy(proxy)
    headers = {} if login is None else {"Proxy-Authorization": f"Basic {basic(login)}"}
    return urllib3.ProxyManager(address.url, ssl_context=tls, proxy_ssl_context=tls, proxy_headers=headers)
