"""yaml-language-server over its standard streams: the questions that an editor asks of an open file.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from runners import require


class LanguageServer:
    """A server that runs, and the files that it was shown. Its places count from 0, those here from 1 as tocsin's do."""

    def __init__(self, folder: Path) -> None:
        words = [require("yaml-language-server"), "--stdio"]
        self.process = subprocess.Popen(words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.asked = 0
        self.problems: dict[str, list[Any]] = {}
        can = {"textDocument": {"hover": {"contentFormat": ["plaintext"]}}, "workspace": {"configuration": True}}
        self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": can})
        self.tell("initialized", {})

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.communicate(timeout=30)

    def open(self, path: Path) -> list[Any]:
        """Show it a file, and wait for what it has against that."""
        uri = path.as_uri()
        self.tell("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": path.read_text()}})
        while uri not in self.problems:
            self._take()
        return self.problems[uri]

    def hover(self, path: Path, line: int, column: int) -> str:
        """What it shows for the word at a place."""
        answer = self.ask("textDocument/hover", self._place(path, line, column))
        contents = answer["contents"] if answer else ""
        return contents["value"] if isinstance(contents, dict) else str(contents)

    def completion(self, path: Path, line: int, column: int) -> dict[str, Any]:
        """What it offers at a place, by its label."""
        answer = self.ask("textDocument/completion", self._place(path, line, column))
        return {item["label"]: item for item in answer["items"]}

    def ask(self, method: str, params: Any) -> Any:
        """The answer to a question."""
        self.asked += 1
        self._send({"id": self.asked, "method": method, "params": params})
        while True:
            message = self._take()
            if message.get("id") == self.asked and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def tell(self, method: str, params: Any) -> None:
        """What it need not answer."""
        self._send({"method": method, "params": params})

    def _place(self, path: Path, line: int, column: int) -> Any:
        return {"textDocument": {"uri": path.as_uri()}, "position": {"line": line - 1, "character": column - 1}}

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _take(self) -> Any:
        """The next message; what it asks of an editor is answered, and what it has against a file kept."""
        assert self.process.stdout
        length = 0
        while (line := self.process.stdout.readline().strip()) or not length:
            assert line or self.process.poll() is None, "the server has ended"
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        message = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.problems[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": self._wanted(message)})
        return message

    @staticmethod
    def _wanted(message: Any) -> Any:
        """Its settings: no store of schemas, which is in the internet."""
        if message["method"] != "workspace/configuration":
            return None
        settings = {"yaml": {"schemaStore": {"enable": False}, "validate": True, "hover": True, "completion": True}}
        return [settings.get(item.get("section"), {}) for item in message["params"]["items"]]
