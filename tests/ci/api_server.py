"""A CI's REST API on loopback, answering by path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from servers import Answer, Request, ScriptedServer


class ApiServer(ScriptedServer):
    """Answers by path under a prefix; what it does not know is a 404."""

    prefix: ClassVar[str]
    missing: ClassVar[bytes]
    answers: ClassVar[Mapping[str, bytes]]  # those that cases call by their names

    def __init__(self) -> None:
        super().__init__()
        self.routes: dict[str, Answer] = {}

    def next_answer(self, request: Request) -> Answer:
        self.requests.append(request)
        where = request.path.removeprefix(self.prefix)
        return self.routes.get(where) or self.routes.get(where.partition("?")[0]) or self.routes.get("*") or Answer(404, self.missing)

    def route(self, routes: Mapping[str, Any]) -> None:
        """Forget all requests, and answer by these routes: an answer, its name, its JSON as a list, or status, headers and body or `json`."""
        self.requests.clear()
        self.routes = {path: self._answer(answer) for path, answer in routes.items()}

    def _answer(self, answer: Any) -> Answer:
        if isinstance(answer, Answer):
            return answer
        if isinstance(answer, (str, list)):
            body = self.answers[answer] if isinstance(answer, str) else json.dumps(answer).encode()
            return Answer(200, body, {"Content-Type": "application/json; charset=utf-8"})
        body = json.dumps(answer["json"]) if "json" in answer else answer["body"]
        headers = {name: value.replace("{url}", self.url("")) for name, value in answer.get("headers", {}).items()}
        return Answer(answer.get("status", 200), body.encode(), headers)

    def asked(self) -> list[str]:
        return [request.path.removeprefix(self.prefix) for request in self.requests]
