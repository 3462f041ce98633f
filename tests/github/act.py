"""Workflows run for real, by act, in a repository of the test's own: no GitHub, no Docker, this machine's node.

    repository.workflow("jobs: …")
    run = repository.run("push", secrets={"SLACK_WEBHOOK_URL": slack.url("/hook")})
    run.results == {"test": "failure"}

What the examples name, `OWNER/tocsin@main`, is this checkout, so the example workflows run as they are written.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runners import git, require
from servers import ScriptedServer

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples" / "github"
_USED = re.search(r"uses: (\S+/tocsin@\S+)", (EXAMPLES / "one-job.yml").read_text(encoding="utf-8"))
assert _USED, "the example uses the action"
ACTION = _USED[1]  # `OWNER/tocsin@main`, or what a release makes of it
REAL = Path(sys.executable).parent  # of a Python that starts the action as it is
POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: [trigger, success, failure, cancelled], send_to: team}]\n"
MOST_SECONDS = 60.0  # what no run takes; a run that hangs ends the test


class Annotation(NamedTuple):
    """A `::error file=…::text` and its like."""

    level: str
    text: str
    at: Mapping[str, str]


class Run:
    """How a run of act ended, and what it printed, a record a line."""

    def __init__(self, code: int, lines: list[dict[str, Any]]) -> None:
        self.code, self.lines = code, lines
        self.results = {line["job"].split("/", 1)[1].strip(): line["jobResult"] for line in lines if "jobResult" in line}
        self.ours = [line for line in lines if line.get("step") in (ACTION, "./")]

    def steps(self, stage: str) -> dict[str, str]:
        """The results of the steps of a stage, by the step's name."""
        return {line["step"]: line["stepResult"] for line in self.lines if "stepResult" in line and line.get("stage") == stage}

    def said(self, stage: str = "") -> str:
        """What our step printed, in one stage or in all."""
        mine = [line for line in self.ours if stage in ("", line.get("stage"))]
        text = "".join(line.get("raw", line["msg"]) for line in mine if line.get("raw_output") or "raw" in line)
        return re.sub(r"\x1b\[\d*m", "", text)

    def annotations(self, *levels: str) -> list[Annotation]:
        """The annotations of our step, of these levels."""
        found = [line for line in self.ours if line.get("command") in (levels or ("notice", "warning", "error"))]
        return [Annotation(line["command"], line["arg"], line["kvPairs"]) for line in found]

    def summary(self, stage: str) -> str:
        """What our step added to the job's summary in a stage."""
        return "".join(line["content"] for line in self.ours if line.get("command") == "summary" and line["stage"] == stage)

    def outputs(self, stage: str) -> dict[str, str]:
        """The outputs that our step set in a stage."""
        return {line["name"]: line["arg"] for line in self.ours if line.get("command") == "set-output" and line["stage"] == stage}


def told(server: ScriptedServer) -> list[str]:
    """The first line of every message, in the order of arrival."""
    return [request.json()["text"].splitlines()[0] for request in server.requests]


class Repository:
    """acme/payments, with a policy and a `make` that the test decides."""

    def __init__(self, folder: Path, action: Path, cache: Path, python: Path = REAL) -> None:
        self.folder, self.action, self.cache, self.python = folder / "payments", action, cache, python
        self.home, self.programs = folder / "home", folder / "programs"
        for made in (self.folder, self.home, self.programs):
            made.mkdir()
        git(self.folder, "init", "-q")
        git(self.folder, "remote", "add", "origin", "https://github.com/acme/payments")
        self.make("exit 0")
        self.policy(POLICY)

    def write(self, name: str, text: str) -> Path:
        """A file of the repository."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def policy(self, text: str) -> None:
        """The policy."""
        self.write(".tocsin.yml", text)

    def make(self, script: str) -> None:
        """What `make` does in a workflow: a shell script, whose first argument is the target."""
        self.program("make", script)

    def program(self, name: str, script: str) -> None:
        """A program that a workflow finds before this machine's: a shell script."""
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def workflow(self, text: str, name: str = "ci.yml") -> None:
        """The workflow, whose `OWNER/tocsin@main` is what the examples name."""
        self.started = self.write(f".github/workflows/{name}", text.replace("OWNER/tocsin@main", ACTION))

    def example(self, name: str) -> None:
        """An example workflow, as it is written in the docs."""
        self.workflow((EXAMPLES / name).read_text(encoding="utf-8"), name)

    def run(
        self,
        event: str = "push",
        payload: Mapping[str, Any] | None = None,
        *,
        secrets: Mapping[str, str] = {},
        env: Mapping[str, str] = {},
        actor: str = "ada",
        cancel_at: ScriptedServer | None = None,
    ) -> Run:
        """Commit, and run the workflows of an event to their end; cancel them when a request has arrived at `cancel_at`."""
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", "Retry the ledger write")
        words = [event, "--json", "--rm", "-P", "ubuntu-latest=-self-hosted", "-a", actor, "--no-cache-server", "--insecure-secrets"]
        words += ["--action-cache-path", str(self.cache), "--local-repository", f"{ACTION}={self.action}"]
        for flag, named in (("-s", secrets), ("--env", {**self._run_variables(), **env})):
            words += [word for name, value in named.items() for word in (flag, f"{name}={value}")]
        if payload is not None:
            words += ["-e", str(self._payload(payload))]
        with subprocess.Popen(
            [require("act"), *words], cwd=self.folder, env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            if cancel_at:
                assert cancel_at.arrived.acquire(timeout=MOST_SECONDS)
                process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=MOST_SECONDS)
        run = Run(process.returncode, [json.loads(line) for line in out.splitlines() if line.startswith("{")])
        assert run.results, err
        _nothing_leaks(run, secrets.values())
        return run

    def _run_variables(self) -> dict[str, str]:
        """What GitHub says of a run, and act does not."""
        workflow = f"acme/payments/.github/workflows/{self.started.name}@refs/heads/main"
        return {"GITHUB_RUN_ID": "9120456781", "GITHUB_RUN_NUMBER": "128", "GITHUB_WORKFLOW_REF": workflow}

    def _environment(self) -> dict[str, str]:
        """Little of this machine's: the tests' own Python is the first, as a hosted image's is."""
        path = os.pathsep.join([str(self.programs), str(self.python), os.environ["PATH"]])
        return {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8"}

    def _payload(self, payload: Mapping[str, Any]) -> Path:
        """The event file; "HEAD" in it is the commit's id."""
        path = self.home / "event.json"
        text = json.dumps({"repository": {"full_name": "acme/payments", "default_branch": "main"}, **payload})
        path.write_text(text.replace('"HEAD"', json.dumps(git(self.folder, "rev-parse", "HEAD"))))
        return path


def _nothing_leaks(run: Run, secrets: Any) -> None:
    """No run shows a traceback, and no secret but to have it masked."""
    for line in run.ours:
        text = json.dumps(line)
        assert "Traceback" not in text, run.said()
        assert line.get("command") == "add-mask" or not any(secret and secret in text for secret in secrets), text
