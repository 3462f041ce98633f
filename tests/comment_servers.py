"""Servers on loopback that keep the comments of a pull or merge request, as GitHub and GitLab do."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, urlsplit

from servers import Answer, Request, ScriptedServer


class Stored(NamedTuple):
    """A comment."""

    id: int
    author: str
    body: str


class CommentServer(ScriptedServer):
    """Keeps comments. `refusals` are statuses by method, each for one request; `writing` is the status of every new comment."""

    me: ClassVar[str]
    token: ClassVar[str] = "review-token-1"

    def __init__(self) -> None:
        super().__init__()
        self.comments: list[Stored] = []
        self.refusals: dict[str, list[int]] = {}
        self.at_once: Stored | None = None  # what another run writes just before our first comment
        self.writing: int | None = None
        self._next = 100

    def add(self, author: str, body: str) -> Stored:
        self._next += 1
        self.comments.append(Stored(self._next, author, body))
        return self.comments[-1]

    def texts(self) -> list[str]:
        return [comment.body for comment in self.comments]

    def next_answer(self, request: Request) -> Answer:
        self.requests.append(request)
        if self.refusals.get(request.method):
            return self.json(self.refusals[request.method].pop(0), {"message": "Resource not accessible"})
        if not self.knows(request):
            return self.json(401, {"message": "Bad credentials"})
        return self.answer(request, urlsplit(request.path))

    def knows(self, request: Request) -> bool:
        raise NotImplementedError

    def answer(self, request: Request, url: Any) -> Answer:
        raise NotImplementedError

    def json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> Answer:
        return Answer(status, b"" if status == 204 else json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def page(self, url: Any) -> Answer:
        query = {key: int(values[0]) for key, values in parse_qs(url.query).items() if values[0].isdecimal()}
        page, size = query.get("page", 1), query.get("per_page", 30)
        shown = self.comments[(page - 1) * size : page * size]
        more = len(self.comments) > page * size
        link = f'<{self.url(url.path)}?page={page + 1}&per_page={size}>; rel="next"'
        return self.json(200, [self.form(comment) for comment in shown], {"Link": link} if more else None)

    def form(self, comment: Stored) -> dict[str, Any]:
        raise NotImplementedError

    def write(self, body: str) -> Answer:
        if self.writing:
            return self.json(self.writing, {"message": "Resource not accessible"})
        if self.at_once:
            self.add(self.me, self.at_once.body)
            self.at_once = None
        return self.json(201, self.form(self.add(self.me, body)))

    def change(self, number: int, request: Request) -> Answer:
        found = next((comment for comment in self.comments if comment.id == number), None)
        if not found:
            return self.json(404, {"message": "Not Found"})
        if request.method == "DELETE":
            self.comments.remove(found)
            return self.json(204, None)
        changed = found._replace(body=request.json()["body"])
        self.comments[self.comments.index(found)] = changed
        return self.json(200, self.form(changed))


class GitHubComments(CommentServer):
    """https://docs.github.com/en/rest/issues/comments, and GraphQL's viewer."""

    me = "github-actions[bot]"

    def knows(self, request: Request) -> bool:
        return request.headers.get("authorization", "").split()[-1] == self.token

    def answer(self, request: Request, url: Any) -> Answer:
        if url.path.endswith("/graphql"):
            return self.json(200, {"data": {"viewer": {"login": self.me}}})
        if re.fullmatch(r".*/repos/acme/\w+/issues/7/comments", url.path):
            return self.write(request.json()["body"]) if request.method == "POST" else self.page(url)
        one = re.fullmatch(r".*/repos/acme/\w+/issues/comments/([0-9]+)", url.path)
        return self.change(int(one[1]), request) if one else self.json(404, {"message": "Not Found"})

    def form(self, comment: Stored) -> dict[str, Any]:
        url = self.url(f"/repos/acme/shop/issues/comments/{comment.id}")
        return {"id": comment.id, "url": url, "body": comment.body, "user": {"login": comment.author}}

    def env(self) -> dict[str, str]:
        return {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_API_URL": self.url("").rstrip("/"), "GITHUB_TOKEN": self.token,
            "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": "a" * 40, "GITHUB_RUN_ID": "1",
        }  # fmt: skip


class GitLabNotes(CommentServer):
    """https://docs.gitlab.com/api/notes/#merge-requests."""

    me = "project_5_bot"

    def knows(self, request: Request) -> bool:
        return request.headers.get("private-token") == self.token

    def answer(self, request: Request, url: Any) -> Answer:
        if url.path == "/api/v4/user":
            return self.json(200, {"id": self.number(self.me), "username": self.me})
        if url.path == "/api/v4/projects/5/merge_requests/7/notes":
            return self.write(request.json()["body"]) if request.method == "POST" else self.page(url)
        one = re.fullmatch(r"/api/v4/projects/5/merge_requests/7/notes/([0-9]+)", url.path)
        return self.change(int(one[1]), request) if one else self.json(404, {"message": "404 Not found"})

    def form(self, comment: Stored) -> dict[str, Any]:
        return {"id": comment.id, "body": comment.body, "system": False, "author": {"id": self.number(comment.author)}}

    def number(self, author: str) -> int:
        return 1 if author == self.me else 2

    def env(self) -> dict[str, str]:
        return {
            "GITLAB_CI": "true", "CI_API_V4_URL": self.url("/api/v4"), "TOCSIN_GITLAB_TOKEN": self.token, "CI_PROJECT_ID": "5",
            "CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "5", "CI_COMMIT_SHA": "a" * 40, "CI_PROJECT_URL": "https://gitlab.example.com/acme/shop",
        }  # fmt: skip
