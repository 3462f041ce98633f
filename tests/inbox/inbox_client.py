"""Speaks HTTP to an inbox."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tocsin.inbox import Inbox


class Reply(NamedTuple):
    """What the inbox answered; header names are in lower case."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def data(self) -> Any:
        """The body as JSON where it says that it is."""
        return json.loads(self.text) if self.headers.get("content-type") == "application/json" else self.text


class Client:
    """Speaks HTTP to an inbox, one connection a request."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox, self.address = inbox, urlsplit(inbox.url).netloc

    def __call__(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode())
        finally:
            connection.close()

    def post(self, kind: str, payload: Any) -> Reply:
        """Send a payload to the endpoint of a kind of channel."""
        return self("POST", urlsplit(self.inbox.endpoint(kind)).path, json.dumps(payload).encode())
