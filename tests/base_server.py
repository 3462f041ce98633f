"""Where bases come from in the tests: GitHub, GitLab and an https server, all on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from inprocess import Answer as Said
from inprocess import run
from servers import Answer, Request, ScriptedServer

COMMIT, LATER = "0123456789abcdef0123456789abcdef01234567", "89abcdef0123456789abcdef0123456789abcdef"


class Files(ScriptedServer):
    """A server of files by path and query, as they are."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.files: dict[str, Answer] = {}

    def next_answer(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.files.get(unquote(request.path), Answer(404, b"{}"))

    def put(self, path: str, text: str | bytes) -> None:
        self.files[path] = Answer(200, text.encode() if isinstance(text, str) else text)

    def github(self, repository: str, path: str, text: str, commit: str = COMMIT) -> None:
        self.put(f"/repos/{repository}/contents/{path}?ref={commit}", text)

    def gitlab(self, project: str, path: str, text: str, commit: str = COMMIT) -> None:
        self.put(f"/projects/{project}/repository/files/{path}/raw?ref={commit}", text)


class Repository:
    """A repository with a policy, and the program in it."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder, self.env = folder, dict(env)
        (folder / ".git").mkdir()

    def write(self, path: str, text: str | bytes) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)

    def run(self, *words: str, env: Mapping[str, str] = {}) -> Said:
        return run(*words, env={**self.env, **env}, folder=self.folder)

    def files(self) -> dict[str, bytes]:
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}
