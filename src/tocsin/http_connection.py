"""The connections that urllib3 makes for us: to the first address that answers, and a request only goes out while it may."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NameResolutionError, NewConnectionError

from tocsin.connect import connect
from tocsin.network import NoAnswer
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.clock import Clock


class Permit(NamedTuple):
    """Until when a request may take, in the clock's monotonic seconds, and what is asked before its first byte: False if it may not go."""

    deadline: float
    clock: Clock
    commit: Callable[[], bool]


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
        self.timeout = max(0.01, self._permit.deadline - self._permit.clock.monotonic())
        super().request(*what, **more)


class SecureConnection(Connection, HTTPSConnection):
    """The same under TLS."""


def require_permit(pool: HTTPConnectionPool, permit: Permit) -> None:
    """Let all connections of `pool` ask `permit`."""
    pool.ConnectionCls = SecureConnection if pool.scheme == "https" else Connection
    pool.conn_kw["permit"] = permit
