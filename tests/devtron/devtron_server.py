"""Devtron's API on loopback: the two lists in pages, and whatever else a test has it answer."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from servers import Answer, Request, ScriptedServer

LIST, CHANNELS, TEAMS = "/orchestrator/notification", "/orchestrator/notification/channel", "/orchestrator/team"
TOKEN = "devtron-token-of-a-super-admin"


class Devtron(ScriptedServer):
    """Serves `settings` by offset and size, at most `most` at once; `answers` by path come first."""

    def __init__(self, settings: list[Any], channels: Any, teams: list[Any] | None = None, most: int = 1000) -> None:
        super().__init__()
        self.settings, self.channels, self.teams, self.most = settings, channels, teams, most
        self.answers: dict[str, Answer] = {}

    def next_answer(self, request: Request) -> Answer:
        self.requests.append(request)
        url = urlsplit(request.path)  # with a host where this is asked as a proxy
        if url.path in self.answers:
            return self.answers[url.path]
        if request.headers.get("token") != TOKEN:
            return Answer(401, b'{"code": 401, "errors": [{"code": "6005"}]}')
        if url.path == LIST:
            query = parse_qs(url.query)
            offset, size = int(query["offset"][0]), min(int(query["size"][0]), self.most)
            return _wrapped({"total": len(self.settings), "settings": self.settings[offset : offset + size]})
        if url.path == CHANNELS:
            return _wrapped(self.channels)
        return _wrapped(self.teams) if url.path == TEAMS and self.teams is not None else Answer(404, b"not found")

    def paths(self) -> list[str]:
        """What was asked for."""
        return [request.path for request in self.requests]


def _wrapped(result: Any) -> Answer:
    return Answer(200, json.dumps({"code": 200, "status": "OK", "result": result}).encode())
