"""A repository in a folder, a CI's environment, and the program as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_REPOSITORY_OWNER": "acme",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_WORKFLOW": "CI",
    "GITHUB_WORKFLOW_REF": "acme/payments/.github/workflows/ci.yml@refs/heads/main",
    "GITHUB_RUN_ID": "9120456781",
    "GITHUB_RUN_NUMBER": "128",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_JOB": "build",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REF_NAME": "main",
    "GITHUB_REF_TYPE": "branch",
    "GITHUB_SHA": "3f9c1d27b8a64e0f95a1c07d2be84f6a90d5e113",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_ACTOR": "ada",
}


class Result(NamedTuple):
    """How a process ended, what it printed, and its report if it wrote one."""

    code: int
    out: str
    err: str
    report: dict[str, Any] | None

    def rows(self) -> dict[str, tuple[str, str | None]]:
        """Outcome and reason by recipient."""
        assert self.report, self.err
        return {row["recipient"]: (row["outcome"], row["reason"]) for row in self.report["deliveries"]}


class Project:
    """A repository in a temporary folder; `starts` are the words before `tocsin`."""

    def __init__(self, folder: Path, starts: Sequence[str] = (sys.executable, "-m")) -> None:
        self.folder, self.starts = folder, starts
        (folder / ".git").mkdir()

    def policy(self, text: str, name: str = ".tocsin.yml") -> Path:
        """Write the policy."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def command(self, *words: str) -> list[str]:
        """The command line of a process."""
        return [*self.starts, "tocsin", *words]

    def environment(self, env: Mapping[str, str], *, ci: Mapping[str, str] = GITHUB) -> dict[str, str]:
        """A CI's variables and the test's own; nothing of this machine's but the path."""
        return {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **ci, **env}

    def run(self, *words: str, env: Mapping[str, str] = {}, ci: Mapping[str, str] = GITHUB, stdin: bytes = b"") -> Result:
        """Run the program to its end."""
        done = subprocess.run(
            self.command(*words), cwd=self.folder, env=self.environment(env, ci=ci), input=stdin, capture_output=True, check=False
        )
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode(), self.report())
        assert "Traceback" not in result.out + result.err, result.err
        return result

    def send(self, status: str = "failure", *words: str, **keywords: Any) -> Result:
        """Send the completion and read the report."""
        return self.run("send", "completion", "--status", status, "--report", "report.json", *words, **keywords)

    def report(self) -> dict[str, Any] | None:
        """The report, if one was written."""
        path = self.folder / "report.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
