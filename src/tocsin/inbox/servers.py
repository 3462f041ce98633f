"""What the HTTP and the SMTP server share: threads that end with the inbox, and a terminal that stays quiet."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import suppress
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from socketserver import BaseRequestHandler

_POLL_SECONDS = 0.1  # how soon a server notices that it shall end
_LOG = logging.getLogger(__name__)


class Server(ThreadingMixIn, TCPServer):
    """A server with one thread a connection, all of them closed by `stop`. Raises OSError where the port cannot be had."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, handler: type[BaseRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__((host, port), handler)

    @property
    def port(self) -> int:
        """The port, chosen by the system where 0 was asked for."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()

    def stop(self) -> None:
        """Take no more connections and end those that are open. Only after `start`."""
        self.shutdown()
        self.server_close()
        with self._guard:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then handle it in its thread."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection and forget it."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; whatever else goes wrong is there for who turns debug logging on."""
        del request, client_address
        _LOG.debug("a connection to the inbox ended in an error", exc_info=True)
